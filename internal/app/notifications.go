package app

import (
	"context"
	"slices"
	"sync"

	"parley"
	"parley/internal/store"
	"parley/realtime"
)

// Count is how many notifications somebody has not read. Of two counts the one
// with the higher version is newer.
type Count struct {
	Count        int64 `json:"count"`
	CountVersion int64 `json:"count_version"`
}

func count(s *store.Snapshot, v parley.Viewer) (c Count, err error) {
	if c.Count, err = s.UnreadNotifications(v, 0); err != nil {
		return c, err
	}
	version, err := s.CountVersion(v.ID)
	c.CountVersion = version.Sum()
	return c, err
}

// NotificationCount returns how many notifications v has not read.
func (a *App) NotificationCount(ctx context.Context, v parley.Viewer) (c Count, err error) {
	err = a.viewNow(ctx, v, func(s *store.Snapshot, v parley.Viewer) error {
		c, err = count(s, v)
		return err
	})
	return c, err
}

// NotificationPage is a page of somebody's notifications.
type NotificationPage struct {
	Notifications []parley.Notification `json:"notifications" nullable:"false"`
	UnreadCount   int64                 `json:"unread_count"`
	Total         int64                 `json:"total"`
	CountVersion  int64                 `json:"count_version"`
}

// Notifications returns v's notifications before an id (0: the newest), newest
// first; skip is for clients that page by number.
func (a *App) Notifications(ctx context.Context, v parley.Viewer, before int64, skip, limit int) (page NotificationPage, err error) {
	err = a.viewNow(ctx, v, func(s *store.Snapshot, v parley.Viewer) error {
		facts, err := s.Notifications(v, before, limit, skip)
		if err != nil {
			return err
		}
		page = NotificationPage{Notifications: make([]parley.Notification, len(facts))}
		for i, f := range facts {
			page.Notifications[i] = parley.NewNotification(f, s.Now())
		}
		if page.Total, err = s.CountNotifications(v); err != nil {
			return err
		}
		c, err := count(s, v)
		page.UnreadCount, page.CountVersion = c.Count, c.CountVersion
		return err
	})
	return page, err
}

// ReadResult is what reading came to.
type ReadResult struct {
	Marked       int64 // notifications that were unread
	TotalUnread  int64 // notifications that still are, in all threads
	CountVersion int64
}

// MarkRead moves what v has read of a thread forwards to a message (0: the
// newest) and marks the notifications up to there read.
func (a *App) MarkRead(ctx context.Context, v parley.Viewer, threadID, upTo int64) (ReadResult, error) {
	return a.readNotifications(ctx, v, threadID, func(tx *store.Tx, v parley.Viewer) (int64, error) {
		// A glance: readers need not keep others from writing meanwhile.
		if _, err := readable(tx.Glance(), v, threadID); err != nil {
			return 0, err
		}
		newest, err := tx.NewestMessageID(v, threadID)
		if err != nil {
			return 0, err
		}
		position := newest
		if upTo > 0 {
			position = min(upTo, newest)
		}
		if err := tx.MoveReadPosition(v.ID, threadID, position); err != nil {
			return 0, err
		}
		return tx.ReadThread(v, threadID, position)
	})
}

// ReadNotification marks one of v's notifications read.
func (a *App) ReadNotification(ctx context.Context, v parley.Viewer, id int64) (ReadResult, error) {
	return a.changeNotification(ctx, v, id, func(tx *store.Tx, v parley.Viewer) (int64, error) { return tx.ReadNotification(v, id) })
}

// ReadAllNotifications marks all of v's notifications read.
func (a *App) ReadAllNotifications(ctx context.Context, v parley.Viewer) (ReadResult, error) {
	return a.readNotifications(ctx, v, 0, func(tx *store.Tx, v parley.Viewer) (int64, error) { return tx.ReadNotification(v, 0) })
}

// DeleteNotification removes one of v's notifications.
func (a *App) DeleteNotification(ctx context.Context, v parley.Viewer, id int64) (ReadResult, error) {
	return a.changeNotification(ctx, v, id, func(tx *store.Tx, v parley.Viewer) (int64, error) {
		unread, err := tx.ReadNotification(v, id)
		if err != nil {
			return 0, err
		}
		_, err = tx.DeleteNotification(v.ID, id)
		return unread, err
	})
}

// changeNotification changes one notification, which must be v's and visible.
func (a *App) changeNotification(ctx context.Context, v parley.Viewer, id int64, change func(*store.Tx, parley.Viewer) (int64, error)) (ReadResult, error) {
	var threadID int64
	err := a.store.View(ctx, func(s *store.Snapshot) error {
		n, found, err := s.Notification(v, id)
		if err == nil && !found {
			err = parley.Errorf(parley.NotFound, "There is no such notification.")
		}
		threadID = n.ThreadID
		return err
	})
	if err != nil {
		return ReadResult{}, err
	}
	return a.readNotifications(ctx, v, threadID, change)
}

// readNotifications runs a change of v's notifications of one thread (0: of all),
// and tells v's sockets what is unread after it.
func (a *App) readNotifications(ctx context.Context, v parley.Viewer, threadID int64, change func(*store.Tx, parley.Viewer) (int64, error)) (ReadResult, error) {
	var marked int64
	err := a.changeOwn(ctx, v.ID, func(tx *store.Tx, v parley.Viewer) (err error) {
		if marked, err = change(tx, v); err != nil || marked == 0 {
			return err
		}
		return tx.Recount([]int64{v.ID}, threadID)
	})
	if err != nil {
		return ReadResult{}, err
	}
	a.pushCounts(ctx, v.ID, threadID, marked)
	c, err := a.NotificationCount(ctx, v)
	return ReadResult{Marked: marked, TotalUnread: c.Count, CountVersion: c.CountVersion}, err
}

// pushCounts sends a user's sockets what is unread of a thread (0: of all) and
// in sum. Counts are state: they are rendered now and sent anew on every
// connection, so that one lost matters little.
func (a *App) pushCounts(ctx context.Context, userID, threadID, marked int64) {
	a.tellCounts(ctx, recount{UserID: userID, ThreadID: threadID, Marked: marked})
}

// sendCounts sends a user's sockets on this replica what they have not read.
func (a *App) sendCounts(ctx context.Context, hub Publisher, r recount) error {
	if !hub.Connected(userKey(r.UserID)) {
		return nil
	}
	// One at a time for each user: of two that read and sent at once, the older count
	// could be sent last, and clients in the field show what came last.
	defer a.takeTurn(r.UserID)()
	var u store.Unread
	var concerned bool
	frame := parley.UnreadCountFrame{Type: "unread_count_updated", MarkedReadCount: r.Marked}
	err := a.store.View(ctx, func(s *store.Snapshot) error {
		v, _, err := s.Viewer(r.UserID)
		if err != nil {
			return err
		}
		if concerned, err = r.concerns(s, v); err != nil || !concerned {
			return err
		}
		if u.Version, err = s.CountVersion(v.ID); err != nil {
			return err
		}
		if u.Total, err = s.UnreadNotifications(v, 0); err != nil || r.Total || r.ThreadID == 0 {
			return err
		}
		frame.ThreadID = &r.ThreadID
		frame.ThreadUnreadCount, err = s.UnreadNotifications(v, r.ThreadID)
		return err
	})
	if err != nil || !concerned {
		return err
	}
	a.sendTotal(hub, r.UserID, Count{u.Total, u.Version.Sum()})
	if !r.Total {
		frame.TotalForumUnread, frame.CountVersion = u.Total, u.Version.Sum()
		a.sendUnreadCount(hub, r.UserID, frame)
		a.unheard.note(r.UserID, r.ThreadID, u.Version.Own)
	}
	return nil
}

// takeTurn waits until nobody else reads and sends a user's counts, and returns what
// ends the turn.
func (a *App) takeTurn(userID int64) (end func()) {
	turn := &a.counting[userID%int64(len(a.counting))]
	turn.Lock()
	return turn.Unlock
}

// takeTurns is takeTurn for several users.
func (a *App) takeTurns(users []int64) (end func()) {
	var taken []*sync.Mutex
	for i := range a.counting { // all in one order, or two could wait for each other
		if slices.ContainsFunc(users, func(id int64) bool { return id%int64(len(a.counting)) == int64(i) }) {
			a.counting[i].Lock()
			taken = append(taken, &a.counting[i])
		}
	}
	return func() {
		for _, turn := range taken {
			turn.Unlock()
		}
	}
}

func (a *App) sendTotal(hub Publisher, userID int64, total Count) {
	a.sendState(hub, userID, "count", parley.NotificationCountFrame{
		Type: "forum_notification_count", Count: total.Count, CountVersion: total.CountVersion,
	})
}

// pushAllCounts sends several users what is unread of several threads, and in
// sum.
func (a *App) pushAllCounts(ctx context.Context, users, threadIDs []int64) {
	a.tellAllCounts(ctx, users, threadIDs)
}

func (a *App) sendState(hub Publisher, userID int64, key string, frame any) {
	text, err := encode(frame)
	if err != nil {
		a.logger.Error("state not encoded", "key", key, "error", err)
		return
	}
	hub.SendUser(userKey(userID), realtime.Message{Lane: realtime.State, Key: key, Frame: text})
}
