package api

import (
	"context"

	"parley/internal/app"
)

type userQuery struct {
	Q     string `query:"q" required:"true" minLength:"1" maxLength:"100" doc:"What the name holds; those that begin with it come first."`
	Limit int    `query:"limit" default:"10" minimum:"1" maximum:"20"`
}

func (a *API) searchUsers(ctx context.Context, in *userQuery) (*list[app.Person], error) {
	found, err := a.app.SearchUsers(ctx, viewerOf(ctx), in.Q, in.Limit)
	return listing(found, "", err)
}
