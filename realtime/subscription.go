package realtime

// subscription is a connection's part in a channel.
type subscription struct {
	conn     *Conn
	channel  *channel
	fanout   *fanout // nil while it is not live; changed under channel.mu and conn.mu, read under either
	slot     int32   // where in fanout.subs; guarded by channel.mu
	index    int32   // which of the connection's channels it is
	position uint64  // the newest event queued, or passed over; it never falls; guarded by conn.mu
}

// generation returns that of the log which the seat's positions belong to.
func (s *seat) generation() string { return s.subs[0].channel.generation }

// start moves a connection that has not been greeted to where it starts.
func (s *seat) start(at Cursor) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	for i, p := range at.Positions {
		s.subs[i].position = p.Seq
	}
}

// appendID appends the event id of where the connection stands. conn.mu is held.
func (s *seat) appendID(dst []byte) []byte {
	dst = append(dst, s.generation()...)
	for i := range s.subs {
		dst = appendPosition(dst, s.names[i], s.subs[i].position)
	}
	return dst
}

// at returns how far the connection is in the channel.
func (s *subscription) at() uint64 {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.position
}

// live reports whether the connection gets what happens in the channel.
func (s *subscription) live() bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.fanout != nil
}

// pass moves past an event and reports whether the connection gets a frame of it: not if it has it
// already or it is not for it to see. conn.mu is held.
func (s *subscription) pass(d *delivery) (shown bool) {
	if d.seq <= s.position {
		return false
	}
	s.position = d.seq
	return d.shownTo(s.conn)
}

// offer queues an event and reports whether a frame was queued. committed is for measuring, 0 when
// the event is replayed. conn.mu is held.
func (s *subscription) offer(d *delivery, committed int64) (shown bool) {
	c := s.conn
	if c.reason != nil || d.seq <= s.position {
		return false
	}
	shown = s.pass(d)
	if shown {
		wire, also := s.address(d)
		c.enqueue(entry{wire: wire, mark: s.mark(committed)})
		if also != nil {
			c.enqueue(entry{wire: also})
		}
	}
	if d.final != nil {
		c.end(*d.final)
	}
	return shown
}

// mark is what measuring needs to know of a frame of an event.
func (s *subscription) mark(committed int64) mark { return mark{committed, uint8(s.index + 1)} }

// address returns the event's frame with this connection's event id, and the frame that follows it,
// nil if none does.
func (s *subscription) address(d *delivery) (wire, also []byte) {
	seat, f := s.conn.seat.Load(), s.conn.transport.format()
	if len(seat.subs) == 1 {
		return f.event(d)
	}
	var scratch [maxCursor]byte
	return f.addressed(d, seat.appendID(scratch[:0]))
}

// appendFrames appends what offer would queue for a WebSocket.
func (s *subscription) appendFrames(dst []byte, d *delivery) []byte {
	seat := s.conn.seat.Load()
	if len(seat.subs) == 1 {
		dst = append(dst, d.wire...)
	} else {
		var scratch [maxCursor]byte
		dst = appendEvent(dst, d.body, seat.appendID(scratch[:0]))
	}
	return append(dst, d.also...)
}

// replay offers events while there is room for them, and returns how many it took and how many of
// these are shown.
func (s *subscription) replay(events []*delivery) (taken, shown int) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	for _, d := range events {
		if !s.conn.fits(d.size()) {
			break
		}
		if s.offer(d, 0) {
			shown++
		}
		taken++
	}
	return taken, shown
}

// collect queues what has been published in the connection's channels but is still on its way to
// it, so that what is queued next comes behind. c.mu is held.
func (c *Conn) collect() {
	s := c.seat.Load()
	if s == nil {
		return
	}
	for i := range s.subs {
		if g := s.subs[i].fanout; g != nil {
			g.handOut(&s.subs[i])
		}
	}
}
