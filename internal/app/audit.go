package app

import (
	"context"

	"parley"
	"parley/internal/store"
)

// AuditQuery chooses a page of the audit log.
type AuditQuery struct {
	Before  int64 // id; 0: the newest entries
	ActorID int64 // 0: anybody's
	KeyID   int64 // of an API key; 0: any key's, and nobody's
	Action  parley.Act
	Limit   int
}

// AuditLog returns a page of the audit log to a creator, the newest first.
func (a *App) AuditLog(ctx context.Context, v parley.Viewer, q AuditQuery) (entries []parley.AuditEntry, err error) {
	err = a.inspect(ctx, v, func(s *store.Snapshot) error {
		entries, err = s.AuditLog(store.AuditFilter{Before: q.Before, ActorID: q.ActorID, KeyID: q.KeyID, Action: q.Action, Limit: q.Limit})
		return err
	})
	return entries, err
}

// ModerationLog returns a page of the audit log to the team as far as it concerns
// what people write, the newest first.
func (a *App) ModerationLog(ctx context.Context, v parley.Viewer, before int64, limit int) (entries []parley.AuditEntry, err error) {
	err = a.viewNow(ctx, v, func(s *store.Snapshot, v parley.Viewer) error {
		if !v.Staff() {
			return errTeamOnly
		}
		entries, err = s.AuditLog(store.AuditFilter{Before: before, InForum: true, Limit: limit})
		return err
	})
	return entries, err
}

// errTeamOnly refuses moderation, before anything tells what there is.
var errTeamOnly = parley.Errorf(parley.Forbidden, "Only the creator and the team may do this.")

// auditThread is what the audit log keeps of a thread.
type auditThread struct {
	Title           string `json:"title"`
	Pinned          bool   `json:"is_pinned"`
	Locked          bool   `json:"is_locked"`
	Private         bool   `json:"is_private"`
	MinTierCents    int64  `json:"min_tier_cents"`
	TierID          int64  `json:"min_tier_id,omitempty"`
	SlowModeSeconds int64  `json:"slow_mode_seconds"`
}

func auditedThread(t store.ThreadState) auditThread {
	return auditThread{t.Title, t.Pinned, t.Locked, t.Own.Private, t.Own.MinTierCents, t.TierID, t.SlowModeSeconds}
}

// auditMessages is what the audit log keeps of messages: never their text.
type auditMessages struct {
	ThreadID   int64   `json:"thread_id"`
	AuthorID   int64   `json:"author_id"`
	MessageIDs []int64 `json:"message_ids"`
}
