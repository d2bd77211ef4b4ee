package realtime

import "context"

// What waits for a connection, on its way from the hub to the transport.

// push queues a frame behind the events published before it.
func (c *Conn) push(e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.collect()
	c.enqueue(e)
}

// enqueue queues a frame unless the connection is closed, which a full queue does. c.mu is held.
func (c *Conn) enqueue(e entry) {
	if c.reason != nil {
		return
	}
	q := c.backlog()
	if q.replaces(e) {
		c.counters().replaced.Add(1)
	}
	dropped, ok := q.push(e)
	if dropped > 0 {
		c.counters().dropped.Add(uint64(dropped))
	}
	if !ok {
		c.lose(CloseTooSlow, e.mark)
		c.overflow()
		return
	}
	c.transport.wake()
}

// overflow closes a connection for which too much waits. c.mu is held.
func (c *Conn) overflow() {
	if c.reason != nil {
		return
	}
	c.counters().overflows.Add(1)
	c.discard(CloseTooSlow)
	c.end(CloseTooSlow)
}

// backlog returns the queue, to put something into it. c.mu is held.
func (c *Conn) backlog() *queue {
	if c.queue == nil {
		c.queue = queues.Get().(*queue)
	}
	return c.queue
}

// discard forgets what waits, except for what is being written, as the connection is closed for a
// reason. c.mu is held.
func (c *Conn) discard(reason CloseReason) {
	if c.queue != nil {
		c.measureWaste(reason)
		c.queue.clear()
		c.release(0)
	}
}

// release notes that n bytes of what next returned have been written. c.mu is held.
func (c *Conn) release(n int) {
	if q := c.queue; q != nil {
		q.release(n)
		if q.bytes == 0 {
			q.recycle()
			c.queue = nil
		}
	}
	if c.room != nil {
		signal(c.room)
	}
}

// speaks reports whether anything may be written: nothing before the greeting, except for a close
// frame. c.mu is held.
func (c *Conn) speaks() bool { return c.greeted || c.reason != nil }

// next appends to dst what is to be written next; last says that it ends with the close frame. The
// bytes count as waiting until release. c.mu is held.
func (c *Conn) next(dst []byte) (batch []byte, last bool) {
	batch = dst
	if len(c.answer) > 0 {
		batch = append(batch, c.answer...)
		c.backlog().bytes += len(c.answer)
		c.answer = nil
	}
	if c.greeted && c.queue != nil {
		batch = c.queue.take(batch, writeSize)
	}
	if c.farewell && (c.queue == nil || len(c.queue.entries) == 0) {
		frame := c.transport.format().farewell(*c.reason)
		batch = append(batch, frame...)
		c.backlog().bytes += len(frame)
		c.farewell = false
		return batch, true
	}
	return batch, false
}

// respond has the handshake answered if nothing else has yet.
func (c *Conn) respond() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.answer) > 0 {
		c.transport.wake()
	}
}

// waiting returns how many bytes wait, those that are being written included.
func (c *Conn) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queue == nil {
		return 0
	}
	return c.queue.bytes
}

// waits reports whether a State message of that key is still queued.
func (c *Conn) waits(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queue == nil {
		return false
	}
	_, waits := c.queue.states[key]
	return waits
}

// greet queues the first frames of a joined connection, before what waits already.
//
// The first of them, or a line of its own if there is none, tells an event stream's client which
// event id it stands at.
func (c *Conn) greet(messages []Message, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason != nil {
		return
	}
	q := c.backlog()
	waiting := q.entries
	q.clear()
	f := c.transport.format()
	if len(messages) == 0 && f == eventLines {
		q.add(entry{wire: []byte(idField + id + "\n\n")})
	}
	for i, m := range messages {
		if i > 0 {
			id = ""
		}
		q.add(entry{wire: f.message(m.Frame, id)})
	}
	for _, e := range waiting {
		q.add(e)
	}
}

// begin lets what waits for a joined connection go out, the greeting first.
func (c *Conn) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason != nil {
		return
	}
	c.greeted = true
	c.release(0)
	c.transport.wake()
}

// awaitRoom waits until an event of that size fits.
func (c *Conn) awaitRoom(ctx context.Context, size int) error {
	for {
		c.mu.Lock()
		fits := c.fits(size)
		if fits {
			c.room = nil
		} else if c.room == nil {
			c.room = make(chan struct{}, 1)
		}
		room := c.room
		c.mu.Unlock()
		if !c.live() {
			return ErrClosed
		}
		if fits {
			return nil
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fits reports whether a replayed event of that size may be queued now. Live events keep the other
// half of the queue: so a resume of any length cannot overflow it. c.mu is held.
func (c *Conn) fits(size int) bool {
	return c.queue == nil || !c.queue.crowded() && !c.queue.full(size)
}
