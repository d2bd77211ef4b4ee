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
		r.threads[e.ThreadID] = true
	case parley.CallsChanged:
		r.threads[e.ThreadID] = true
	case parley.ThreadDeleted:
		r.noteChanged(e.ThreadID, e.Access)
	case parley.ThreadsChanged:
		for _, id := range e.ThreadIDs {
			r.noteChanged(id, e.Access)
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

// noteChanged takes note of a thread that an access let see. r.mu is held.
func (r *recounts) noteChanged(thread int64, access parley.Access) {
	if earlier, waits := r.changed[thread]; waits {
		access = access.Or(earlier)
	}
	r.changed[thread] = access
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

func (r *recounts) takeCalls() (calls []committedCall, threads []int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls, threads = r.calls, slices.Sorted(maps.Keys(r.threads))
	r.calls = nil
	clear(r.threads)
	return calls, threads
}

// putBackCalls has threads in which calls changed wait again.
func (r *recounts) putBackCalls(threads []int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range threads {
		r.threads[id] = true
	}
}

func (r *recounts) takeChanged() map[int64]parley.Access {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed := r.changed
	r.changed = make(map[int64]parley.Access)
	return changed
}

// putBackChanged has threads wait again that were taken.
func (r *recounts) putBackChanged(changed map[int64]parley.Access) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, access := range changed {
		r.noteChanged(id, access)
	}
}

// recountCalls publishes the calls that wait and sends everybody here what they have
// not read after them, all read at once.
func (a *App) recountCalls(ctx context.Context, hub Publisher) error {
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
	if len(threads) == 0 {
		return nil
	}
	err := a.sendCountsOf(ctx, hub, connectedUsers(hub), threads)
	if err != nil {
		a.recounts.putBackCalls(threads)
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
		a.recounts.putBackChanged(before)
	}
	return err
}
