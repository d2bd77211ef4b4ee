package api

import (
	"context"

	"parley/internal/app"
)

type (
	likeQuery struct {
		MessagePath
		After int64 `query:"after_id" minimum:"0" doc:"Likes after the one with this id."`
		Skip  int   `query:"skip" minimum:"0" maximum:"100000" doc:"For old clients: after_id does not skip or repeat."`
		Limit int   `query:"limit" default:"20" minimum:"1" maximum:"100"`
	}

	// Liked answers that a message is liked, or no longer.
	Liked struct {
		Done
		LikeCount    int64 `json:"like_count"`
		UserHasLiked bool  `json:"user_has_liked"`
	}
)

func (a *API) like(ctx context.Context, in *MessagePath) (*answer[Liked], error) {
	result, err := a.app.Like(ctx, viewerOf(ctx), in.ID)
	return liked(result, "Message liked", "Already liked", err)
}

func (a *API) unlike(ctx context.Context, in *MessagePath) (*answer[Liked], error) {
	result, err := a.app.Unlike(ctx, viewerOf(ctx), in.ID)
	return liked(result, "Like taken back", "Not liked", err)
}

// liked words the answer: clients in the field compare the second message.
func liked(r app.LikeResult, changed, unchanged string, err error) (*answer[Liked], error) {
	message := unchanged
	if r.Changed {
		message = changed
	}
	return reply(Liked{did(message), r.LikeCount, r.UserHasLiked}, err)
}

func (a *API) listLikes(ctx context.Context, in *likeQuery) (*answer[app.LikePage], error) {
	return reply(a.app.Likes(ctx, viewerOf(ctx), in.ID, in.After, in.Skip, in.Limit))
}
