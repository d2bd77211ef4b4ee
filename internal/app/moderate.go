package app

import (
	"context"

	"parley"
	"parley/internal/store"
)

// DeleteMessage deletes a message with all replies below it, and returns their
// ids.
func (a *App) DeleteMessage(ctx context.Context, v parley.Viewer, id int64) (ids []int64, err error) {
	var c moderated
	err = a.change(ctx, v.ID, func(tx *store.Tx, v parley.Viewer) error {
		c = moderated{}
		m, t, err := readableMessage(&tx.Snapshot, v, id)
		switch {
		case err != nil:
			return err
		case !parley.CanDeleteMessage(v, m.AuthorID):
			return parley.Errorf(parley.Forbidden, "You may only delete your own messages.")
		}
		if ids, err = deleteMessage(tx, v, m, t, &c); err != nil || m.AuthorID == v.ID {
			return err
		}
		return auditDeleted(tx, v, m, ids)
	})
	if err == nil {
		a.pushModerated(ctx, c)
	}
	return ids, err
}

// moderated is whose counts of unread notifications a change of messages moved, and of
// which threads.
type moderated struct{ users, threads []int64 }

func (a *App) pushModerated(ctx context.Context, c moderated) {
	a.pushAllCounts(ctx, c.users, c.threads)
}

// deleteMessage deletes a message of t with all replies below it, tells of it, and
// returns their ids. v may delete it; whether that is an act of moderation, the caller
// knows.
func deleteMessage(tx *store.Tx, v parley.Viewer, m store.MessageState, t store.ThreadState, c *moderated) ([]int64, error) {
	if t.FirstMessageID == m.ID {
		return nil, parley.Errorf(parley.Invalid, "The first message of a thread cannot be deleted: delete the thread instead.")
	}
	deleted, err := tx.DeleteMessages(m, v.ID)
	if err != nil {
		return nil, err
	}
	ids := tellDeleted(tx, t.ID, deleted)
	if err := tellGrown(tx, t, ids...); err != nil {
		return nil, err
	}
	if err := c.note(tx, ids, t.ID); err != nil {
		return nil, err
	}
	if err := tx.Withdraw(ids, parley.NoticeFlagged, parley.NoticeHidden); err != nil {
		return nil, err
	}
	return ids, tellAuthor(tx, v, m, t, parley.NoticeDeleted, c)
}

// auditDeleted notes that a message was deleted with those below it, by a moderator.
func auditDeleted(tx *store.Tx, v parley.Viewer, m store.MessageState, ids []int64) error {
	return tx.Audit(v.ID, parley.ActMessageDeleted, m.ID, auditMessages{m.ThreadID, m.AuthorID, ids}, nil)
}

// note adds those with unread notifications of messages that come to threads, or go.
func (c *moderated) note(tx *store.Tx, ids []int64, threadIDs ...int64) error {
	users, err := tx.NotifiedOf(ids)
	if err != nil {
		return err
	}
	c.users, c.threads = append(c.users, users...), append(c.threads, threadIDs...)
	return tx.Recount(users, threadIDs...)
}

// tellDeleted tells a thread's readers of messages that are gone, and returns their
// ids. Of hidden ones hear those who saw them.
func tellDeleted(tx *store.Tx, threadID int64, deleted []store.Touched) (ids []int64) {
	var seen []int64
	for _, d := range deleted {
		if ids = append(ids, d.ID); !d.Hidden {
			seen = append(seen, d.ID)
		}
	}
	if len(seen) > 0 {
		tx.Append(parley.MessagesDeleted{ThreadID: threadID, MessageIDs: seen})
	}
	for _, d := range deleted {
		if d.Hidden {
			tx.Append(parley.MessagesDeleted{ThreadID: threadID, MessageIDs: []int64{d.ID}, Readers: parley.Readers{Author: d.AuthorID}})
		}
	}
	return ids
}

// tellAuthor tells somebody what a moderator did with their message, if they may see
// the thread: not who, and whether or not they want to hear of it.
func tellAuthor(tx *store.Tx, v parley.Viewer, m store.MessageState, t store.ThreadState, about parley.Notice, c *moderated) error {
	author, _, err := tx.Viewer(m.AuthorID)
	if err != nil || author.ID == v.ID || !t.Access.Admits(author) {
		return err
	}
	c.users = append(c.users, author.ID)
	_, err = tx.Notify(store.NewNotification{
		UserID: author.ID, Kind: parley.NotifyModeration, SenderID: v.ID, ThreadID: t.ID, MessageID: m.ID, About: about,
	})
	return err
}

// hideMessage hides a message of t from all but its author and the team. v is of the
// team.
func hideMessage(tx *store.Tx, v parley.Viewer, m store.MessageState, t store.ThreadState, c *moderated) error {
	switch {
	case t.FirstMessageID == m.ID:
		return parley.Errorf(parley.Invalid, "The first message of a thread cannot be hidden: delete the thread instead.")
	case m.Hidden:
		return keepMessage(tx, v, m, t, c)
	}
	if err := tx.HideMessage(m, v.ID); err != nil {
		return err
	}
	others := parley.Readers{Author: m.AuthorID, Others: true}
	tx.Append(
		parley.MessagesDeleted{ThreadID: t.ID, MessageIDs: []int64{m.ID}, Readers: others},
		parley.MessageHidden{ThreadID: t.ID, MessageID: m.ID, AuthorID: m.AuthorID},
	)
	if err := tellGrown(tx, t, m.ID); err != nil {
		return err
	}
	if err := c.note(tx, []int64{m.ID}, t.ID); err != nil {
		return err
	}
	if err := tx.Withdraw([]int64{m.ID}, parley.NoticeFlagged); err != nil {
		return err
	}
	if err := tellAuthor(tx, v, m, t, parley.NoticeHidden, c); err != nil {
		return err
	}
	return tx.Audit(v.ID, parley.ActMessageHidden, m.ID, nil, auditMessages{t.ID, m.AuthorID, []int64{m.ID}})
}

// keepMessage leaves a flagged message of t as it is. v is of the team.
func keepMessage(tx *store.Tx, v parley.Viewer, m store.MessageState, t store.ThreadState, c *moderated) error {
	ids := []int64{m.ID}
	if err := c.note(tx, ids, t.ID); err != nil {
		return err
	}
	if err := tx.Withdraw(ids, parley.NoticeFlagged); err != nil {
		return err
	}
	return tx.Audit(v.ID, parley.ActMessageKept, m.ID, nil, auditMessages{t.ID, m.AuthorID, ids})
}

// showMessage shows a hidden message of t to all again. v is of the team.
func showMessage(tx *store.Tx, v parley.Viewer, m store.MessageState, t store.ThreadState, c *moderated) error {
	if err := tx.ShowMessage(m); err != nil {
		return err
	}
	others := parley.Readers{Author: m.AuthorID, Others: true}
	tx.Append(
		parley.MessagesRestored{ThreadID: t.ID, MessageIDs: []int64{m.ID}, Readers: others},
		parley.MessageHidden{ThreadID: t.ID, MessageID: m.ID, AuthorID: m.AuthorID},
	)
	if err := tellGrown(tx, t, m.ID); err != nil {
		return err
	}
	if err := c.note(tx, []int64{m.ID}, t.ID); err != nil {
		return err
	}
	if err := tx.Withdraw([]int64{m.ID}, parley.NoticeHidden); err != nil {
		return err
	}
	return tx.Audit(v.ID, parley.ActMessageShown, m.ID, auditMessages{t.ID, m.AuthorID, []int64{m.ID}}, nil)
}
