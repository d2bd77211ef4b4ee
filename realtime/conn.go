package realtime

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// Conn is one client. All methods may be called from any goroutine and never block on the socket.
//
// There may be tens of thousands that do nothing: what only busy ones need is made when they need
// it.
type Conn struct {
	id        uint64
	config    UpgradeConfig
	value     atomic.Pointer[any]
	seat      atomic.Pointer[seat]
	transport transport
	heard     atomic.Int64 // the instant at which the client last sent anything
	ended     atomic.Bool  // reason is set

	mu       sync.Mutex
	answer   []byte        // to the handshake, comes before all else; nil once it is being written
	greeted  bool          // false while a joined connection's greeting, which comes first, is not queued
	farewell bool          // the close frame is still to be sent
	gone     bool          // OnClose has returned
	queue    *queue        // nil while nothing waits
	reason   *CloseReason  // why it is closing or closed, nil while it is open
	endsAt   time.Duration // the instant at which a closing connection's patience ends

	interrupt context.CancelFunc // calls off a Join under way
	room      chan struct{}      // cap 1: something was written; nil while nobody waits for that
	done      chan struct{}      // what Done returns, nil while nobody asked
}

// seat is a connection's place in a hub. Who sits in it and where never changes once taken.
type seat struct {
	hub    *Hub
	conn   *Conn
	user   string
	names  []string
	subs   []subscription // one for each of names
	pulse  timer[*seat]   // when to see whether the client is still there
	pinged time.Duration  // the instant at which it was last sent a ping; Hub.pulse alone uses it

	before, after *seat // of the same user's connections; guarded by hub.mu
}

var lastConn atomic.Uint64

// newConn returns a connection that has no transport yet.
func newConn(config UpgradeConfig) *Conn {
	if config.ReadLimit == 0 {
		config.ReadLimit = defaultReadLimit
	}
	c := &Conn{id: lastConn.Add(1), config: config, greeted: true}
	c.hear(instant())
	return c
}

// ID returns a number no other connection of this process has.
func (c *Conn) ID() uint64 { return c.id }

// User returns Admission.User, "" before the connection is joined.
func (c *Conn) User() string {
	if s := c.seat.Load(); s != nil {
		return s.user
	}
	return ""
}

// Value returns what the application last set, at first Admission.Value; nil before the connection
// is joined.
func (c *Conn) Value() any {
	if v := c.value.Load(); v != nil {
		return *v
	}
	return nil
}

// SetValue replaces the value at once for everybody.
func (c *Conn) SetValue(v any) { c.value.Store(&v) }

// Channels returns the names of the connection's channels in the order of its event ids, nil before
// it is joined. The caller may not change them.
func (c *Conn) Channels() []string {
	if s := c.seat.Load(); s != nil {
		return s.names
	}
	return nil
}

// Send queues a message. On a closed connection it does nothing.
func (c *Conn) Send(m Message) {
	cast := casting{Message: m}
	cast.to(c)
}

// Close ends the connection: what is queued is still sent, then the close frame, all within 5 s.
// Only the first reason counts. A reason that never travels (code 1006) ends it at once.
func (c *Conn) Close(reason CloseReason) {
	if reason.Code == codeLost {
		c.sever(reason)
		return
	}
	c.shut(reason)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.transport.hurry()
}

// Done returns a channel that is closed when the connection is gone and OnClose has returned.
func (c *Conn) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.gone {
			close(c.done)
		}
	}
	return c.done
}

// live reports whether nobody has closed the connection yet.
func (c *Conn) live() bool { return !c.ended.Load() }

// hear notes that the client lives.
func (c *Conn) hear(now time.Duration) { c.heard.Store(int64(now)) }

// shut is Close for callers that hold a channel's lock: it leaves the socket alone.
func (c *Conn) shut(reason CloseReason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.collect()
	c.end(reason)
}

// abandon closes the connection without sending what is queued.
func (c *Conn) abandon(reason CloseReason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.discard(reason)
	c.end(reason)
	c.transport.hurry()
}

// sever ends a connection whose peer does not take part any more.
func (c *Conn) sever(reason CloseReason) {
	c.abandon(reason)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.transport.sever()
}

// end closes the connection. c.mu is held, a channel's lock perhaps too.
func (c *Conn) end(reason CloseReason) {
	if c.reason != nil {
		return
	}
	c.reason = &reason
	c.ended.Store(true)
	c.farewell = reason.Code != codeLost
	if !c.farewell || !c.greeted {
		c.discard(reason)
	}
	c.endsAt = instant() + closeTimeout
	if c.interrupt != nil {
		c.interrupt()
	}
	c.transport.wake()
}

// finish ends a closed connection whose transport has closed the socket.
func (c *Conn) finish() {
	if s := c.seat.Load(); s != nil {
		s.hub.leave(c, s)
	}
	if c.config.OnClose != nil {
		c.config.OnClose(c, *c.reason)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
	if c.done != nil {
		close(c.done)
	}
}

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
		c.pong(payload)
	case ws.OpText:
		if c.live() && c.config.OnMessage != nil {
			c.config.OnMessage(c, payload)
		}
	}
	return nil
}

// pong answers a ping. A client that sends pings but is slow to read the answers gets only the last
// one.
func (c *Conn) pong(payload []byte) {
	e := entry{wire: encode(ws.OpPong, payload), lane: Ephemeral}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queue != nil && c.queue.crowded() {
		e.lane, e.key = State, pongKey
	}
	c.enqueue(e)
}

// counters returns those of the connection's hub, if it has one.
func (c *Conn) counters() *counters {
	if s := c.seat.Load(); s != nil {
		return &s.hub.counters
	}
	return new(counters)
}

// sit takes a place in a hub. From here on the connection gets messages, but sends nothing until
// greet.
func (c *Conn) sit(s *seat, value any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason != nil || c.seat.Load() != nil {
		return ErrClosed
	}
	c.greeted = false
	c.SetValue(value)
	c.seat.Store(s)
	return nil
}

// whileOpen calls cancel when the connection is closed, perhaps at once, unless it is nil.
func (c *Conn) whileOpen(cancel context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.interrupt = cancel
	if c.reason != nil && cancel != nil {
		cancel()
	}
}
