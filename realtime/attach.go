package realtime

import (
	"context"
	"fmt"
	"slices"
)

// attachPage is how many events are read at a time for a connection that lacks more than its queue takes.
const attachPage = 128

// attach makes a registered connection live in all its channels.
func (h *Hub) attach(ctx context.Context, s *seat, backlog []page) error {
	for i, sub := range s.subs {
		if err := h.catchUp(ctx, sub, backlog[i]); err != nil {
			return err
		}
	}
	return nil
}

// catchUp gives a connection what it lacks of a channel and makes it live. What is in the ring is queued at once; what is not is
// read from the log, outside all locks, the next page when the last one is queued. p is what has been read already.
func (h *Hub) catchUp(ctx context.Context, s *subscription, p page) error {
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
		if err := h.rights.await(ctx, next.barrier); err != nil {
			return err
		}
		if err := s.conn.awaitRoom(ctx, next.size()); err != nil {
			return err
		}
	}
}

// nextPage reads what follows the connection's position.
func (h *Hub) nextPage(ctx context.Context, s *subscription) (page, error) {
	after := s.conn.position(s.index)
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
