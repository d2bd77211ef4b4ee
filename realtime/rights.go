package realtime

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	applyTimeout = 5 * time.Second
	applyRetry   = 50 * time.Millisecond // the first pause after a failure; each is twice the one before
	applyPause   = 2 * time.Second       // the longest
)

// rights knows how far the control channel has been applied, and has it applied further.
//
// The gate is held while the authority applies and while a connection is registered. So a
// registration either comes first, and the authority meets the new connection on its walk, or finds
// that more has been applied than its snapshot knew of, and reads another one: no change of rights
// falls between snapshot and registration.
type rights struct {
	hub       *Hub
	authority Authority
	gate      chan struct{} // cap 1
	applied   atomic.Uint64 // grows only while the gate is held
	wake      chan struct{} // cap 1

	mu         sync.Mutex
	generation string // of the log that positions belong to
	wanted     uint64
	held       map[*channel]struct{} // channels that wait with an event
	raised     chan struct{}         // closed and replaced when applied grows
}

func newRights(h *Hub, a Authority) *rights {
	return &rights{
		hub: h, authority: a, generation: h.generation,
		gate:   make(chan struct{}, 1),
		wake:   make(chan struct{}, 1),
		held:   make(map[*channel]struct{}),
		raised: make(chan struct{}),
	}
}

// covers reports whether an event with that barrier may be delivered.
func (r *rights) covers(barrier uint64) bool {
	return r.authority == nil || barrier <= r.applied.Load()
}

// current reports whether a snapshot that showed the control channel up to a position shows all
// that has been applied.
func (r *rights) current(position uint64) bool {
	return r.authority == nil || position >= r.applied.Load()
}

// known returns the newest position that is applied or wanted.
func (r *rights) known() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(r.wanted, r.applied.Load())
}

// want has the control channel applied up to a position.
func (r *rights) want(position uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted = max(r.wanted, position)
	signal(r.wake)
}

// hold has it applied up to what an event of the channel needs, and the channel advanced
// thereafter. What is left of a channel of another generation waits for ever: its numbers mean
// nothing any more.
func (r *rights) hold(ch *channel, barrier uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ch.generation == r.generation {
		r.held[ch] = struct{}{}
		r.wanted = max(r.wanted, barrier)
		signal(r.wake)
	}
}

// reach waits until a position that is wanted has been applied.
func (r *rights) reach(ctx context.Context, position uint64) error {
	for {
		r.mu.Lock()
		raised := r.raised
		r.mu.Unlock()
		if r.covers(position) {
			return nil
		}
		select {
		case <-raised:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// enter takes the gate; the caller gives it back with leave.
func (r *rights) enter(ctx context.Context) error {
	select {
	case r.gate <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *rights) leave() { <-r.gate }

// raise notes that everything up to a position has been applied. The gate is held.
func (r *rights) raise(position uint64) {
	if position <= r.applied.Load() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.applied.Store(position)
	close(r.raised)
	r.raised = make(chan struct{})
	signal(r.wake)
}

// settle waits until everything wanted by now has been applied.
func (r *rights) settle(ctx context.Context) error {
	r.mu.Lock()
	wanted := r.wanted
	r.mu.Unlock()
	return r.reach(ctx, wanted)
}

// reset forgets the positions of another generation of the log. The gate is held.
func (r *rights) reset(generation string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.generation = generation
	r.applied.Store(0)
	r.wanted = 0
	clear(r.held)
}

// run applies what is wanted until ctx ends.
func (r *rights) run(ctx context.Context) {
	pause := applyRetry
	for {
		var retry <-chan time.Time
		wake := r.wake
		if err := r.apply(ctx); err != nil {
			if ctx.Err() == nil {
				r.hub.log.Warn("realtime: applying rights failed; events wait", "err", err)
			}
			retry, wake = time.After(pause), nil
			pause = min(2*pause, applyPause)
		} else {
			pause = applyRetry
		}
		r.release()
		select {
		case <-wake:
		case <-retry:
		case <-ctx.Done():
			return
		}
	}
}

// apply brings the connections up to date with what is wanted.
func (r *rights) apply(ctx context.Context) error {
	if err := r.enter(ctx); err != nil {
		return nil // the hub stops
	}
	defer r.leave()
	r.mu.Lock()
	wanted := r.wanted
	r.mu.Unlock()
	if r.covers(wanted) {
		return nil
	}
	if r.hub.empty() { // there is nobody whose rights could be out of date
		r.raise(wanted)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, applyTimeout)
	defer cancel()
	applied, err := r.authority.Apply(ctx, r.applied.Load())
	if err != nil {
		return err
	}
	r.raise(applied)
	if applied < wanted {
		return fmt.Errorf("authority reached %d of %d", applied, wanted)
	}
	return nil
}

// release lets the channels go on that waited.
func (r *rights) release() {
	r.mu.Lock()
	held := r.held
	r.held = make(map[*channel]struct{})
	r.mu.Unlock()
	for ch := range held {
		ch.mu.Lock()
		ch.advance()
		ch.mu.Unlock()
	}
}
