package app

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"

	"parley"
	"parley/internal/store"
)

// unheard finds the counts that changed while whoever changed them could not tell of
// it here: the bus was away, on either side, or lost something, or they have none.
// What sockets here were sent meanwhile is left out.
type unheard struct {
	cursor uint64      // how far the changes have been read; of recountUnheard alone, as is
	looked parley.Time // when that was

	mu   sync.Mutex
	sent map[sentCount]int64 // which version of the user's own
}

// sentCount is what somebody's sockets here were sent.
type sentCount struct {
	userID   int64
	threadID int64 // 0: of all threads
}

// maxSent bounds what is remembered. Who is forgotten may be sent a count twice.
const maxSent = 1 << 16

// note remembers what was sent, as of a version.
func (u *unheard) note(userID, threadID, version int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.sent == nil || len(u.sent) == maxSent {
		u.sent = make(map[sentCount]int64)
	}
	of := sentCount{userID, threadID}
	u.sent[of] = max(u.sent[of], version)
}

func (u *unheard) knows(r store.Recount) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	version, known := u.sent[sentCount{r.UserID, r.ThreadID}]
	return known && version >= r.Version
}

// unheardFor is after which time without a look changes may have been forgotten, well
// before they are, see heardRecounts.
const unheardFor = pruneInterval / 2

// heardRecounts returns up to where whoever looks has seen the changes of counts, if not
// for unheardFor: where the pruning before began, which is its period ago; and where the
// log is now.
func (a *App) heardRecounts(ctx context.Context) (heard, now uint64, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		last, _, err := s.Chore(prune)
		if err != nil {
			return err
		}
		if _, now, err = s.Since(0); err != nil {
			return err
		}
		// Nothing before the first time. One beyond the log is of the server that a dump came from.
		if heard, err = strconv.ParseUint(last.Result, 10, 64); err != nil || heard > now {
			heard = 0
		}
		return nil
	})
	return heard, now, err
}

// recountUnheard sends sockets here the counts that changed since it last looked, and
// that they have not been sent. At first, and if that was too long ago, it sends all who
// are there theirs: some may have changed since they came.
func (a *App) recountUnheard(ctx context.Context) {
	hub := a.hub.Load()
	if hub == nil {
		return
	}
	var changed []store.Recount
	var next uint64
	var now parley.Time
	err := a.store.View(ctx, func(s *store.Snapshot) (err error) {
		if now = s.Now(); now.Sub(a.unheard.looked) > unheardFor {
			a.unheard.cursor = 0
		}
		changed, next, err = s.RecountsSince(a.unheard.cursor)
		return err
	})
	switch {
	case err != nil:
	case a.unheard.cursor == 0:
		err = a.eachUnread(ctx, connectedUsers(*hub), nil, nil, func(user int64, u store.Unread) { a.sendUnread(*hub, user, u) })
	default:
		err = a.sendUnheard(ctx, *hub, changed)
	}
	if err != nil {
		a.warn(ctx, err, "changes of counts not looked up, will try again")
		return
	}
	a.unheard.cursor, a.unheard.looked = next, now
}

// sendUnheard sends those of some changes to sockets here that nobody told of.
func (a *App) sendUnheard(ctx context.Context, hub Publisher, changed []store.Recount) error {
	of := map[int64]map[int64]bool{} // threads, by user
	threads := map[int64]bool{}
	for _, r := range changed {
		if !hub.Connected(userKey(r.UserID)) || a.unheard.knows(r) {
			continue
		}
		if of[r.UserID] == nil {
			of[r.UserID] = map[int64]bool{}
		}
		of[r.UserID][r.ThreadID] = true
		if r.ThreadID != 0 {
			threads[r.ThreadID] = true
		}
	}
	users, all := slices.Sorted(maps.Keys(of)), slices.Sorted(maps.Keys(threads))
	return a.eachUnread(ctx, users, all, nil, func(user int64, u store.Unread) {
		for thread := range of[user] {
			a.unheard.note(user, thread, u.Version.Own) // also what they cannot see
		}
		maps.DeleteFunc(u.Threads, func(thread, _ int64) bool { return !of[user][thread] })
		if of[user][0] { // first: what came into a thread since is told after it
			a.sendTotal(hub, user, Count{u.Total, u.Version.Sum()})
			a.sendUnreadCount(hub, user, allRead(u))
		}
		if len(u.Threads) > 0 { // see recount.concerns
			a.sendUnread(hub, user, u)
		}
	})
}
