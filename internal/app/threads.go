package app

import (
	"context"

	"parley"
	"parley/internal/store"
)

// readable returns a thread that v may see, or the error that tells v why not.
func readable(s *store.Snapshot, v parley.Viewer, id int64) (store.ThreadState, error) {
	t, found, err := s.ThreadState(id)
	switch {
	case err != nil:
		return t, err
	case !found:
		return t, parley.ErrThreadNotFound
	case !t.Access.Admits(v):
		return t, t.Access.Refusal()
	default:
		return t, nil
	}
}

// ThreadQuery chooses a page of the list of threads.
type ThreadQuery struct {
	Page   int // from 1
	Limit  int
	Filter string // main, following, all, unread
	Type   string // main, sub, all
}

// Threads returns a page of the threads v may see, and the position of the
// global stream that the page was read at.
func (a *App) Threads(ctx context.Context, v parley.Viewer, q ThreadQuery) (threads []parley.Thread, position string, err error) {
	filter := store.ThreadFilter{
		Following: q.Filter == "following", Unread: q.Filter == "unread",
		Limit: q.Limit, Offset: (q.Page - 1) * q.Limit,
	}
	if q.Type != "all" {
		filter.Kind = parley.ThreadType(q.Type)
	}
	if q.Filter == "main" {
		filter.Kind = parley.MainThread
	}
	err = a.viewNow(ctx, v, func(s *store.Snapshot, v parley.Viewer) error {
		if threads, err = s.Threads(v, filter); err != nil {
			return err
		}
		position, err = a.position(s, parley.ForumChannel, parley.UserChannel(v.ID))
		return err
	})
	return threads, position, err
}

// Thread returns a thread as v sees it.
func (a *App) Thread(ctx context.Context, v parley.Viewer, id int64) (t parley.Thread, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		t, err = threadFor(s, v, id)
		return err
	})
	return t, err
}

func threadFor(s *store.Snapshot, v parley.Viewer, id int64) (parley.Thread, error) {
	if _, err := readable(s, v, id); err != nil {
		return parley.Thread{}, err
	}
	t, _, err := s.Thread(v, id)
	return t, err
}

// NewThread is a main thread to be started.
type NewThread struct {
	Title   string
	Content string // of its first message
	TierID  int64  // 0: free
	Private bool
}

// authorFollows is what authors of a thread hear of it until they say otherwise.
var authorFollows = parley.Follow{NewMessage: true, Mention: true, Reply: true}

// CreateThread starts a main thread with its first message.
func (a *App) CreateThread(ctx context.Context, v parley.Viewer, in NewThread, idem Idempotency) (parley.Thread, error) {
	title, err := parley.CheckTitle(in.Title)
	if err != nil {
		return parley.Thread{}, err
	}
	d, err := a.compose(ctx, v.ID, in.Content)
	if err != nil {
		return parley.Thread{}, err
	}
	id, err := a.create(ctx, v.ID, idem, func(tx *store.Tx, v parley.Viewer) (int64, error) {
		if err := d.checkNewcomer(tx, v, false); err != nil {
			return 0, err
		}
		access, err := accessOfNew(tx, v, in)
		if err != nil {
			return 0, err
		}
		thread := store.NewThread{Title: title, AuthorID: v.ID, Access: access, TierID: in.TierID}
		id, _, err := startThread(tx, v, thread, d, access)
		tx.Append(parley.ThreadCreated{ThreadID: id})
		return id, err
	})
	if err != nil {
		return parley.Thread{}, err
	}
	return a.Thread(ctx, v, id)
}

// accessOfNew decides whether v may start this thread, and says who may see it.
func accessOfNew(tx *store.Tx, v parley.Viewer, in NewThread) (parley.Access, error) {
	community, err := tx.Community()
	if err != nil {
		return parley.Access{}, err
	}
	if !community.ThreadCreation.Allows(v) {
		return parley.Access{}, parley.Errorf(parley.Forbidden, "You may not start threads in this community.")
	}
	if (in.Private || in.TierID != 0) && !v.Staff() {
		return parley.Access{}, parley.Errorf(parley.Forbidden, "Only the creator and the team may restrict who sees a thread.")
	}
	cents, err := tierAmount(&tx.Snapshot, in.TierID)
	return parley.Access{Private: in.Private, MinTierCents: cents}, err
}

// tierAmount returns what a tier asks for; 0 is free.
func tierAmount(s *store.Snapshot, id int64) (int64, error) {
	if id == 0 {
		return 0, nil
	}
	tier, found, err := s.Tier(id)
	if err == nil && (!found || !tier.Active) {
		err = parley.Errorf(parley.Invalid, "There is no active tier with the id %d.", id)
	}
	return tier.AmountCents, err
}

// startThread stores a thread with its first message and its author as follower;
// access is what the thread asks of its readers, its parent's included.
func startThread(tx *store.Tx, v parley.Viewer, t store.NewThread, d draft, access parley.Access) (id, messageID int64, err error) {
	if err := d.checkSpecials(v); err != nil {
		return 0, 0, err
	}
	if id, err = tx.InsertThread(t); err != nil {
		return 0, 0, err
	}
	if messageID, err = tx.InsertMessage(id, v.ID, 0, d.text); err != nil {
		return 0, 0, err
	}
	if err = d.show(tx, messageID, v.ID); err != nil {
		return 0, 0, err
	}
	if err = tx.FollowUnlessFollowing(id, v.ID, authorFollows); err != nil {
		return 0, 0, err
	}
	tx.Append(parley.MessagePosted{ThreadID: id, MessageID: messageID})
	state := store.ThreadState{ID: id, Kind: parley.MainThread, Access: access}
	if t.ParentThreadID != 0 {
		state.Kind = parley.SubThread
	}
	return id, messageID, d.notify(tx, state, messageID, v)
}

// CreateSubThread starts a thread from a message of a main thread. It is as open
// as its parent.
func (a *App) CreateSubThread(ctx context.Context, v parley.Viewer, messageID int64, title, content string, idem Idempotency) (parley.Thread, error) {
	title, err := parley.CheckTitle(title)
	if err != nil {
		return parley.Thread{}, err
	}
	d, err := a.compose(ctx, v.ID, content)
	if err != nil {
		return parley.Thread{}, err
	}
	var notified int64
	id, err := a.create(ctx, v.ID, idem, func(tx *store.Tx, v parley.Viewer) (id int64, err error) {
		notified = 0
		if err := d.checkNewcomer(tx, v, false); err != nil {
			return 0, err
		}
		source, parent, err := readableMessage(&tx.Snapshot, v, messageID)
		if err != nil {
			return 0, err
		}
		if parent.Kind != parley.MainThread {
			return 0, parley.Errorf(parley.Invalid, "A thread can only grow out of a message of a main thread.")
		}
		id, notified, err = startSubThread(tx, v, title, d, source, parent)
		return id, err
	})
	if err != nil {
		return parley.Thread{}, err
	}
	if notified != 0 {
		a.pushCounts(ctx, notified, id, 0)
	}
	return a.Thread(ctx, v, id)
}

// startSubThread starts a thread from the message source and tells its author,
// whose id it returns, 0 if nobody was told.
func startSubThread(tx *store.Tx, v parley.Viewer, title string, d draft, source store.MessageState, parent store.ThreadState) (id, notified int64, err error) {
	id, first, err := startThread(tx, v, store.NewThread{
		Title: title, AuthorID: v.ID, ParentThreadID: parent.ID, ParentMessageID: source.ID,
		Access: parent.Own, TierID: parent.TierID,
	}, d, parent.Access)
	if err != nil {
		return 0, 0, err
	}
	tx.Append(
		parley.SubThreadCounted{ThreadID: parent.ID, MessageID: source.ID, SubThreadID: id},
		parley.SubThreadCreated{ThreadID: id, ParentThreadID: parent.ID, ParentMessageID: source.ID},
	)
	if source.Hidden {
		// What was just told quotes nothing of it: those who see it look again.
		tx.Append(parley.ThreadsChanged{ThreadIDs: []int64{id}, Access: parent.Access})
	}
	author, hears, err := hearer(tx, parent, source.AuthorID)
	if err != nil || author.ID == v.ID || !hears || d.mentions(author) {
		return id, 0, err // one message tells a person once, of the mention if there is one
	}
	if d.callsEveryone() {
		if reached, err := tx.Reached(first, author.ID); err != nil || reached {
			return id, 0, err
		}
	}
	_, err = tx.Notify(store.NewNotification{
		UserID: author.ID, Kind: parley.NotifySubThread, SenderID: v.ID, ThreadID: id, MessageID: first,
	})
	return id, author.ID, err
}

// SubThreads returns the threads that grew out of a message and that v may see.
func (a *App) SubThreads(ctx context.Context, v parley.Viewer, messageID int64) (threads []parley.Thread, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		if _, _, err := readableMessage(s, v, messageID); err != nil {
			return err
		}
		threads, err = s.Threads(v, store.ThreadFilter{Source: messageID, Limit: maxSubThreads})
		return err
	})
	return threads, err
}

// maxSubThreads bounds the list of threads that grew out of one message.
const maxSubThreads = 200

// SubThreadCount returns how many of them there are.
func (a *App) SubThreadCount(ctx context.Context, v parley.Viewer, messageID int64) (n int64, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		if _, _, err := readableMessage(s, v, messageID); err != nil {
			return err
		}
		n, err = s.CountSubThreads(v, messageID)
		return err
	})
	return n, err
}

// CheckTyping returns nil if v may be seen to type in a thread, or to have stopped, else
// the error that tells v why not.
func (a *App) CheckTyping(ctx context.Context, v parley.Viewer, id int64, is bool) error {
	return a.store.View(ctx, func(s *store.Snapshot) error {
		if is {
			if err := checkSilence(s, v); err != nil {
				return err
			}
		}
		_, err := readable(s, v, id)
		return err
	})
}

// MessageCount returns how many messages a thread has.
func (a *App) MessageCount(ctx context.Context, v parley.Viewer, id int64) (n int64, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		t, err := readable(s, v, id)
		n = t.MessageCount
		return err
	})
	return n, err
}

// TierInfo tells which membership a thread asks for, and whether v has it. It
// answers those who cannot see the thread too, unless it is private.
func (a *App) TierInfo(ctx context.Context, v parley.Viewer, id int64) (info parley.TierInfo, canAccess bool, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		t, found, err := s.Thread(v, id)
		if err == nil && (!found || t.IsPrivate && !t.CanAccess) {
			err = parley.ErrThreadNotFound
		}
		info, canAccess = t.TierInfo, t.CanAccess
		return err
	})
	return info, canAccess, err
}

// Hierarchy is where a thread stands among others, and what v may do with it.
type Hierarchy struct {
	ThreadType         parley.ThreadType     `json:"thread_type"`
	CanDelete          bool                  `json:"can_delete"`
	CanManage          bool                  `json:"can_manage"`
	IsFollowing        bool                  `json:"is_following"`
	FollowerCount      int64                 `json:"follower_count"`
	ParentMessage      *parley.SourceMessage `json:"parent_message"`
	CreatedFromMessage *parley.SourceMessage `json:"created_from_message"`
}

// Hierarchy returns where a thread stands among others.
func (a *App) Hierarchy(ctx context.Context, v parley.Viewer, id int64) (Hierarchy, error) {
	t, err := a.Thread(ctx, v, id)
	return Hierarchy{
		ThreadType: t.ThreadType, CanDelete: t.CanDelete, CanManage: t.CanManage, IsFollowing: t.IsFollowing,
		FollowerCount: t.FollowerCount, ParentMessage: t.CreatedFromMessage, CreatedFromMessage: t.CreatedFromMessage,
	}, err
}
