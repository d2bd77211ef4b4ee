package app

import (
	"context"
	"encoding/json"
	"errors"
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
}

// concerns reports whether v may be told of the change: whoever can see the thread.
// Others may have unread notifications of it from better times; they count for
// nothing, and a frame would tell that something happened there.
func (r recount) concerns(s *store.Snapshot, v parley.Viewer) (bool, error) {
	if r.ThreadID == 0 {
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
	// The change is made, whether or not somebody still waits for the answer.
	if err := a.sendCounts(context.WithoutCancel(ctx), *hub, r); err != nil {
		a.logger.WarnContext(ctx, "counts left for the next look", "user", r.UserID, "error", err)
	}
}

// recounts are those that other replicas told of, and that are still to be done here.
type recounts struct {
	wake chan struct{} // cap 1

	mu      sync.Mutex
	waiting map[recount]int64 // how many were marked read, by the change without that

	calls   []committedCall         // that are to be published
	threads map[int64]parley.Access // calls in them changed: who sees them is to be told, and who could before
	changed map[int64]parley.Access // threads that may have been closed to some, or are gone, and who could see them
	seen    map[uint64]bool         // the events that said so
}

// maxRecounts bounds those that wait. Beyond, sockets learn of it from recountUnheard.
const maxRecounts = 10_000

func newRecounts() *recounts {
	return &recounts{
		wake: make(chan struct{}, 1), waiting: make(map[recount]int64), threads: make(map[int64]parley.Access),
		changed: make(map[int64]parley.Access), seen: make(map[uint64]bool),
	}
}

// hear takes note of what another replica told. It does not block.
func (r *recounts) hear(g realtime.Gossip) {
	var told recount
	if json.Unmarshal(g.Message, &told) != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	marked := told.Marked
	told.Marked = 0
	if _, waits := r.waiting[told]; !waits && len(r.waiting) >= maxRecounts {
		return
	}
	r.waiting[told] += marked
	r.stir()
}

// RightsChanged takes note of people here whose rights are other ones now: what is
// unread comes and goes with the threads. It does not block.
func (a *App) RightsChanged(userIDs ...int64) {
	a.recounts.mu.Lock()
	defer a.recounts.mu.Unlock()
	for _, id := range userIDs {
		a.recounts.waiting[recount{UserID: id, Total: true}] = 0
	}
	a.recounts.stir()
}

// stir wakes whoever does what waits. r.mu is held.
func (r *recounts) stir() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *recounts) take() map[recount]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting := r.waiting
	r.waiting = make(map[recount]int64)
	return waiting
}

// putBack has what was taken wait again.
func (r *recounts) putBack(waiting map[recount]int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for of, marked := range waiting {
		r.waiting[of] += marked
	}
}

// recountHeard sends sockets here what changed elsewhere, and for everybody, until
// ctx ends. What could not be read is tried again: most of it nobody else would miss.
func (a *App) recountHeard(ctx context.Context) {
	for {
		var again <-chan time.Time
		if err := a.recountAll(ctx); err != nil {
			a.warn(ctx, err, "counts not sent, will try again")
			again = time.After(unheardInterval)
		}
		select {
		case <-a.recounts.wake:
		case <-again:
		case <-ctx.Done():
			return
		}
	}
}

// recountAll does what waits. What fails waits on.
func (a *App) recountAll(ctx context.Context) error {
	hub := a.hub.Load()
	if hub == nil {
		return nil
	}
	return errors.Join(a.recountCalls(ctx, *hub), a.recountChanged(ctx, *hub), a.recountEach(ctx, *hub))
}

// recountEach sends people here what changed for each of them.
func (a *App) recountEach(ctx context.Context, hub Publisher) error {
	waiting := a.recounts.take()
	for r, marked := range waiting {
		change := r
		change.Marked = marked
		if err := a.sendCounts(ctx, hub, change); err != nil {
			a.recounts.putBack(waiting)
			return err
		}
		delete(waiting, r)
	}
	return nil
}

// sendConcerned sends those of some people on this replica what they have not read of
// some threads who can see one of them, or could when it asked what before says.
func (a *App) sendConcerned(ctx context.Context, hub Publisher, users, threads []int64, before map[int64]parley.Access) error {
	return a.eachUnread(ctx, users, threads, before, func(user int64, u store.Unread) {
		if len(u.Threads) > 0 { // see recount.concerns
			a.sendUnread(hub, user, u)
		}
	})
}

// tellAllCounts sends several users' sockets, on all replicas, what they have not read
// of several threads, and in sum: those of them who can see one of the threads. However
// many there are, what is unread is read of all at once.
func (a *App) tellAllCounts(ctx context.Context, users, threads []int64) {
	hub := a.hub.Load()
	if hub == nil {
		return
	}
	users, threads = distinct(users), distinct(threads)
	var here []int64
	for _, user := range users {
		for _, thread := range threads {
			if text, err := encode(recount{UserID: user, ThreadID: thread}); err == nil { // which it always is
				(*hub).Gossip(string(parley.UserChannel(user)), countsTopic, text)
			}
		}
		if (*hub).Connected(userKey(user)) {
			here = append(here, user)
		}
	}
	if err := a.sendConcerned(context.WithoutCancel(ctx), *hub, here, threads, nil); err != nil {
		a.logger.WarnContext(ctx, "counts left for the next look", "users", len(here), "error", err)
	}
}

// distinct returns ids in order, each once.
func distinct(ids []int64) []int64 {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// eachUnread reads what many people have not read, see store.Snapshot.UnreadOf, and
// has it sent in their turns.
func (a *App) eachUnread(ctx context.Context, users, threads []int64, before map[int64]parley.Access, send func(int64, store.Unread)) error {
	if len(users) == 0 {
		return nil
	}
	defer a.takeTurns(users)()
	var unread map[int64]store.Unread
	err := a.store.View(ctx, func(s *store.Snapshot) (err error) {
		unread, err = s.UnreadOf(users, threads, before)
		return err
	})
	if err != nil {
		return err
	}
	for user, u := range unread {
		send(user, u)
	}
	return nil
}

func (a *App) sendUnread(hub Publisher, user int64, u store.Unread) {
	a.sendTotal(hub, user, Count{u.Total, u.Version.Sum()})
	for thread, n := range u.Threads {
		frame := allRead(u)
		frame.ThreadID, frame.ThreadUnreadCount = &thread, n
		a.sendUnreadCount(hub, user, frame)
		a.unheard.note(user, thread, u.Version.Own)
	}
}

// allRead shows what is unread after everything was read.
func allRead(u store.Unread) parley.UnreadCountFrame {
	return parley.UnreadCountFrame{Type: "unread_count_updated", TotalForumUnread: u.Total, CountVersion: u.Version.Sum()}
}

func (a *App) sendUnreadCount(hub Publisher, user int64, frame parley.UnreadCountFrame) {
	thread := int64(0)
	if frame.ThreadID != nil {
		thread = *frame.ThreadID
	}
	a.sendState(hub, user, "unread:"+userKey(thread), frame)
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
