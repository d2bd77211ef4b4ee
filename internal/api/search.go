package api

import (
	"context"

	"parley/internal/app"
)

type searchQuery struct {
	Q     string `query:"q" required:"true" minLength:"2" maxLength:"200" doc:"Words, in any of their forms, and \"phrases\"; the last word may be a beginning."`
	Type  string `query:"thread_type" default:"all" enum:"main,sub,all"`
	Limit int    `query:"limit" default:"20" minimum:"1" maximum:"50" doc:"Of threads, and of messages."`
}

func (a *API) search(ctx context.Context, in *searchQuery) (*answer[app.SearchResult], error) {
	return reply(a.app.Search(ctx, viewerOf(ctx), app.SearchQuery{Text: in.Q, Type: in.Type, Limit: in.Limit}))
}
