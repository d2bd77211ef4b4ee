package app

import (
	"context"
	"encoding/json"
	"sync"

	"parley"
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
}

// maxRecounts bounds those that wait. Beyond, sockets learn of it with the next change.
const maxRecounts = 10_000

func newRecounts() *recounts {
	return &recounts{wake: make(chan struct{}, 1), waiting: make(map[recount]int64)}
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

// recountHeard sends sockets here what changed elsewhere, until ctx ends.
func (a *App) recountHeard(ctx context.Context) {
	for {
		select {
		case <-a.recounts.wake:
		case <-ctx.Done():
			return
		}
		hub := a.hub.Load()
		for r, marked := range a.recounts.take() {
			r.Marked = marked
			a.sendCounts(ctx, *hub, r)
		}
	}
}
