package app

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"parley"
	"parley/internal/store"
	"parley/realtime"
)

// countsTopic is what replicas tell each other of changes of people's counts under.
//
// They tell that a count changed, not the count: each replica that has sockets of the
// person reads it by itself, one after another, and so never sends an older count
// behind a newer one.
const countsTopic = "counts"

// recount is a change of what somebody has not read.
type recount struct {
	UserID   int64 `json:"user_id"`
	ThreadID int64 `json:"thread_id,omitempty"` // 0: of all threads
	Marked   int64 `json:"marked,omitempty"`    // how many were marked read
	Total    bool  `json:"total,omitempty"`     // of interest in sum alone

	Closed bool          `json:"closed,omitempty"` // the thread's access changed, or it is gone
	Before parley.Access `json:"before,omitzero"`  // its access until then
}

// concerns reports whether v may be told of the change: whoever can see the thread, or
// could until now. Others may have unread notifications of it from better times; they
// count for nothing, and a frame would tell that something happened there.
func (r recount) concerns(s *store.Snapshot, v parley.Viewer) (bool, error) {
	if r.ThreadID == 0 || r.Closed && r.Before.Admits(v) {
		return true, nil
	}
	t, found, err := s.ThreadState(r.ThreadID)
	return found && t.Access.Admits(v), err
}

// tellCounts sends a user's sockets, on all replicas, what they have not read.
func (a *App) tellCounts(ctx context.Context, r recount) {
	hub := a.hub.Load()
	if hub == nil {
		return
	}
	if text, err := encode(r); err == nil { // which it always is
		(*hub).Gossip(string(parley.UserChannel(r.UserID)), countsTopic, text)
	}
	a.sendCounts(ctx, *hub, r)
}

// recounts are those that other replicas told of, and that are still to be done here.
type recounts struct {
	wake chan struct{} // cap 1

	mu      sync.Mutex
	waiting map[recount]int64 // how many were marked read, by the change without that

	calls   []committedCall // that are to be published
	threads map[int64]bool  // calls in them changed: everybody here is to be told
	seen    map[uint64]bool // the events that said so
}

// maxRecounts bounds those that wait. Beyond, sockets learn of it with the next change.
const maxRecounts = 10_000

func newRecounts() *recounts {
	return &recounts{
		wake: make(chan struct{}, 1), waiting: make(map[recount]int64), threads: make(map[int64]bool), seen: make(map[uint64]bool),
	}
}

// hear takes note of what another replica told. It does not block.
func (r *recounts) hear(g realtime.Gossip) {
	var told recount
	if json.Unmarshal(g.Message, &told) != nil {
		return
	}
	marked := told.Marked
	told.Marked = 0
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, waits := r.waiting[told]; !waits && len(r.waiting) >= maxRecounts {
		return
	}
	r.waiting[told] += marked
	r.stir()
}

// stir wakes whoever does what waits. r.mu is held.
func (r *recounts) stir() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// maxSeen bounds the events that are remembered. Who forgets one counts once more.
const maxSeen = 1024

// everybody takes note of an event after which everybody's counts may be other ones:
// committed here, or read from the log, by whatever replica it is; and once, as who
// comes back reads it again. It does not block.
func (r *recounts) everybody(l store.Logged) {
	var thread int64
	switch e := l.Event.(type) {
	case parley.Called:
		thread = e.ThreadID
	case parley.CallsChanged:
		thread = e.ThreadID
	default:
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[l.Seq] {
		return
	}
	if len(r.seen) == maxSeen {
		clear(r.seen)
	}
	r.seen[l.Seq], r.threads[thread] = true, true
	r.stir()
}

// committedCall is the event of a call that was committed here at a time.
type committedCall struct {
	store.Logged
	at time.Time
}

// publish takes note of the event of a call that was committed now and is to be
// published.
func (r *recounts) publish(l store.Logged) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, committedCall{l, time.Now()})
	r.stir()
}

func (r *recounts) takeCalls() (calls []committedCall, threads []int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls, threads = r.calls, slices.Sorted(maps.Keys(r.threads))
	r.calls = nil
	clear(r.threads)
	return calls, threads
}

func (r *recounts) take() map[recount]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting := r.waiting
	r.waiting = make(map[recount]int64)
	return waiting
}

// recountHeard sends sockets here what changed elsewhere, and for everybody, until
// ctx ends.
func (a *App) recountHeard(ctx context.Context) {
	for {
		select {
		case <-a.recounts.wake:
			a.recountAll(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// recountAll does what waits.
func (a *App) recountAll(ctx context.Context) {
	hub := a.hub.Load()
	if hub == nil {
		return
	}
	a.recountCalls(ctx, *hub)
	for r, marked := range a.recounts.take() {
		r.Marked = marked
		a.sendCounts(ctx, *hub, r)
	}
}

// recountCalls publishes the calls that wait and sends everybody here what they have
// not read after them, all read at once.
func (a *App) recountCalls(ctx context.Context, hub Publisher) {
	calls, threads := a.recounts.takeCalls()
	for _, c := range calls {
		logged := []store.Logged{c.Logged}
		var events []realtime.Event
		err := a.store.View(ctx, func(s *store.Snapshot) (err error) {
			events, err = newRenderer(s, 0).all(logged)
			return err
		})
		a.publish(ctx, logged, events, c.at, err)
	}
	if len(threads) > 0 {
		a.sendCountsOf(ctx, hub, connectedUsers(hub), threads)
	}
}

// tellAllCounts sends several users' sockets, on all replicas, what they have not read
// of several threads, and in sum: those of them who can see one of the threads. before
// is what threads asked whose access changed, or that are gone. However many there are,
// what is unread is read of all at once.
func (a *App) tellAllCounts(ctx context.Context, users, threads []int64, before map[int64]parley.Access) {
	hub := a.hub.Load()
	if hub == nil {
		return
	}
	users, threads = distinct(users), distinct(threads)
	var here []int64
	for _, user := range users {
		for _, thread := range threads {
			access, closed := before[thread]
			if text, err := encode(recount{UserID: user, ThreadID: thread, Closed: closed, Before: access}); err == nil { // which it always is
				(*hub).Gossip(string(parley.UserChannel(user)), countsTopic, text)
			}
		}
		if (*hub).Connected(userKey(user)) {
			here = append(here, user)
		}
	}
	a.eachUnread(context.WithoutCancel(ctx), here, threads, before, func(user int64, u store.Unread) {
		if len(u.Threads) > 0 { // see recount.concerns
			a.sendUnread(*hub, user, u)
		}
	})
}

// distinct returns ids in order, each once.
func distinct(ids []int64) []int64 {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// sendCountsOf sends many people's sockets on this replica what they have not read
// in all and in some threads, all read at once.
func (a *App) sendCountsOf(ctx context.Context, hub Publisher, users, threads []int64) {
	a.eachUnread(ctx, users, threads, nil, func(user int64, u store.Unread) { a.sendUnread(hub, user, u) })
}

// eachUnread reads what many people have not read, see store.Snapshot.UnreadOf, and
// has it sent in their turns.
func (a *App) eachUnread(ctx context.Context, users, threads []int64, before map[int64]parley.Access, send func(int64, store.Unread)) {
	if len(users) == 0 {
		return
	}
	defer a.takeTurns(users)()
	var unread map[int64]store.Unread
	err := a.store.View(ctx, func(s *store.Snapshot) (err error) {
		unread, err = s.UnreadOf(users, threads, before)
		return err
	})
	if err != nil {
		a.logger.WarnContext(ctx, "counts not sent", "users", len(users), "error", err)
		return
	}
	for user, u := range unread {
		send(user, u)
	}
}

func (a *App) sendUnread(hub Publisher, user int64, u store.Unread) {
	a.sendTotal(hub, user, Count{u.Total, u.Version})
	for thread, n := range u.Threads {
		a.sendState(hub, user, "unread:"+userKey(thread), parley.UnreadCountFrame{
			Type: "unread_count_updated", ThreadID: &thread, ThreadUnreadCount: n,
			TotalForumUnread: u.Total, CountVersion: u.Version,
		})
	}
}

// connectedUsers returns who has sockets here, each once.
func connectedUsers(hub Publisher) (users []int64) {
	known := map[int64]bool{}
	hub.Each(func(c *realtime.Conn) bool {
		if seat, ok := c.Value().(Seat); ok && !known[seat.Viewer.ID] {
			known[seat.Viewer.ID] = true
			users = append(users, seat.Viewer.ID)
		}
		return true
	})
	return users
}
