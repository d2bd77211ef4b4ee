package app

import (
	"cmp"
	"context"
	"time"

	"parley"
	"parley/internal/store"
)

// RestoreMessage shows a deleted message again, with the replies that its
// deletion took along, or a hidden one, and returns their ids.
func (a *App) RestoreMessage(ctx context.Context, v parley.Viewer, id int64) (ids []int64, err error) {
	var c moderated
	err = a.change(ctx, v.ID, func(tx *store.Tx, v parley.Viewer) error {
		c = moderated{}
		m, t, deleted, err := restorable(tx, v, id)
		switch {
		case err != nil:
			return err
		case !deleted:
			ids = []int64{id}
			return showMessage(tx, v, m, t, &c)
		}
		ids, err = restoreMessage(tx, v, m, t, &c)
		return err
	})
	if err == nil {
		a.pushModerated(ctx, c)
	}
	return ids, err
}

// restoreMessage shows a deleted message of t again, and returns the ids of all that
// come back with it. v is of the team.
func restoreMessage(tx *store.Tx, v parley.Viewer, m store.MessageState, t store.ThreadState, c *moderated) ([]int64, error) {
	restored, err := tx.RestoreMessages(m)
	if err != nil {
		return nil, err
	}
	ids := tellRestored(tx, t.ID, restored)
	if err := tx.Audit(v.ID, parley.ActMessageRestored, m.ID, nil, auditMessages{t.ID, m.AuthorID, ids}); err != nil {
		return nil, err
	}
	if err := tellGrown(tx, t, ids...); err != nil {
		return nil, err
	}
	if err := c.note(tx, ids, t.ID); err != nil {
		return nil, err
	}
	return ids, tx.Withdraw([]int64{m.ID}, parley.NoticeDeleted)
}

// restorable returns a deleted or hidden message that v may restore, with its thread,
// or the error that tells v why not.
func restorable(tx *store.Tx, v parley.Viewer, id int64) (m store.MessageState, t store.ThreadState, deleted bool, err error) {
	gone, deleted, err := tx.DeletedMessage(id)
	if err != nil {
		return m, t, false, err
	}
	m = gone.MessageState
	if deleted {
		if t, err = readable(&tx.Snapshot, v, m.ThreadID); err == parley.ErrThreadNotFound {
			err = parley.ErrMessageNotFound
		}
	} else {
		m, t, err = readableMessage(&tx.Snapshot, v, id)
	}
	switch {
	case err != nil:
		return m, t, deleted, err
	case !v.Staff():
		return m, t, deleted, parley.Errorf(parley.Forbidden, "Only the creator and the team may restore messages.")
	case !deleted && !m.Hidden:
		return m, t, deleted, parley.Errorf(parley.Invalid, "This message is neither deleted nor hidden.")
	case !deleted:
		return m, t, false, nil
	case gone.DeletedAt.Add(parley.RestoreDays*24*time.Hour) < tx.Now():
		return m, t, deleted, parley.Errorf(parley.Invalid, "This message was deleted more than %d days ago and cannot be restored any more.", parley.RestoreDays)
	case m.ReplyToID == 0:
		return m, t, deleted, nil
	}
	if _, found, err := tx.MessageState(m.ReplyToID); err != nil || !found {
		return m, t, deleted, cmp.Or(err, error(parley.Errorf(parley.Conflict, "The message that this one answers is deleted: restore that one first.")))
	}
	return m, t, deleted, nil
}

// restoredLength is how much text one event may bring back, in characters. A frame
// must fit into the queue of a socket that is a little behind.
const restoredLength = 16_000

// tellRestored tells a thread of messages that are there again, in as many events as
// their text needs, and returns their ids.
func tellRestored(tx *store.Tx, threadID int64, restored []store.Touched) (ids []int64) {
	var batch []int64
	var length int64
	tell := func() {
		if len(batch) > 0 {
			tx.Append(parley.MessagesRestored{ThreadID: threadID, MessageIDs: batch})
		}
		batch, length = nil, 0
	}
	for _, r := range restored {
		ids = append(ids, r.ID)
		if r.Hidden {
			tx.Append(parley.MessagesRestored{ThreadID: threadID, MessageIDs: []int64{r.ID}, Readers: parley.Readers{Author: r.AuthorID}})
			continue
		}
		if length += r.Length; length > restoredLength {
			tell()
			length = r.Length
		}
		batch = append(batch, r.ID)
	}
	tell()
	return ids
}

// Earlier is what a message said before an edit.
type Earlier struct {
	ID       int64            `json:"id" doc:"For after_id."`
	Content  string           `json:"content" doc:"Markdown, as written."`
	EditedAt parley.Time      `json:"edited_at" format:"date-time" doc:"When it was replaced."`
	Editor   parley.PersonRef `json:"editor" doc:"Who replaced it."`
}

// History returns what a message said before its edits after an id, oldest first,
// to its author and the team.
func (a *App) History(ctx context.Context, v parley.Viewer, id, after int64, limit int) (history []Earlier, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		m, _, err := readableMessage(s, v, id)
		if err != nil {
			return err
		}
		if m.AuthorID != v.ID && !v.Staff() {
			return parley.Errorf(parley.Forbidden, "Only its author and the team may see what a message said before.")
		}
		earlier, err := s.History(id, after, limit)
		history = make([]Earlier, len(earlier))
		for i, e := range earlier {
			history[i] = Earlier{e.ID, e.Content, e.EditedAt, parley.PersonRef{ID: e.Editor.ID, Username: e.Editor.Name}}
		}
		return err
	})
	return history, err
}
