package app

import (
	"context"
	"time"

	"parley"
	"parley/internal/store"
)

// readableMessage returns a message that v may see with its thread, or the error
// that tells v why not.
func readableMessage(s *store.Snapshot, v parley.Viewer, id int64) (store.MessageState, store.ThreadState, error) {
	m, found, err := s.MessageState(id)
	if err != nil || !found {
		return m, store.ThreadState{}, orNotFound(err)
	}
	t, err := readable(s, v, m.ThreadID)
	if err == parley.ErrThreadNotFound || err == nil && m.Hidden && !v.SeesHidden(m.AuthorID) {
		err = parley.ErrMessageNotFound
	}
	return m, t, err
}

// orNotFound is err, or that a message is not there.
func orNotFound(err error) error {
	if err != nil {
		return err
	}
	return parley.ErrMessageNotFound
}

// MessageQuery chooses a page of a thread's messages: before, after or around an
// id, or the newest. MarkRead says that the newest page was opened by a person.
type MessageQuery struct {
	Before, After, Around int64
	Limit                 int
	MarkRead              bool
}

// newest reports whether q asks for the newest page.
func (q MessageQuery) newest() bool { return q.Before == 0 && q.After == 0 && q.Around == 0 }

// read reads the page.
func (q MessageQuery) read(s *store.Snapshot, v parley.Viewer, threadID int64) ([]parley.Message, error) {
	switch {
	case q.Around > 0:
		return messagesAround(s, v, threadID, q.Around, q.Limit)
	case q.After > 0:
		return s.MessagesAfter(v, threadID, q.After, q.Limit)
	default:
		return s.NewestMessages(v, threadID, q.Before, q.Limit)
	}
}

// messagesAround returns the messages around one, half of them older if there are
// as many. The one itself is among them unless it is gone.
func messagesAround(s *store.Snapshot, v parley.Viewer, threadID, id int64, limit int) ([]parley.Message, error) {
	older, err := s.NewestMessages(v, threadID, id+1, limit) // and the one itself
	if err != nil {
		return nil, err
	}
	newer, err := s.MessagesAfter(v, threadID, id, limit)
	if err != nil {
		return nil, err
	}
	after := min(len(newer), max(limit/2, limit-len(older)))
	before := min(len(older), limit-after)
	return append(older[len(older)-before:], newer[:after]...), nil
}

// Messages returns a page of a thread's messages, oldest first, and the position
// of the thread's stream that it was read at. Opening the newest page counts a
// view and marks the thread's notifications read.
func (a *App) Messages(ctx context.Context, v parley.Viewer, threadID int64, q MessageQuery) (messages []parley.Message, position string, err error) {
	if q.newest() {
		return a.openNewest(ctx, v, threadID, q)
	}
	reads := func(s *store.Snapshot) {
		s.ThreadState(threadID)
		_, _ = q.read(s, v, threadID)
		s.Head(parley.ThreadChannel(threadID))
	}
	err = a.store.ViewAhead(ctx, reads, func(s *store.Snapshot) error {
		if _, err := readable(s, v, threadID); err != nil {
			return err
		}
		if messages, err = q.read(s, v, threadID); err != nil {
			return err
		}
		position, err = a.position(s, parley.ThreadChannel(threadID))
		return err
	})
	return messages, position, err
}

// noteOpened marks the notifications read of the messages up to one that somebody
// was shown. A database that cannot be written must not keep people from reading.
func (a *App) noteOpened(ctx context.Context, v parley.Viewer, threadID, upTo int64) {
	_, err := a.readNotifications(ctx, v, threadID, func(tx *store.Tx, v parley.Viewer) (int64, error) {
		return tx.ReadThread(v, threadID, upTo)
	})
	if err != nil {
		a.warn(ctx, err, "notifications of an opened thread stay unread", "thread", threadID)
	}
}

// MessagesSince returns the first messages of a thread after an id (0: from its
// beginning), oldest first, for clients that poll.
func (a *App) MessagesSince(ctx context.Context, v parley.Viewer, threadID, since int64, limit int) (messages []parley.Message, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		if _, err := readable(s, v, threadID); err != nil {
			return err
		}
		messages, err = s.MessagesAfter(v, threadID, since, limit)
		return err
	})
	return messages, err
}

// Message returns a message as v sees it.
func (a *App) Message(ctx context.Context, v parley.Viewer, id int64) (m parley.Message, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		m, err = messageFor(s, v, id)
		return err
	})
	return m, err
}

func messageFor(s *store.Snapshot, v parley.Viewer, id int64) (parley.Message, error) {
	if _, _, err := readableMessage(s, v, id); err != nil {
		return parley.Message{}, err
	}
	m, _, err := s.Message(v, id)
	return m, err
}

// posterFollows is what people hear of a thread that they wrote in.
var posterFollows = parley.Follow{Mention: true, Reply: true}

// PostMessage writes a message into a thread; replyTo is the message of the same
// thread that it answers, 0 if none.
func (a *App) PostMessage(ctx context.Context, v parley.Viewer, threadID int64, content string, replyTo int64, idem Idempotency) (parley.Message, error) {
	d, err := a.compose(ctx, v.ID, content)
	if err != nil {
		return parley.Message{}, err
	}
	reads := func(s *store.Snapshot) {
		s.NewMembers()
		s.ThreadState(threadID)
		if replyTo != 0 {
			s.MessageState(replyTo)
		}
		s.LastPosted(threadID, v.ID)
		s.AnyListeners(threadID, v.ID)
		s.Follows(threadID, v.ID)
		s.NextMessageID()
	}
	var id int64
	shows := func(s *store.Snapshot) {
		newRenderer(s, v.ID).readsPosted(parley.MessagePosted{ThreadID: threadID, MessageID: id}, replyTo)
	}
	var posted parley.Message
	err = a.createAndTell(ctx, v.ID, idem, &id, func(tx *store.Tx, v parley.Viewer) (int64, error) {
		if err := d.checkNewcomer(tx, v, false); err != nil {
			return 0, err
		}
		t, err := writable(tx, v, threadID)
		if err != nil {
			return 0, err
		}
		if err := d.checkSpecials(v); err != nil {
			return 0, err
		}
		if replyTo != 0 {
			origin, _, err := tx.MessageState(replyTo)
			if err != nil || origin.ThreadID != threadID || origin.Hidden && !v.SeesHidden(origin.AuthorID) {
				return 0, orNotFound(err)
			}
		}
		return postMessage(tx, v, t, replyTo, d)
	}, about{threadID: threadID, reads: reads, shows: shows, tell: func(r *renderer) (err error) {
		posted, err = r.shown(v, id)
		return err
	}})
	return posted, err
}

var errLocked = parley.Errorf(parley.Forbidden, "This thread is locked: only the creator can write in it.")

// writable returns a thread that v may write in now, or the error that tells v
// why not.
func writable(tx *store.Tx, v parley.Viewer, id int64) (store.ThreadState, error) {
	t, err := readable(&tx.Snapshot, v, id)
	if err != nil {
		return t, err
	}
	if t.Locked && !v.IsCreator() {
		return t, errLocked
	}
	if t.SlowModeSeconds == 0 || v.Staff() {
		return t, nil
	}
	last, err := tx.LastPosted(id, v.ID)
	if err != nil {
		return t, err
	}
	pause := time.Duration(t.SlowModeSeconds) * time.Second
	if wait := last.Add(pause).Sub(tx.Now()); last != 0 && wait > 0 {
		slow := parley.Errorf(parley.RateLimited, "This thread is in slow mode: you can write again in %d seconds.", int64((wait+time.Second-1)/time.Second))
		slow.RetryAfter = wait
		return t, slow
	}
	return t, nil
}

func postMessage(tx *store.Tx, v parley.Viewer, t store.ThreadState, replyTo int64, d draft) (int64, error) {
	notifies := replyTo != 0 || len(d.named)+len(d.specials) > 0
	if !notifies {
		// Nobody would be notified in most threads most of the time: a look is cheaper than a
		// job, which is a transaction of its own.
		var err error
		if notifies, err = tx.AnyListeners(t.ID, v.ID); err != nil {
			return 0, err
		}
	}
	follows, err := tx.Follows(t.ID, v.ID)
	if err != nil {
		return 0, err
	}
	id, err := tx.InsertMessage(t.ID, v.ID, replyTo, d.text)
	if err != nil {
		return 0, err
	}
	if err := d.show(tx, id, v.ID); err != nil {
		return 0, err
	}
	if !follows {
		if err := tx.FollowUnlessFollowing(t.ID, v.ID, posterFollows); err != nil {
			return 0, err
		}
	}
	tx.Append(parley.MessagePosted{ThreadID: t.ID, MessageID: id})
	if !notifies {
		return id, nil
	}
	return id, d.notify(tx, t, id, v)
}

// EditMessage replaces the text of one's own message. People it mentions now and
// did not before are notified; what those were told whom it mentions no longer goes,
// or becomes what else the message is to them.
func (a *App) EditMessage(ctx context.Context, v parley.Viewer, id int64, content string) (parley.Message, error) {
	d, err := a.compose(ctx, v.ID, content)
	if err != nil {
		return parley.Message{}, err
	}
	var edited parley.Message
	err = a.changeAndTell(ctx, v.ID, func(tx *store.Tx, v parley.Viewer) error {
		if err := d.checkNewcomer(tx, v, true); err != nil {
			return err
		}
		m, t, err := readableMessage(&tx.Snapshot, v, id)
		switch {
		case err != nil:
			return err
		case m.AuthorID != v.ID:
			return parley.Errorf(parley.Forbidden, "You may only edit your own messages.")
		case m.Content == d.text.Content:
			return nil
		}
		if err := d.checkEdited(tx, v, m); err != nil {
			return err
		}
		if err := tx.EditMessage(m, v.ID, d.text); err != nil {
			return err
		}
		if err := tx.ShowUploads(id, v.ID, d.uploads); err != nil {
			return err
		}
		if err := d.preview(tx, id); err != nil {
			return err
		}
		tx.Append(parley.MessageEdited{ThreadID: m.ThreadID, MessageID: id})
		if err := tellGrown(tx, t, id); err != nil {
			return err
		}
		if mentionsEveryone(m) && !d.callsEveryone() {
			if err := tx.WithdrawCall(id); err != nil {
				return err
			}
		}
		if err := d.without(m.Mentions).announce(tx, t, id, v, true); err != nil {
			return err
		}
		edits, err := tx.Edits(id)
		if err != nil {
			return err
		}
		return d.addJob(tx, id, edits)
	}, about{tell: func(r *renderer) (err error) {
		edited, err = r.shown(v, id)
		return err
	}})
	return edited, err
}

// tellGrown tells of the threads that grew out of messages of t that changed or
// went: they quote them, and so does what was told of them before.
func tellGrown(tx *store.Tx, t store.ThreadState, messageIDs ...int64) error {
	if t.Kind != parley.MainThread {
		return nil
	}
	subs, err := tx.SubThreadsOf(messageIDs)
	for _, sub := range subs {
		tx.Append(parley.ThreadsChanged{ThreadIDs: []int64{sub.ID}, Access: sub.Access})
	}
	return err
}

// Replies returns the replies to a message after an id, oldest first; page counts
// from 1, for clients that page by number.
func (a *App) Replies(ctx context.Context, v parley.Viewer, id, after int64, page, limit int) (replies []parley.Message, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		if _, _, err := readableMessage(s, v, id); err != nil {
			return err
		}
		replies, err = s.Replies(v, id, after, limit, (page-1)*limit)
		return err
	})
	return replies, err
}
