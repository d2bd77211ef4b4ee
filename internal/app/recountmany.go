package app

import (
	"context"
	"maps"
	"slices"
	"time"

	"parley"
	"parley/internal/store"
	"parley/realtime"
)

// maxSeen bounds the events that are remembered. Who forgets one counts once more.
const maxSeen = 1024

// everybody takes note of an event after which many people's counts may be other ones:
// committed here, or read from the log, by whatever replica it is; and once, as who
// comes back reads it again. It does not block.
func (r *recounts) everybody(l store.Logged) {
	if l.Channel != parley.ForumChannel {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[l.Seq] {
		return
	}
	switch e := l.Event.(type) {
	case parley.Called:
		noteAccess(r.threads, e.ThreadID, parley.Access{Private: true}) // nobody could see it who cannot now
	case parley.CallsChanged:
		before := parley.Access{}
		if e.Access != nil {
			before = *e.Access
		}
		noteAccess(r.threads, e.ThreadID, before)
	case parley.ThreadDeleted:
		noteAccess(r.changed, e.ThreadID, e.Access)
	case parley.ThreadsChanged:
		for _, id := range e.ThreadIDs {
			noteAccess(r.changed, id, e.Access)
		}
	default:
		return
	}
	if len(r.seen) == maxSeen {
		clear(r.seen)
	}
	r.seen[l.Seq] = true
	r.stir()
}

// noteAccess takes note of a thread that an access let see.
func noteAccess(threads map[int64]parley.Access, thread int64, access parley.Access) {
	if earlier, waits := threads[thread]; waits {
		access = access.Or(earlier)
	}
	threads[thread] = access
}

// committedCall is the event of a call that was committed here at a time.
type committedCall struct {
	store.Logged
	at time.Time
}

// publish takes note of the event of a call that was committed at a time and is to be
// published.
func (r *recounts) publish(l store.Logged, committed time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, committedCall{l, committed})
	r.stir()
}

func (r *recounts) takeCalls() (calls []committedCall, before map[int64]parley.Access) {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls, before = r.calls, r.threads
	r.calls, r.threads = nil, make(map[int64]parley.Access)
	return calls, before
}

func (r *recounts) takeChanged() map[int64]parley.Access {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed := r.changed
	r.changed = make(map[int64]parley.Access)
	return changed
}

// putBackThreads has threads wait again that were taken: in which calls changed, and that
// changed.
func (r *recounts) putBackThreads(called, changed map[int64]parley.Access) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, access := range called {
		noteAccess(r.threads, id, access)
	}
	for id, access := range changed {
		noteAccess(r.changed, id, access)
	}
}

// recountCalls publishes the calls that wait and sends those here who see their threads,
// or could, what they have not read after them, all read at once. For others even the
// count they know would tell that something happened there.
func (a *App) recountCalls(ctx context.Context, hub Publisher) error {
	calls, before := a.recounts.takeCalls()
	for _, c := range calls {
		logged := []store.Logged{c.Logged}
		var events []realtime.Event
		err := a.store.View(ctx, func(s *store.Snapshot) (err error) {
			events, err = newRenderer(s, 0).all(logged)
			return err
		})
		a.publish(ctx, logged, events, c.at, err)
	}
	if len(before) == 0 {
		return nil
	}
	err := a.sendConcerned(ctx, hub, connectedUsers(hub), slices.Sorted(maps.Keys(before)), before)
	if err != nil {
		a.recounts.putBackThreads(before, nil)
	}
	return err
}

// recountChanged sends people here what they have not read of threads that may have
// been closed to some, or are gone, if they had anything to read there, and could or
// can see it.
func (a *App) recountChanged(ctx context.Context, hub Publisher) error {
	before := a.recounts.takeChanged()
	if len(before) == 0 {
		return nil
	}
	threads := slices.Sorted(maps.Keys(before))
	var users []int64
	err := a.store.View(ctx, func(s *store.Snapshot) (err error) {
		users, err = s.UnreadersOf(threads)
		return err
	})
	users = slices.DeleteFunc(users, func(id int64) bool { return !hub.Connected(userKey(id)) })
	if err == nil {
		err = a.sendConcerned(ctx, hub, users, threads, before)
	}
	if err != nil {
		a.recounts.putBackThreads(nil, before)
	}
	return err
}
