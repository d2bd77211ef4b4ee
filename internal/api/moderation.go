package api

import (
	"context"
	"time"

	"parley"
	"parley/internal/app"
)

type (
	sanction struct {
		UserPath
		Body struct {
			Reason string     `json:"reason" minLength:"1" maxLength:"500" doc:"Shown to the person, and in the log."`
			Until  *time.Time `json:"until,omitempty" doc:"Absent: until it is taken back."`
		} `nameHint:"NewSanction"`
	}
)

// terms returns what is to hold.
func (s *sanction) terms() app.NewSanction {
	terms := app.NewSanction{Reason: s.Body.Reason}
	if s.Body.Until != nil {
		until := parley.At(*s.Body.Until)
		terms.Until = &until
	}
	return terms
}

func (a *API) silence(ctx context.Context, in *sanction) (*answer[Done], error) {
	return reply(did("Silenced; they can read, but not write"), a.app.Silence(ctx, viewerOf(ctx), in.ID, in.terms()))
}

func (a *API) unsilence(ctx context.Context, in *UserPath) (*answer[Done], error) {
	return reply(did("No longer silenced"), a.app.Unsilence(ctx, viewerOf(ctx), in.ID))
}

func (a *API) suspend(ctx context.Context, in *sanction) (*answer[Done], error) {
	return reply(did("Suspended; all their sessions have ended"), a.app.Suspend(ctx, viewerOf(ctx), in.ID, in.terms()))
}

func (a *API) unsuspend(ctx context.Context, in *UserPath) (*answer[Done], error) {
	return reply(did("No longer suspended; they can sign in again"), a.app.Unsuspend(ctx, viewerOf(ctx), in.ID))
}
