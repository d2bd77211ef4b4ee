package app

import (
	"context"

	"parley"
	"parley/internal/store"
)

// FlagMessage tells the team that v finds a message wrong, and returns the flag's id.
// Its author is not told.
func (a *App) FlagMessage(ctx context.Context, v parley.Viewer, id int64, reason parley.FlagReason, note string, idem Idempotency) (int64, error) {
	if err := parley.CheckFlag(reason, note); err != nil {
		return 0, err
	}
	var c moderated
	flag, err := a.create(ctx, v.ID, idem, func(tx *store.Tx, v parley.Viewer) (int64, error) {
		c = moderated{}
		m, t, err := readableMessage(&tx.Snapshot, v, id)
		switch {
		case err != nil:
			return 0, err
		case m.AuthorID == v.ID:
			return 0, parley.Errorf(parley.Invalid, "You cannot flag your own message.")
		}
		if err := checkOpenFlags(tx, v); err != nil {
			return 0, err
		}
		flag, err := tx.AddFlag(store.NewFlag{MessageID: id, UserID: v.ID, Reason: reason, Note: note})
		if err == nil && flag == 0 {
			err = parley.Errorf(parley.Conflict, "You have flagged this message already: the team knows.")
		}
		if err != nil {
			return 0, err
		}
		return flag, tellTeam(tx, v, m, t, &c)
	})
	if err == nil {
		a.pushModerated(ctx, c)
	}
	return flag, err
}

// checkOpenFlags refuses a member who has flagged so much that the team has to catch
// up first.
func checkOpenFlags(tx *store.Tx, v parley.Viewer) error {
	if v.Staff() {
		return nil
	}
	open, err := tx.OpenFlagsBy(v.ID)
	if err == nil && open >= parley.MaxOpenFlags {
		refused := parley.Errorf(parley.RateLimited, "You have %d flags open: wait until the team has looked at some of them.", open)
		refused.RetryAfter = flagPatience
		err = refused
	}
	return err
}

// tellTeam notifies the team of a message that has its first open flag, but for who
// flagged it, and for who wrote it.
func tellTeam(tx *store.Tx, v parley.Viewer, m store.MessageState, t store.ThreadState, c *moderated) error {
	open, err := tx.OpenFlagsOf(m.ID)
	if err != nil || open > 1 {
		return err
	}
	c.threads = []int64{t.ID}
	for _, role := range []parley.Role{parley.RoleCreator, parley.RoleTeam} {
		people, err := tx.UsersByRole(role)
		if err != nil {
			return err
		}
		for _, u := range people {
			if u.ID == v.ID || u.ID == m.AuthorID || u.Suspended {
				continue
			}
			_, err := tx.Notify(store.NewNotification{
				UserID: u.ID, Kind: parley.NotifyModeration, SenderID: v.ID, ThreadID: t.ID, MessageID: m.ID, About: parley.NoticeFlagged,
			})
			if err != nil {
				return err
			}
			c.users = append(c.users, u.ID)
		}
	}
	return nil
}

// FlagEntry is a flag in the team's queue.
type FlagEntry struct {
	ID         int64             `json:"id"`
	Reason     parley.FlagReason `json:"reason" enum:"spam,abuse,off_topic,other"`
	Note       string            `json:"note"`
	FlaggedBy  *parley.PersonRef `json:"flagged_by" doc:"Null: the message is your own."`
	CreatedAt  parley.Time       `json:"created_at" format:"date-time"`
	OpenFlags  int64             `json:"open_flags" doc:"That the message has."`
	Message    FlaggedMessage    `json:"message"`
	Resolution *Resolution       `json:"resolution" doc:"Null: it is open."`
}

// FlaggedMessage is the message that a flag is about.
type FlaggedMessage struct {
	ID          int64              `json:"id"`
	ThreadID    int64              `json:"thread_id"`
	ThreadTitle string             `json:"thread_title"`
	User        parley.PersonBadge `json:"user"`
	Content     string             `json:"content" doc:"Its first 500 characters, as written; empty: it is deleted."`
	CreatedAt   parley.Time        `json:"created_at" format:"date-time"`
	IsHidden    bool               `json:"is_hidden"`
	IsDeleted   bool               `json:"is_deleted"`
}

// Resolution is what was done about a flag.
type Resolution struct {
	Action     parley.FlagAction `json:"action" enum:"keep,hide,delete"`
	Note       string            `json:"note"`
	ResolvedBy parley.PersonRef  `json:"resolved_by"`
	ResolvedAt parley.Time       `json:"resolved_at" format:"date-time"`
}

// Flags returns the team's queue, open flags or resolved ones before an id (0: the
// newest), newest first.
func (a *App) Flags(ctx context.Context, v parley.Viewer, open bool, before int64, limit int) (entries []FlagEntry, err error) {
	err = a.viewNow(ctx, v, func(s *store.Snapshot, v parley.Viewer) error {
		if !v.Staff() {
			return errTeamOnly
		}
		flags, err := s.Flags(open, before, limit)
		entries = make([]FlagEntry, len(flags))
		for i, f := range flags {
			entries[i] = flagEntry(f, v)
		}
		return err
	})
	return entries, err
}

// flagEntry is a flag as v sees it: authors, of the team too, are not told who flags
// what they write.
func flagEntry(f store.Flag, v parley.Viewer) FlagEntry {
	e := FlagEntry{
		ID: f.ID, Reason: f.Reason, Note: f.Note, CreatedAt: f.CreatedAt, OpenFlags: f.Open,
		Message: FlaggedMessage{
			ID: f.MessageID, ThreadID: f.ThreadID, ThreadTitle: f.ThreadTitle, User: f.Author.Badge(), Content: f.Content,
			CreatedAt: f.WrittenAt, IsHidden: f.Hidden, IsDeleted: f.Deleted,
		},
	}
	if f.Author.ID != v.ID {
		e.FlaggedBy = &f.By
	}
	if f.Action != "" {
		e.Resolution = &Resolution{f.Action, f.Answer, f.ResolvedBy, f.ResolvedAt}
	}
	return e
}

// ResolveFlag does with a flagged message what a moderator decides, and with it
// resolves all open flags of the message.
func (a *App) ResolveFlag(ctx context.Context, v parley.Viewer, id int64, action parley.FlagAction, note string) error {
	if !action.Valid() {
		return parley.InvalidField("action", "must be keep, hide or delete")
	}
	if err := parley.CheckNote(note); err != nil {
		return err
	}
	var c moderated
	err := a.change(ctx, v.ID, func(tx *store.Tx, v parley.Viewer) error {
		c = moderated{}
		m, t, err := resolvable(tx, v, id)
		if err != nil {
			return err
		}
		if err := tx.ResolveFlags(m.ID, v.ID, action, note); err != nil {
			return err
		}
		switch action {
		case parley.FlagHide:
			return hideMessage(tx, v, m, t, &c)
		case parley.FlagDelete:
			ids, err := deleteMessage(tx, v, m, t, &c)
			if err != nil {
				return err
			}
			return auditDeleted(tx, v, m, ids) // of one's own message, too: a flag is settled
		default:
			return keepMessage(tx, v, m, t, &c)
		}
	})
	if err == nil {
		a.pushModerated(ctx, c)
	}
	return err
}

// resolvable returns the message of an open flag, with its thread, or the error that
// tells v why there is nothing to resolve.
func resolvable(tx *store.Tx, v parley.Viewer, id int64) (m store.MessageState, t store.ThreadState, err error) {
	if !v.Staff() {
		return m, t, errTeamOnly
	}
	flag, found, err := tx.Flag(id)
	if err == nil && !found {
		err = parley.Errorf(parley.NotFound, "There is no such flag.")
	}
	if err != nil {
		return m, t, err
	}
	// The message's thread is held from here on: of two who resolve one flag at the same
	// time, the second one reads what the first one did.
	if m, t, err = readableMessage(&tx.Snapshot, v, flag.MessageID); err != nil {
		return m, t, err
	}
	open, err := tx.OpenFlagsOf(m.ID)
	if err == nil && open == 0 {
		err = parley.Errorf(parley.Conflict, "This flag has been resolved already.")
	}
	return m, t, err
}
