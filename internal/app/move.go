package app

import (
	"context"

	"parley"
	"parley/internal/store"
)

// maxMoved bounds how many messages are moved at once: each is an event.
const maxMoved = 200

// MoveMessage moves a message with all replies below it to another thread, whose
// readers are no more than those of its own, and returns their ids. They keep their
// ids, and with them their order in time.
func (a *App) MoveMessage(ctx context.Context, v parley.Viewer, id, threadID int64) (ids []int64, err error) {
	var c moderated
	err = a.change(ctx, v.ID, func(tx *store.Tx, v parley.Viewer) error {
		c = moderated{}
		m, from, to, err := holdBoth(tx, v, id, threadID)
		if err != nil {
			return err
		}
		if err := movable(v, m, from, to); err != nil {
			return err
		}
		ids, err = moveMessage(tx, v, m, from, to, &c)
		return err
	})
	if err == nil {
		a.pushModerated(ctx, c)
	}
	return ids, err
}

// holdBoth returns a message, the thread that it is in, and the one that it is to go
// to, of both of which the transaction is the only writer.
func holdBoth(tx *store.Tx, v parley.Viewer, id, threadID int64) (m store.MessageState, from, to store.ThreadState, err error) {
	seen, _, err := readableMessage(tx.Glance(), v, id)
	if err == nil && !v.Staff() {
		err = errTeamOnly
	}
	if err != nil {
		return m, from, to, err
	}
	for _, thread := range []int64{min(seen.ThreadID, threadID), max(seen.ThreadID, threadID)} { // locked in the order of their ids
		if err := tx.HoldThread(thread); err != nil {
			return m, from, to, err
		}
	}
	if m, from, err = readableMessage(&tx.Snapshot, v, id); err == nil {
		to, err = readable(&tx.Snapshot, v, threadID)
	}
	return m, from, to, err
}

// movable returns nil if v may move a message from a thread to another one, else why
// not.
func movable(v parley.Viewer, m store.MessageState, from, to store.ThreadState) error {
	switch {
	case from.ID == to.ID:
		return parley.Errorf(parley.Invalid, "The message is in this thread already.")
	case from.FirstMessageID == m.ID:
		return parley.Errorf(parley.Invalid, "The first message of a thread cannot be moved.")
	case !to.Access.Inside(from.Access):
		return parley.Errorf(parley.Invalid, "More people could read it there than here: move it to a thread that asks as much of its readers.")
	case to.Locked && !v.IsCreator():
		return errLocked
	default:
		return nil
	}
}

// moveMessage moves a message with all below it, and tells of it. Whoever watches
// the old thread sees them go, and whoever watches the new one sees them come.
func moveMessage(tx *store.Tx, v parley.Viewer, m store.MessageState, from, to store.ThreadState, c *moderated) ([]int64, error) {
	there, deleted, err := tx.Below(m.ID)
	if err != nil {
		return nil, err
	}
	if len(there) > maxMoved {
		return nil, parley.Errorf(parley.Invalid, "%d messages are too many to be moved at once: at most %d are.", len(there), maxMoved)
	}
	ids := make([]int64, len(there))
	for i, t := range there {
		ids[i] = t.ID
	}
	grown, err := tx.SubThreadsOf(append(deleted, ids...))
	if err != nil {
		return nil, err
	}
	if len(grown) > 0 && to.Kind == parley.SubThread {
		return nil, parley.Errorf(parley.Invalid, "Threads grew out of what is to be moved: move it to a main thread.")
	}
	if err := tx.MoveMessages(m, there, deleted, to.ID); err != nil {
		return nil, err
	}
	tellMoved(tx, m, from, to, there)
	if err := bringAlong(tx, to, grown); err != nil {
		return nil, err
	}
	if err := c.note(tx, ids, from.ID, to.ID); err != nil {
		return nil, err
	}
	if err := tellAuthor(tx, v, m, to, parley.NoticeMoved, c); err != nil {
		return nil, err
	}
	return ids, tx.Audit(v.ID, parley.ActMessageMoved, m.ID, auditMessages{from.ID, m.AuthorID, ids}, auditMessages{to.ID, m.AuthorID, ids})
}

// tellMoved tells both threads of messages that went from one to the other.
func tellMoved(tx *store.Tx, m store.MessageState, from, to store.ThreadState, moved []store.Touched) {
	var seen []int64
	for _, t := range moved {
		if !t.Hidden {
			seen = append(seen, t.ID)
		}
	}
	if len(seen) > 0 {
		gone := parley.MessagesDeleted{ThreadID: from.ID, MessageIDs: seen}
		if !m.Hidden {
			gone.RepliedTo = m.ReplyToID
		}
		tx.Append(gone)
	}
	for _, t := range moved {
		if t.Hidden {
			tx.Append(parley.MessagesDeleted{ThreadID: from.ID, MessageIDs: []int64{t.ID}, Readers: parley.Readers{Author: t.AuthorID}})
		}
		tx.Append(parley.MessagePosted{ThreadID: to.ID, MessageID: t.ID, Moved: true})
	}
}

// bringAlong tells of threads that grew out of messages which were moved to a thread:
// they are sub-threads of that one now, and no more open than it.
func bringAlong(tx *store.Tx, to store.ThreadState, grown []store.ThreadState) error {
	var changed []store.ThreadState
	counted := map[int64]bool{}
	for _, old := range grown {
		if !counted[old.ParentMessageID] {
			if err := tx.CountSpawned(old.ParentMessageID); err != nil {
				return err
			}
			counted[old.ParentMessageID] = true
		}
		access := old.Own.Within(to.Access)
		tx.Append(parley.ThreadsChanged{ThreadIDs: []int64{old.ID}, Access: old.Access.Or(access)})
		if access != old.Access {
			tx.Append(parley.ThreadUpdated{ThreadID: old.ID}, parley.ThreadRightsChanged{ThreadID: old.ID})
			changed = append(changed, old)
		}
	}
	return tx.CallsClosed(changed)
}
