package api

import (
	"context"

	"parley"
)

// Typing is told who types. Its method may be called concurrently and does not
// block.
type Typing interface {
	// Typing passes on that somebody who may see a thread types there, or stopped,
	// to those who watch it. It drops what is told too often.
	Typing(user parley.User, threadID int64, is bool)
}

// unheard is the Typing of an API without sockets.
type unheard struct{}

func (unheard) Typing(parley.User, int64, bool) {}

type typingRequest struct {
	ThreadPath
	Body struct {
		IsTyping bool `json:"is_typing" doc:"True: at most one a second is passed on, and it lapses after 6 s."`
	} `nameHint:"Typing"`
}

func (a *API) tellTyping(ctx context.Context, in *typingRequest) (*answer[Done], error) {
	if err := a.app.CheckTyping(ctx, viewerOf(ctx), in.ID, in.Body.IsTyping); err != nil {
		return nil, err
	}
	a.typing.Typing(principalOf(ctx).User, in.ID, in.Body.IsTyping)
	if in.Body.IsTyping {
		return reply(did("Others see that you are typing"), nil)
	}
	return reply(did("Others no longer see you typing"), nil)
}
