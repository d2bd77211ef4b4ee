package realtime

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// How a connection's bytes travel: one goroutine reads, one writes while there is something to
// write. Nothing outside this file knows; a transport that waits for many sockets at once can take
// its place.

const (
	// writeTimeout is how long a peer may take nothing before its connection ends.
	writeTimeout = 10 * time.Second

	// writeSize bounds what is written at once. Frames that wait together are written together, a
	// write costing the same for one frame as for ten; but a slow reader that still reads must
	// manage each write within writeTimeout: 3 KiB/s do.
	writeSize = 32 << 10

	readSize = 1 << 10
)

// Keys of the frames of the protocol's own, which no application uses: of several that wait the
// last one does.
const (
	pingKey = "\x00ping"
	pongKey = "\x00pong"
)

var pingFrame = encode(ws.OpPing, nil)

// peerClosed is the error that ends reading when the peer's close frame has come.
type peerClosed struct{ CloseReason }

func (p peerClosed) Error() string { return "peer closed: " + p.Reason }

// serve reads until the connection ends, and ends it.
func (c *Conn) serve(early []byte) {
	err := c.incoming.feed(early, c.handle)
	if err == nil {
		err = c.read()
	}
	var broken violation
	var closed peerClosed
	switch {
	case errors.As(err, &closed):
		c.Close(closed.CloseReason)
		c.writing.Wait() // for what is queued, and our answer
	case errors.As(err, &broken):
		c.Close(broken.CloseReason)
		c.linger()
	default:
		c.abandon(CloseLost)
	}
	c.socket.Close()
	c.writing.Wait()
	if s := c.seat.Load(); s != nil {
		s.hub.leave(c, s)
	}
	if c.config.OnClose != nil {
		c.config.OnClose(c, *c.reason)
	}
	close(c.done)
}

// linger lets a peer we no longer understand read why. To close a socket that holds unread bytes is
// to reset it, and the peer may lose what it has not read yet. So only our direction is closed, and
// what comes is thrown away until the peer goes or has had its time.
func (c *Conn) linger() {
	c.writing.Wait()
	if s, ok := c.socket.(interface{ CloseWrite() error }); ok {
		_ = s.CloseWrite()
	}
	_, _ = io.Copy(io.Discard, c.socket)
}

func (c *Conn) read() error {
	buffer := make([]byte, readSize)
	for {
		n, err := c.socket.Read(buffer)
		if n > 0 {
			c.hear()
			if err := c.incoming.feed(buffer[:n], c.handle); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
}

// started makes instants out of the monotonic clock, which nobody sets back.
var started = time.Now()

// hear notes that the client lives.
func (c *Conn) hear() { c.heard.Store(int64(time.Since(started))) }

// silence returns for how long nothing came from the client.
func (c *Conn) silence() time.Duration { return time.Since(started) - time.Duration(c.heard.Load()) }

// handle takes one message or control frame of the client.
func (c *Conn) handle(op ws.OpCode, payload []byte) error {
	switch op {
	case ws.OpClose:
		reason, ok := parseClose(payload)
		if !ok {
			return violation{reason}
		}
		return peerClosed{reason}
	case ws.OpPing:
		c.push(entry{wire: encode(ws.OpPong, payload), lane: State, key: pongKey})
	case ws.OpText:
		if c.live() && c.config.OnMessage != nil {
			c.config.OnMessage(c, payload)
		}
	}
	return nil
}

// sever ends a connection whose peer does not take part any more: what reads from it is called off
// and closes the socket.
func (c *Conn) sever(reason CloseReason) {
	c.abandon(reason)
	_ = c.socket.SetReadDeadline(time.Unix(1, 0))
}

// wake sees to it that what is queued gets written. c.mu is held.
func (c *Conn) wake() {
	if c.flushing || !c.greeted && c.reason == nil {
		return
	}
	c.flushing = true
	c.writing.Add(1)
	go c.flush()
}

// hurry shortens the patience with a write under way to that of a closing connection. c.mu is held.
func (c *Conn) hurry() {
	if c.flushing {
		_ = c.socket.SetWriteDeadline(c.endsAt)
	}
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// flush writes until nothing is queued.
func (c *Conn) flush() {
	defer c.writing.Done()
	buffer := buffers.Get().(*[]byte)
	for {
		batch, last := c.next((*buffer)[:0])
		if len(batch) == 0 {
			break
		}
		_, err := c.socket.Write(batch)
		c.wrote(len(batch), last, err)
		if err != nil {
			break
		}
		*buffer = batch
	}
	if cap(*buffer) <= 2*writeSize { // not what one huge frame made of it
		buffers.Put(buffer)
	}
}

// next takes what is to be written next, up to the close frame, and sets the deadline for it.
func (c *Conn) next(dst []byte) (batch []byte, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.greeted {
		batch = c.queue.take(dst, writeSize)
	}
	if len(c.queue.entries) == 0 && c.farewell != nil {
		batch = append(batch, c.farewell...)
		c.queue.bytes += len(c.farewell)
		c.farewell, last = nil, true
	}
	if len(batch) == 0 {
		c.flushing = false
		return nil, false
	}
	deadline := time.Now().Add(writeTimeout)
	if c.reason != nil && c.endsAt.Before(deadline) {
		deadline = c.endsAt
	}
	_ = c.socket.SetWriteDeadline(deadline)
	return batch, last
}

// wrote notes that a batch has left, or why it could not.
func (c *Conn) wrote(n int, last bool, err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.measureLoss(CloseTooSlow)
		c.sever(CloseTooSlow)
		return
	}
	if err != nil {
		c.measureLoss(CloseLost)
		c.sever(CloseLost)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.measureWrite()
	c.queue.release(n)
	if last {
		_ = c.socket.SetReadDeadline(c.endsAt)
	}
	select {
	case c.room <- struct{}{}:
	default:
	}
}
