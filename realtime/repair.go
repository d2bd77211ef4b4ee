package realtime

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// holePatience is how long an event may be missing before the log is read for it. Committers
	// publish slightly out of order: what is ahead of its turn is nearly always followed by what it
	// waits for, and then no read is needed.
	holePatience = 20 * time.Millisecond

	// holeRetry is the pause after a read that failed.
	holeRetry = 500 * time.Millisecond
)

// holes are the channels that lack events, and when to read the log for each.
type holes struct {
	reads *reads
	wake  chan struct{} // cap 1

	mu  sync.Mutex
	due map[*channel]time.Time
}

func newHoles(r *reads) *holes {
	return &holes{reads: r, wake: make(chan struct{}, 1), due: make(map[*channel]time.Time)}
}

// add has the channel read in a moment, if it is still behind then.
func (s *holes) add(ch *channel) { s.schedule(ch, holePatience) }

// urge has it read at once.
func (s *holes) urge(ch *channel) { s.schedule(ch, 0) }

// retry has it read somewhat later.
func (s *holes) retry(ch *channel) { s.schedule(ch, holeRetry) }

func (s *holes) schedule(ch *channel, in time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := time.Now().Add(in)
	if due, scheduled := s.due[ch]; !scheduled || at.Before(due) {
		s.due[ch] = at
		signal(s.wake)
	}
}

// run requests reads until ctx ends. While there are holes it looks at all of them every few
// milliseconds, not at each change: in a storm ten thousand channels are made at once.
func (s *holes) run(ctx context.Context) {
	wake, tick := s.wake, (<-chan time.Time)(nil)
	for {
		select {
		case <-wake:
		case <-tick:
		case <-ctx.Done():
			return
		}
		wake, tick = s.wake, nil
		due, more := s.take(time.Now())
		s.reads.repair(due)
		if more {
			wake, tick = nil, time.After(holePatience/4)
		}
	}
}

// take removes what is due and reports whether anything is left.
func (s *holes) take(now time.Time) (due []*channel, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ch, at := range s.due {
		if !at.After(now) {
			due = append(due, ch)
			delete(s.due, ch)
		}
	}
	return due, len(s.due) > 0
}

// beginRead notes that the log is about to be read from after, and reports whether that answers
// unread.
func (ch *channel) beginRead(after uint64) (unread bool) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	unread = ch.unread && after <= ch.tail
	ch.unread = ch.unread && !unread
	return unread
}

// failRead takes that back.
func (ch *channel) failRead(unread bool) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.unread = ch.unread || unread
	if ch.behind() {
		ch.hub.holes.retry(ch)
	}
}

// absorb takes over what was read from the log, whoever asked: what is new fills holes, and what is
// old the ring, so that those who need it next find it there.
func (ch *channel) absorb(p page) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.head = max(ch.head, p.head)
	if p.oldest > ch.tail+1 {
		ch.lose(p.head)
	}
	repaired, gapped := uint64(0), ch.gapped()
	for _, d := range p.events {
		if ch.arrive(d) {
			repaired++
		}
		ch.drain()
	}
	if repaired > 0 {
		ch.hub.repairs.Add(1)
		if gapped {
			ch.hub.gaps.Add(1)
		}
		ch.hub.repaired.Add(repaired)
	}
	ch.remember(p)
	ch.advance()
}

// remember extends the ring backwards with a page that reaches up to it, unless the page shows what
// has been rewritten since, or what the authority has not allowed yet.
func (ch *channel) remember(p page) {
	if p.head < ch.rewritten || ch.ring.before <= p.after {
		return
	}
	n := ch.ring.before - p.after
	if n > uint64(len(p.events)) {
		return
	}
	older := p.events[:n]
	kept := 0
	for i, d := range older {
		if !ch.hub.rights.covers(d.barrier) {
			return
		}
		if d.fresh {
			kept = i + 1
		}
	}
	ch.ring.extend(older[kept:])
}

// lacking returns after which event the log should be read now, if it should.
func (ch *channel) lacking() (after uint64, behind bool) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	return ch.tail, ch.behind()
}

// settle waits until the events known by now, and those the log has beyond, are queued for
// everybody.
func (ch *channel) settle(ctx context.Context) error {
	ch.mu.Lock()
	known := ch.head
	ch.mu.Unlock()
	if err := ch.reach(ctx, known); err != nil {
		return err
	}
	ch.mu.Lock()
	groups := slices.Clone(ch.fanouts)
	ch.mu.Unlock()
	for _, g := range groups {
		if err := g.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// reach waits until the events up to known, and those the log has beyond, have left in their order.
func (ch *channel) reach(ctx context.Context, known uint64) error {
	for {
		ch.mu.Lock()
		ch.drain()
		blocked, after := ch.pending[ch.pos+1], ch.tail
		settled := ch.pos >= known && !ch.unread
		ch.mu.Unlock()
		var err error
		switch {
		case settled:
			return nil
		case blocked != nil:
			err = ch.hub.rights.reach(ctx, blocked.barrier)
		default:
			err = ch.hub.reads.request(ch, after, pageLimit).wait(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// lose gives up on events that were pruned from the log before the hub had them. Those who needed
// them come back and start anew. ch.mu is held.
func (ch *channel) lose(head uint64) {
	for _, g := range ch.fanouts {
		for _, s := range g.subs {
			s.conn.shut(CloseInterrupted)
		}
	}
	ch.pos, ch.tail, ch.rewritten = head, head, head
	ch.ring.reset(head)
	clear(ch.pending)
	ch.pendingBytes, ch.full = 0, false
}
