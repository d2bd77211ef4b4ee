package realtime

import "errors"

// visit gives a member of a fanout what it lacks and returns how many events that shows.
func (s *shard) visit(sub *subscription, r *round) (shown tally) {
	l := sub.conn.transport.(*link)
	frames, items, shown := s.lacks(sub, l, r)
	if len(frames) == 0 {
		return shown
	}
	n, err := s.poller.write(l.fd, frames)
	switch {
	case err != nil && !errors.Is(err, errAgain):
		sub.channel.group.failed[FailedLost].Add(uint64(shown.all()))
		s.lose(l, CloseLost)
	case n < len(frames):
		s.keep(l, frames[n:], sub, items)
	default:
		sub.channel.hub.meter.measureVisit(l.conn, len(frames), items)
	}
	return shown
}

// lacks moves a member past the items of a round and returns what has to be written for that. If
// something waits for the connection already they are queued behind it instead, and there is
// nothing to write.
func (s *shard) lacks(sub *subscription, l *link, r *round) (frames []byte, items []*delivery, shown tally) {
	c := sub.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	first := after(r.items, sub.position)
	items = r.items[first:]
	switch {
	case c.reason != nil || sub.fanout == nil || len(items) == 0:
		return nil, nil, tally{}
	case c.queue != nil || l.blocked() || first < r.final:
		for _, d := range items {
			if sub.offer(d, d.committed) {
				shown.add(d)
			}
		}
		return nil, nil, shown
	case first >= r.common && len(c.seat.Load().subs) == 1:
		sub.position = items[len(items)-1].seq
		frames, shown = r.since(first)
		return frames, items, shown
	}
	frames, s.passed = s.scratch[:0], s.passed[:0]
	for _, d := range items {
		if sub.pass(d) {
			frames = sub.appendFrames(frames, d)
			shown.add(d)
			s.passed = append(s.passed, d)
		}
	}
	s.reuse(frames)
	return frames, s.passed, shown
}

// keep has the rest of items that did not go through a queue written later.
func (s *shard) keep(l *link, rest []byte, sub *subscription, items []*delivery) {
	c := l.conn
	c.mu.Lock()
	if n := c.backlog().bytes + len(rest); n > queueLimit && (len(items) > 1 || n > len(rest)) {
		c.overflow()
	}
	q := c.backlog()
	q.bytes += len(rest)
	for _, d := range items {
		if d.wire != nil {
			q.note(sub.mark(d.committed))
		}
	}
	c.mu.Unlock()
	s.block(l, rest, false)
}
