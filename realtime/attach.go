package realtime

import (
	"context"
	"fmt"
	"slices"
)

// attachPage is how many events are read at a time for a connection that lacks more than its queue
// takes.
const attachPage = 128

// attach makes a registered connection live in all its channels.
func (h *Hub) attach(ctx context.Context, s *seat, backlog []page) error {
	for i := range s.subs {
		if err := h.catchUp(ctx, &s.subs[i], backlog[i]); err != nil {
			return err
		}
	}
	return nil
}

// catchUp gives a connection what it lacks of a channel and makes it live. What is in the ring is
// queued at once; what is not is read from the log, outside all locks, the next page when the last
// one is queued. p is what has been read already.
func (h *Hub) catchUp(ctx context.Context, s *subscription, p page) error {
	if s.live() {
		return nil
	}
	for {
		if err := h.feed(ctx, s, p); err != nil {
			return err
		}
		live, next := s.channel.attach(s)
		if live {
			return nil
		}
		var err error
		if next != nil {
			err = s.conn.awaitRoom(ctx, next.size())
		} else {
			p, err = h.nextPage(ctx, s)
		}
		if err != nil {
			return err
		}
	}
}

// feed queues a page at the speed the connection reads.
func (h *Hub) feed(ctx context.Context, s *subscription, p page) error {
	for {
		next := s.channel.feed(s, &p)
		if next == nil {
			return nil
		}
		if err := h.rights.reach(ctx, next.barrier); err != nil {
			return err
		}
		if err := s.conn.awaitRoom(ctx, next.size()); err != nil {
			return err
		}
	}
}

// nextPage reads what follows the connection's position.
func (h *Hub) nextPage(ctx context.Context, s *subscription) (page, error) {
	after := s.at()
	p, err := h.reads.fetch(ctx, s.channel, after, after+1, attachPage)
	if err == nil && p.broken() {
		err = fmt.Errorf("realtime: log begins at %d of %s, connection stands at %d", p.oldest, s.channel.name, after)
	}
	return p, err
}

// clip returns the beginning of a page, up to a size, holding on to nothing else.
func (p page) clip(size int) page {
	n := 0
	for n < len(p.events) && size >= p.events[n].size() {
		size -= p.events[n].size()
		n++
	}
	p.events = slices.Clone(p.events[:n])
	return p
}

// attach makes a subscription live if all it lacks is in the ring and fits into its queue.
// Otherwise it returns the event to wait for room for, or nil if the log must be read first.
func (ch *channel) attach(s *subscription) (live bool, next *delivery) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	events, reached := ch.ring.after(s.at())
	if !reached || !s.conn.live() {
		return false, nil
	}
	if next = first(events[ch.replay(s, events):]); next != nil {
		return false, next
	}
	ch.fanout(s.conn.transport.home()).add(s)
	return true, nil
}

// feed queues the beginning of a page, as far as it fits and the authority allows, and returns the
// event to wait for; nil when the page is used up. A page read before the newest rewriting event is
// of no use any more: it shows what is gone.
func (ch *channel) feed(s *subscription, p *page) (next *delivery) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if p.head < ch.rewritten {
		return nil
	}
	allowed := p.events
	for i, d := range allowed {
		if !ch.hub.rights.covers(d.barrier) {
			ch.hub.rights.hold(ch, d.barrier)
			allowed = allowed[:i]
			break
		}
	}
	p.events = p.events[ch.replay(s, allowed):]
	return first(p.events)
}

// replay queues the events that fit and returns how many these are. ch.mu is held.
func (ch *channel) replay(s *subscription, events []*delivery) int {
	taken, shown := s.replay(events)
	ch.count(tally{viaLog: shown})
	return taken
}

func first(events []*delivery) *delivery {
	if len(events) == 0 {
		return nil
	}
	return events[0]
}

// detach ends a subscription, live or not.
func (ch *channel) detach(s *subscription) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if g := s.fanout; g != nil {
		g.remove(s)
		if len(g.subs) == 0 {
			ch.fanouts = slices.DeleteFunc(ch.fanouts, func(o *fanout) bool { return o == g })
		}
	}
}

// since returns the events after a number if the ring reaches back to it.
func (ch *channel) since(seq uint64) ([]*delivery, bool) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	events, ok := ch.ring.after(seq)
	return slices.Clone(events), ok
}
