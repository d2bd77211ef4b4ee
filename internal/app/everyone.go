package app

import (
	"context"
	"errors"
	"slices"
	"unicode/utf8"

	"parley"
	"parley/internal/store"
)

// callEveryone decides whether a message may mention everyone now, and has it do so,
// or wait for a creator.
func (d draft) callEveryone(tx *store.Tx, t store.ThreadState, messageID int64, v parley.Viewer, edited bool) error {
	if err := tx.Alone(); err != nil { // two at once must not both be within a limit
		return err
	}
	ahead := func(s *store.Snapshot) {
		s.EveryoneSettings()
		s.CountCalled(t, v.ID)
		if !v.IsCreator() {
			s.Restriction(v.ID)
		}
	}
	if err := tx.Ahead(ahead); err != nil {
		return err
	}
	settings, err := tx.EveryoneSettings()
	if err != nil {
		return err
	}
	notifications, err := tx.CountCalled(t, v.ID)
	if err != nil {
		return err
	}
	use := parley.EveryoneUse{
		Author: v, At: tx.Now(), Kind: t.Kind, Length: d.length(), Notifications: notifications,
	}
	if !v.IsCreator() { // whom no limit holds
		if err := readUses(tx, settings, &use); err != nil {
			return err
		}
	}
	if err := settings.Allows(use); err != nil {
		return &refusedUse{err, v.ID, use.Restriction != nil}
	}
	if settings.RequireApproval && !v.IsCreator() {
		return tx.AwaitApproval(v.ID, messageID)
	}
	return callAll(tx, t, v.ID, messageID, notifications, edited)
}

// keepEveryone decides whether an edited message may go on mentioning everyone.
func (d draft) keepEveryone(tx *store.Tx, v parley.Viewer) error {
	if err := tx.Alone(); err != nil { // with whoever changes the settings
		return err
	}
	settings, err := tx.EveryoneSettings()
	if err != nil {
		return err
	}
	use := parley.EveryoneUse{Author: v, Length: d.length()}
	if !v.IsCreator() {
		if use.Restriction, err = tx.Restriction(v.ID); err != nil {
			return err
		}
	}
	return settings.AllowsToKeep(use)
}

func (d draft) length() int { return utf8.RuneCountInString(d.text.Content) }

// readUses reads what a member of the team is limited by.
func readUses(tx *store.Tx, settings parley.EveryoneSettings, use *parley.EveryoneUse) (err error) {
	if use.Restriction, err = tx.Restriction(use.Author.ID); err != nil {
		return err
	}
	if limit := settings.LimitOf(use.Restriction); limit != nil && *limit > 0 {
		if use.Blocking, err = tx.NthEveryoneUse(use.Author.ID, *limit, tx.Now().Add(-settings.Window())); err != nil {
			return err
		}
	}
	use.Last, err = tx.LastEveryoneUse()
	return err
}

// callAll has a message notify everyone, of whom it reaches so many. late says that
// the message was there before.
func callAll(tx *store.Tx, t store.ThreadState, authorID, messageID, notifications int64, late bool) error {
	tx.Append(parley.ManyMentioned{ThreadID: t.ID, MessageID: messageID, Special: parley.MentionEveryone, Notifications: notifications})
	if err := tx.UseEveryone(authorID, t.ID, messageID, notifications); err != nil {
		return err
	}
	return tx.AddCall(t, authorID, messageID, late)
}

// refusedUse is the refusal of a mention of everyone. Nothing of its transaction is
// kept, so that what is to be noted of it is noted after it.
type refusedUse struct {
	error
	userID     int64
	restricted bool
}

func (r *refusedUse) Unwrap() error { return r.error }

// noteRefusal counts a use of everyone that a restriction refused, and returns err.
func (a *App) noteRefusal(ctx context.Context, err error) error {
	var refused *refusedUse
	if !errors.As(err, &refused) {
		return err
	}
	if refused.restricted {
		failed := a.update(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.NoteViolation(refused.userID) })
		if failed != nil {
			a.logger.WarnContext(ctx, "a violation was not counted", "user", refused.userID, "error", failed)
		}
	}
	return refused.error
}

// CanUseEveryone reports whether v may mention everyone at all, now.
func (a *App) CanUseEveryone(ctx context.Context, v parley.Viewer) (can bool, err error) {
	err = a.viewNow(ctx, v, func(s *store.Snapshot, v parley.Viewer) error {
		can, err = canUseEveryone(s, v)
		return err
	})
	return can, err
}

func canUseEveryone(s *store.Snapshot, v parley.Viewer) (bool, error) {
	if !v.Staff() {
		return false, nil
	}
	settings, err := s.EveryoneSettings()
	if err != nil || settings.Disabled || v.IsCreator() {
		return err == nil && !settings.Disabled, err
	}
	r, err := s.Restriction(v.ID)
	limit := settings.LimitOf(r)
	return limit == nil || *limit > 0, err
}

// EveryoneSettings returns how members of the team may mention everyone, to
// creators.
func (a *App) EveryoneSettings(ctx context.Context, v parley.Viewer) (settings parley.EveryoneSettings, err error) {
	err = a.inspect(ctx, v, func(s *store.Snapshot) error {
		settings, err = s.EveryoneSettings()
		return err
	})
	return settings, err
}

// EveryonePatch is what is to change of the settings; nil leaves a field, and what
// points to nil takes a limit away.
type EveryonePatch struct {
	TeamRateLimit      **int64
	WindowHours        *int64
	CooldownMinutes    *int64
	RequireApproval    *bool
	MaxMessageLength   **int64
	NotificationLimit  **int64
	QuietStart         **int64
	QuietEnd           **int64
	Timezone           *string
	Disabled           *bool
	DisableReason      **string
	AllowedThreadTypes *[]parley.ThreadType
}

// UpdateEveryone changes how members of the team may mention everyone.
func (a *App) UpdateEveryone(ctx context.Context, v parley.Viewer, patch EveryonePatch) (s parley.EveryoneSettings, err error) {
	err = a.administrate(ctx, v, func(tx *store.Tx, v parley.Viewer) error {
		if err := tx.Alone(); err != nil {
			return err
		}
		old, err := tx.EveryoneSettings()
		if err != nil {
			return err
		}
		s = old
		set(&s.TeamRateLimit, patch.TeamRateLimit)
		set(&s.WindowHours, patch.WindowHours)
		set(&s.CooldownMinutes, patch.CooldownMinutes)
		set(&s.RequireApproval, patch.RequireApproval)
		set(&s.MaxMessageLength, patch.MaxMessageLength)
		set(&s.NotificationLimit, patch.NotificationLimit)
		set(&s.QuietStart, patch.QuietStart)
		set(&s.QuietEnd, patch.QuietEnd)
		set(&s.Timezone, patch.Timezone)
		set(&s.Disabled, patch.Disabled)
		set(&s.DisableReason, patch.DisableReason)
		set(&s.AllowedThreadTypes, patch.AllowedThreadTypes)
		if !s.Disabled {
			s.DisableReason = nil
		}
		if err := parley.CheckEveryoneSettings(s); err != nil {
			return err
		}
		return storeEveryone(tx, v, old, s)
	})
	return s, err
}

// storeEveryone stores changed settings, and tells all when the emergency switch
// was among them.
func storeEveryone(tx *store.Tx, v parley.Viewer, old, s parley.EveryoneSettings) error {
	if err := tx.SetEveryoneSettings(s); err != nil {
		return err
	}
	if s.Disabled != old.Disabled {
		tx.Append(parley.EveryoneSwitched{Disabled: s.Disabled, By: v.ID})
	}
	return tx.Audit(v.ID, parley.ActEveryoneSettings, 0, old, s)
}

// PendingEveryone is a mention of everyone that waits for a creator.
type PendingEveryone struct {
	ID             int64       `json:"id"`
	MessageID      int64       `json:"message_id"`
	ThreadID       int64       `json:"thread_id"`
	ThreadTitle    string      `json:"thread_title"`
	UserID         int64       `json:"user_id"`
	Username       string      `json:"username"`
	ContentPreview string      `json:"content_preview" doc:"The first 100 characters of the message."`
	CreatedAt      parley.Time `json:"created_at" format:"date-time"`
}

// PendingEveryone returns mentions of everyone that wait, to creators, the oldest
// first, after an id.
func (a *App) PendingEveryone(ctx context.Context, v parley.Viewer, after int64, limit int) (pending []PendingEveryone, err error) {
	err = a.inspect(ctx, v, func(s *store.Snapshot) error {
		waiting, err := s.PendingApprovals(after, limit)
		pending = make([]PendingEveryone, len(waiting))
		for i, p := range waiting {
			pending[i] = PendingEveryone{p.ID, p.MessageID, p.ThreadID, p.ThreadTitle, p.Author.ID, p.Author.Name, p.Content, p.CreatedAt}
		}
		return err
	})
	return pending, err
}

// auditPending is what the audit log keeps of a decision.
type auditPending struct {
	MessageID int64 `json:"message_id"`
	AuthorID  int64 `json:"author_id"`
}

// ApproveEveryone has everyone notified whom a message mentions.
func (a *App) ApproveEveryone(ctx context.Context, v parley.Viewer, id int64) error {
	return a.settlePending(ctx, v, id, parley.ActEveryoneApproved, func(tx *store.Tx, p store.Pending) error {
		m, t, err := readableMessage(&tx.Snapshot, v, p.MessageID)
		if err != nil {
			return err
		}
		if !mentionsEveryone(m) {
			return parley.Errorf(parley.Conflict, "The message no longer mentions @everyone: reject it.")
		}
		if m.Hidden {
			return parley.Errorf(parley.Conflict, "The message is hidden: show it first, or reject the mention.")
		}
		settings, err := tx.EveryoneSettings()
		if err == nil && settings.Disabled {
			err = parley.Errorf(parley.Forbidden, "Nobody can mention @everyone at the moment: enable it first.")
		}
		if err != nil {
			return err
		}
		n, err := tx.CountCalled(t, m.AuthorID)
		if err != nil {
			return err
		}
		return callAll(tx, t, m.AuthorID, m.ID, n, true)
	})
}

func mentionsEveryone(m store.MessageState) bool {
	return slices.ContainsFunc(m.Mentions, func(m parley.Mention) bool { return m.Special == parley.MentionEveryone })
}

// RejectEveryone leaves a message as it is, without notifying everyone.
func (a *App) RejectEveryone(ctx context.Context, v parley.Viewer, id int64) error {
	return a.settlePending(ctx, v, id, parley.ActEveryoneRejected, func(*store.Tx, store.Pending) error { return nil })
}

func (a *App) settlePending(ctx context.Context, v parley.Viewer, id int64, act parley.Act, decide func(*store.Tx, store.Pending) error) error {
	return a.administrate(ctx, v, func(tx *store.Tx, v parley.Viewer) error {
		p, found, err := tx.PendingApproval(id)
		if err != nil {
			return err
		}
		mine := false
		if found {
			if mine, err = tx.SettlePending(id); err != nil {
				return err
			}
		}
		if !mine {
			return parley.Errorf(parley.NotFound, "There is no such mention waiting.")
		}
		if err := decide(tx, p); err != nil {
			return err
		}
		return tx.Audit(v.ID, act, p.MessageID, auditPending{p.MessageID, p.Author.ID}, nil)
	})
}
