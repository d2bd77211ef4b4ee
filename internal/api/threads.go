package api

import (
	"context"
	"fmt"

	"parley"
	"parley/internal/app"
)

type (
	// ThreadPath is the input of routes about one thread; it is embedded, and
	// exported as huma sees no other embedded types.
	ThreadPath struct {
		ID int64 `path:"id" doc:"The thread."`
	}
	threadQuery struct {
		Page   int    `query:"page" default:"1" minimum:"1" maximum:"100000"`
		Limit  int    `query:"limit" default:"20" minimum:"1" maximum:"50"`
		Filter string `query:"filter_type" default:"all" enum:"main,following,all,unread"`
		Type   string `query:"thread_type" default:"all" enum:"main,sub,all"`
	}
	newThread struct {
		Creation
		Body struct {
			Title     string `json:"title" minLength:"1" maxLength:"200"`
			Content   string `json:"content" minLength:"1" maxLength:"10000" doc:"The first message, in Markdown."`
			MinTierID number `json:"min_tier_id,omitempty" doc:"The tier that readers need; absent, null or 0: none."`
			IsPrivate bool   `json:"is_private,omitempty" doc:"For the creator and the team only."`
		} `nameHint:"NewThread"`
	}
	threadPatch struct {
		ThreadPath
		Body struct {
			Title           *string `json:"title,omitempty" minLength:"1" maxLength:"200"`
			IsPinned        *bool   `json:"is_pinned,omitempty"`
			IsLocked        *bool   `json:"is_locked,omitempty"`
			IsPrivate       *bool   `json:"is_private,omitempty"`
			MinTierID       number  `json:"min_tier_id,omitempty" doc:"Absent or null: unchanged; 0: free."`
			SlowModeSeconds number  `json:"slow_mode_seconds,omitempty" doc:"Members wait this long between two messages; 0: off."`
		} `nameHint:"ThreadChanges"`
	}
	tierPatch struct {
		ThreadPath
		Body struct {
			MinTierID number `json:"min_tier_id" doc:"Null or 0: free."`
		} `nameHint:"TierChange"`
	}

	// ChangedThread answers changes of a thread.
	ChangedThread struct {
		Done
		Thread parley.Thread `json:"thread"`
	}
	// TierRestrictions answers changes of a thread's tier.
	TierRestrictions struct {
		Status           string          `json:"status" enum:"success"`
		ThreadID         int64           `json:"thread_id"`
		TierRestrictions parley.TierInfo `json:"tier_restrictions"`
	}
	// TierAccess tells which tier a thread asks for, and whether that is yours.
	TierAccess struct {
		parley.TierInfo
		UserCanAccess bool `json:"user_can_access"`
	}
	// MessageCount counts a thread's messages; both counts are equal.
	MessageCount struct {
		ThreadID           int64 `json:"thread_id"`
		TotalMessages      int64 `json:"total_messages"`
		ThreadMessageCount int64 `json:"thread_message_count"`
	}
)

func (a *API) listThreads(ctx context.Context, in *threadQuery) (*list[parley.Thread], error) {
	found, eventID, err := a.app.Threads(ctx, viewerOf(ctx), app.ThreadQuery{
		Page: in.Page, Limit: in.Limit, Filter: in.Filter, Type: in.Type,
	})
	if in.Page > 1 {
		eventID = ""
	}
	return listing(found, eventID, err)
}

func (a *API) createThread(ctx context.Context, in *newThread) (*answer[parley.Thread], error) {
	return reply(limited(ctx, a, in.idempotency(ctx), func(idem app.Idempotency) (parley.Thread, error) {
		return a.app.CreateThread(ctx, viewerOf(ctx), app.NewThread{
			Title: in.Body.Title, Content: in.Body.Content, TierID: in.Body.MinTierID.value, Private: in.Body.IsPrivate,
		}, idem)
	}))
}

func (a *API) getThread(ctx context.Context, in *ThreadPath) (*answer[parley.Thread], error) {
	return reply(a.app.Thread(ctx, viewerOf(ctx), in.ID))
}

func (a *API) updateThread(ctx context.Context, in *threadPatch) (*answer[ChangedThread], error) {
	thread, err := a.app.UpdateThread(ctx, viewerOf(ctx), in.ID, app.ThreadPatch{
		Title:  in.Body.Title,
		Pinned: in.Body.IsPinned, Locked: in.Body.IsLocked, Private: in.Body.IsPrivate,
		TierID: in.Body.MinTierID.pointer(), SlowModeSeconds: in.Body.SlowModeSeconds.pointer(),
	})
	return reply(ChangedThread{did("Thread updated"), thread}, err)
}

func (a *API) deleteThread(ctx context.Context, in *ThreadPath) (*answer[Done], error) {
	deleted, err := a.app.DeleteThread(ctx, viewerOf(ctx), in.ID)
	message := "Thread deleted"
	if deleted > 1 {
		message = fmt.Sprintf("Thread and %d sub-threads deleted", deleted-1)
	}
	return reply(did(message), err)
}

func (a *API) setTier(ctx context.Context, in *tierPatch) (*answer[TierRestrictions], error) {
	info, err := a.app.SetTier(ctx, viewerOf(ctx), in.ID, in.Body.MinTierID.value)
	return reply(TierRestrictions{Status: "success", ThreadID: in.ID, TierRestrictions: info}, err)
}

func (a *API) getTier(ctx context.Context, in *ThreadPath) (*answer[TierAccess], error) {
	info, canAccess, err := a.app.TierInfo(ctx, viewerOf(ctx), in.ID)
	return reply(TierAccess{TierInfo: info, UserCanAccess: canAccess}, err)
}

func (a *API) getHierarchy(ctx context.Context, in *ThreadPath) (*answer[app.Hierarchy], error) {
	return reply(a.app.Hierarchy(ctx, viewerOf(ctx), in.ID))
}

func (a *API) countMessages(ctx context.Context, in *ThreadPath) (*answer[MessageCount], error) {
	n, err := a.app.MessageCount(ctx, viewerOf(ctx), in.ID)
	return reply(MessageCount{ThreadID: in.ID, TotalMessages: n, ThreadMessageCount: n}, err)
}
