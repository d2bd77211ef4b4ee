package realtime

import (
	"bytes"
	"errors"
	"time"
)

// link is the transport of one socket by a shard. What is not said to be guarded belongs to the
// shard's goroutine.
type link struct {
	conn  *Conn
	shard *shard
	fd    int

	queued  bool // the shard has been told to write; guarded by conn.mu
	severed bool // it is to end at once; guarded by conn.mu

	closed   bool      // the socket is; changed under conn.mu too
	parted   bool      // our close frame has been written
	answered bool      // the peer's close frame has come: nothing is read any more
	deaf     bool      // what comes is thrown away: the peer broke the protocol
	input    *incoming // what came of a message that is not complete, nil if nothing
	stall    *stall    // what the socket waits for, nil if nothing
}

// stall is about a socket that is full or closing.
type stall struct {
	timer  timer[*link]
	rest   []byte        // what is to be written when there is room
	last   bool          // it ends with the close frame
	full   bool          // the poller tells when there is room
	waited int           // how many bytes waited when that began
	quota  int           // how much of rest has to be taken before until
	until  time.Duration // the instant at which patience with the reader ends, if there is a rest
	close  time.Duration // the instant at which a closing connection's does; 0: it is open
}

func (l *link) home() *shard   { return l.shard }
func (l *link) format() format { return socketFrames }

func (l *link) wake() {
	if !l.queued && !l.closed && (l.conn.speaks() || l.severed) {
		l.queued = true
		l.shard.flush(l)
	}
}

// hurry does nothing: to wake is enough.
func (l *link) hurry() {}

func (l *link) sever() {
	l.severed = true
	l.wake()
}

// blocked reports whether the socket is full.
func (l *link) blocked() bool { return l.stall != nil && len(l.stall.rest) > 0 }

func (s *stall) ends() time.Duration {
	switch {
	case len(s.rest) == 0:
		return s.close
	case s.close == 0:
		return s.until
	default:
		return min(s.until, s.close)
	}
}

// write writes what waits for a link, as far as that is one write.
func (s *shard) write(l *link) {
	batch, last, severed := s.take(l)
	if severed {
		s.end(l)
		return
	}
	if len(batch) == 0 {
		return
	}
	n, err := s.poller.write(l.fd, batch)
	if err != nil && !errors.Is(err, errAgain) {
		s.lose(l, CloseLost)
		return
	}
	s.wrote(l, n, n == len(batch), 0)
	if n < len(batch) {
		s.block(l, batch[n:], last)
	} else if last {
		s.part(l)
	}
	s.reuse(batch)
}

// reuse keeps a buffer to write from, but not what one huge frame made of it.
func (s *shard) reuse(buffer []byte) {
	if cap(buffer) <= 2*writeSize {
		s.scratch = buffer[:0]
	}
}

// take returns what is to be written to a link; severed says that instead it is to end.
func (s *shard) take(l *link) (batch []byte, last, severed bool) {
	c := l.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	l.queued = false
	if l.closed || l.severed {
		return nil, false, !l.closed
	}
	if c.reason != nil {
		s.hasten(l, c.endsAt)
	}
	if l.blocked() {
		return nil, false, false
	}
	batch, last = c.next(s.scratch[:0])
	return batch, last, false
}

// wrote notes that n bytes have been written, which were all of those that were taken or not;
// waited is how many waited when that began, if it was some time ago. If there was room for all,
// what is left in the queue gets its turn.
func (s *shard) wrote(l *link, n int, all bool, waited int) {
	c := l.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if all {
		c.measureWrite(max(waited, c.queue.bytes))
	}
	c.release(n)
	if all && (c.queue != nil || c.farewell) {
		l.wake()
	}
}

// block waits until the socket takes more.
func (s *shard) block(l *link, rest []byte, last bool) {
	now := instant()
	st := s.stall(l)
	st.rest, st.last, st.quota, st.until = bytes.Clone(rest), last, writeSize, now+writeTimeout
	st.waited = l.conn.waiting()
	if !st.full {
		st.full = true
		s.poller.want(l.fd, !l.answered, true)
	}
	s.wheel.set(&st.timer, st.ends(), now)
}

func (s *shard) stall(l *link) *stall {
	if l.stall == nil {
		l.stall = &stall{}
		l.stall.timer.owner = l
	}
	return l.stall
}

// hasten has a closing connection end at an instant.
func (s *shard) hasten(l *link, at time.Duration) {
	if st := s.stall(l); st.close == 0 {
		st.close = at
		s.wheel.set(&st.timer, st.ends(), instant())
	}
}

// resume goes on writing to a socket that was full.
func (s *shard) resume(l *link) {
	if !l.blocked() {
		return
	}
	st := l.stall
	n, err := s.poller.write(l.fd, st.rest)
	if err != nil && !errors.Is(err, errAgain) {
		s.lose(l, CloseLost)
		return
	}
	st.rest = st.rest[n:]
	if st.quota -= n; st.quota <= 0 {
		st.quota, st.until = writeSize, instant()+writeTimeout
	}
	s.wrote(l, n, len(st.rest) == 0, st.waited)
	if len(st.rest) > 0 {
		return
	}
	if st.last {
		s.part(l)
	} else {
		s.write(l)
	}
	if !l.closed && !l.blocked() {
		s.unblock(l)
	}
}

func (s *shard) unblock(l *link) {
	st := l.stall
	st.rest, st.full = nil, false
	s.poller.want(l.fd, !l.answered, false)
	if st.close == 0 {
		s.wheel.unset(&st.timer)
		l.stall = nil
	}
}

// part waits for the peer's answer to the close frame, which has been written.
func (s *shard) part(l *link) {
	l.parted = true
	switch {
	case l.answered:
		s.end(l)
	case l.deaf:
		// To close a socket that holds unread bytes is to reset it, and the peer may lose what it
		// has not read yet: why. So only our direction is closed, and what comes is thrown away
		// until the peer goes or has had its time.
		s.poller.closeWrite(l.fd)
	}
}

// read takes what a socket has.
func (s *shard) read(l *link, now time.Duration) {
	if l.answered { // it has failed
		s.lose(l, CloseLost)
		return
	}
	n, err := s.poller.read(l.fd, s.buffer)
	switch {
	case errors.Is(err, errAgain):
	case err != nil || n == 0:
		s.lose(l, CloseLost)
	case !l.deaf:
		l.conn.hear(now)
		s.feed(l, s.buffer[:n])
	}
}

// feed handles what a client has sent.
func (s *shard) feed(l *link, data []byte) {
	in := incoming{limit: l.conn.config.ReadLimit}
	if l.input != nil {
		in = *l.input
	}
	err := in.feed(data, l.conn.handle)
	if l.input = nil; err == nil && in.incomplete() {
		kept := in
		l.input = &kept
	}
	var broken violation
	var closed peerClosed
	switch {
	case errors.As(err, &closed):
		l.answered = true
		l.conn.Close(closed.CloseReason)
		if l.parted {
			s.end(l)
		} else {
			s.poller.want(l.fd, false, l.blocked())
		}
	case errors.As(err, &broken):
		l.deaf = true
		l.conn.Close(broken.CloseReason)
		if l.parted {
			s.poller.closeWrite(l.fd)
		}
	}
}

// lose ends a connection whose peer has vanished, or takes nothing any more.
func (s *shard) lose(l *link, reason CloseReason) {
	l.conn.measureLoss(reason)
	l.conn.abandon(reason)
	s.end(l)
}

// end closes a socket.
func (s *shard) end(l *link) {
	c := l.conn
	c.measureLoss(*c.reason)
	c.mu.Lock()
	l.closed = true
	c.discard(*c.reason)
	c.mu.Unlock()
	if l.stall != nil {
		s.wheel.unset(&l.stall.timer)
	}
	s.links[l.fd] = nil
	if l.answered {
		// What a client sends behind its close frame counts for nothing, but to close a socket that
		// holds unread bytes is to reset it, and the client may lose our answer.
		_, _ = s.poller.read(l.fd, s.buffer)
	}
	s.poller.close(l.fd)
	c.finish()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count--
}
