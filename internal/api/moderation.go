package api

import (
	"context"
	"time"

	"parley"
	"parley/internal/app"
)

type (
	newFlag struct {
		MessagePath
		Creation
		Body struct {
			Reason parley.FlagReason `json:"reason" enum:"spam,abuse,off_topic,other"`
			Note   string            `json:"note,omitempty" maxLength:"500" doc:"For the team."`
		} `nameHint:"NewFlag"`
	}
	flagQuery struct {
		State  string `query:"state" default:"open" enum:"open,resolved"`
		Before int64  `query:"before_id" minimum:"0" doc:"Flags older than this one."`
		Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"100"`
	}
	flagDecision struct {
		ID   int64 `path:"id" doc:"The flag."`
		Body struct {
			Action parley.FlagAction `json:"action" enum:"keep,hide,delete" doc:"Of the message: leave it as it is, hide it from all but its author and the team, or delete it with the replies to it."`
			Note   string            `json:"note,omitempty" maxLength:"500" doc:"For the team."`
		} `nameHint:"FlagDecision"`
	}
	relocation struct {
		MessagePath
		Body struct {
			ThreadID number `json:"thread_id" doc:"Where to: a thread whose readers are no more than those of the message's own."`
		} `nameHint:"Relocation"`
	}
	sanction struct {
		UserPath
		Body struct {
			Reason string     `json:"reason" minLength:"1" maxLength:"500" doc:"Shown to the person, and in the log."`
			Until  *time.Time `json:"until,omitempty" doc:"Absent: until it is taken back."`
		} `nameHint:"NewSanction"`
	}

	// MovedMessages answers that a message and the replies below it are in another
	// thread.
	MovedMessages struct {
		Done
		ThreadID   int64   `json:"thread_id"`
		MovedCount int     `json:"moved_count"`
		MovedIDs   []int64 `json:"moved_ids"`
	}
)

func (a *API) flag(ctx context.Context, in *newFlag) (*answer[Done], error) {
	_, err := a.app.FlagMessage(ctx, viewerOf(ctx), in.ID, in.Body.Reason, in.Body.Note, in.idempotency(ctx))
	return reply(did("Flagged; the team will look at it"), err)
}

func (a *API) listFlags(ctx context.Context, in *flagQuery) (*list[app.FlagEntry], error) {
	flags, err := a.app.Flags(ctx, viewerOf(ctx), in.State == "open", in.Before, in.Limit)
	return listing(flags, "", err)
}

func (a *API) resolveFlag(ctx context.Context, in *flagDecision) (*answer[Done], error) {
	message := map[parley.FlagAction]string{
		parley.FlagKeep: "The message stays", parley.FlagHide: "Message hidden", parley.FlagDelete: "Message deleted",
	}[in.Body.Action]
	return reply(did(message), a.app.ResolveFlag(ctx, viewerOf(ctx), in.ID, in.Body.Action, in.Body.Note))
}

func (a *API) moveMessage(ctx context.Context, in *relocation) (*answer[MovedMessages], error) {
	ids, err := a.app.MoveMessage(ctx, viewerOf(ctx), in.ID, in.Body.ThreadID.value)
	message := "Message moved"
	if len(ids) > 1 {
		message = "Message and its replies moved"
	}
	return reply(MovedMessages{did(message), in.Body.ThreadID.value, len(ids), ids}, err)
}

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
