package realtime

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// closeTimeout bounds a closing connection: what is queued, the close frame and the peer's answer
// to it.
const closeTimeout = 5 * time.Second

// Conn is one client. All methods may be called from any goroutine and never block on the socket.
type Conn struct {
	id     uint64
	config UpgradeConfig
	value  atomic.Pointer[any]
	seat   atomic.Pointer[seat]

	socket   net.Conn
	incoming incoming
	heard    atomic.Int64   // when the client last sent anything
	pinged   time.Time      // when it was last sent a ping; Hub.pulse alone uses it
	writing  sync.WaitGroup // the goroutine that writes, while there is one

	mu        sync.Mutex
	queue     queue
	positions []uint64     // of the seat's channels, as far as queued; they never fall
	greeted   bool         // false while a joined connection's greeting is not queued yet: nothing may overtake it
	flushing  bool         // a goroutine writes, or a write failed
	reason    *CloseReason // why it is closing or closed, nil while it is open
	farewell  []byte       // the close frame, until it is taken
	endsAt    time.Time    // when a closing connection's patience ends

	closing chan struct{} // closed with the first reason
	room    chan struct{} // cap 1: something was written
	done    chan struct{}
}

// seat is a connection's place in a hub. It never changes once taken.
type seat struct {
	hub        *Hub
	user       string
	generation string
	names      []string
	subs       []*subscription // one for each of names
}

var lastConn atomic.Uint64

// newConn starts a connection on a socket whose handshake is done; early are bytes the client sent
// behind it.
func newConn(socket net.Conn, early []byte, config UpgradeConfig) *Conn {
	if config.ReadLimit == 0 {
		config.ReadLimit = defaultReadLimit
	}
	c := &Conn{
		id:       lastConn.Add(1),
		config:   config,
		socket:   socket,
		incoming: incoming{limit: config.ReadLimit},
		greeted:  true,
		closing:  make(chan struct{}),
		room:     make(chan struct{}, 1),
		done:     make(chan struct{}),
	}
	c.hear()
	go c.serve(early)
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
func (c *Conn) Send(m Message) { c.push(m.entry()) }

// Close ends the connection: what is queued is still sent, then the close frame, all within 5 s.
// Only the first reason counts. A reason that never travels (code 1006) ends it at once.
func (c *Conn) Close(reason CloseReason) {
	if reason.Code == codeLost {
		c.sever(reason)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(reason)
	c.hurry()
}

// Done returns a channel that is closed when the connection is gone and OnClose has returned.
func (c *Conn) Done() <-chan struct{} { return c.done }

// live reports whether nobody has closed the connection yet.
func (c *Conn) live() bool {
	select {
	case <-c.closing:
		return false
	default:
		return true
	}
}

// shut is Close for callers that hold a channel's lock: it leaves the socket alone.
func (c *Conn) shut(reason CloseReason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(reason)
}

// abandon closes the connection without sending what is queued.
func (c *Conn) abandon(reason CloseReason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.measureWaste(reason)
	c.queue.clear()
	c.end(reason)
	c.hurry()
}

// end closes the connection. c.mu is held, a channel's lock perhaps too.
func (c *Conn) end(reason CloseReason) {
	if c.reason != nil {
		return
	}
	c.reason = &reason
	c.farewell = reason.frame()
	if c.farewell == nil || !c.greeted {
		c.measureWaste(reason)
		c.queue.clear()
	}
	c.endsAt = time.Now().Add(closeTimeout)
	close(c.closing)
	c.wake()
}

func (c *Conn) push(e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.enqueue(e)
}

// enqueue queues a frame unless the connection is closed, which a full queue does. c.mu is held.
func (c *Conn) enqueue(e entry) {
	if c.reason != nil {
		return
	}
	if c.replaces(e) {
		c.counters().replaced.Add(1)
	}
	dropped, ok := c.queue.push(e)
	if dropped > 0 {
		c.counters().dropped.Add(uint64(dropped))
	}
	if !ok {
		c.counters().overflows.Add(1)
		c.measureWaste(CloseTooSlow)
		c.lose(CloseTooSlow, e.mark)
		c.queue.clear()
		c.end(CloseTooSlow)
		return
	}
	c.wake()
}

// waits reports whether a State message of that key is still queued.
func (c *Conn) waits(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, waits := c.queue.states[key]
	return waits
}

// counters returns those of the connection's hub, if it has one.
func (c *Conn) counters() *counters {
	if s := c.seat.Load(); s != nil {
		return &s.hub.counters
	}
	return new(counters)
}

// sit takes a place in a hub, standing at the given heads. From here on the connection gets
// messages, but sends nothing until greet.
func (c *Conn) sit(s *seat, a Admission) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason != nil || c.seat.Load() != nil {
		return ErrClosed
	}
	for _, head := range a.Channels {
		c.positions = append(c.positions, head.Seq)
	}
	c.greeted = false
	c.SetValue(a.Value)
	c.seat.Store(s)
	return nil
}

// start moves a connection that has not been greeted to where it starts.
func (c *Conn) start(at Cursor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, p := range at.Positions {
		c.positions[i] = p.Seq
	}
}

// greet queues the first frames of a joined connection and lets the others follow.
func (c *Conn) greet(messages []Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason != nil {
		return
	}
	waiting := c.queue.entries
	c.queue.clear()
	for _, m := range messages {
		c.queue.add(entry{wire: encode(ws.OpText, m.Frame)})
	}
	for _, e := range waiting {
		c.queue.add(e)
	}
	c.greeted = true
	c.wake()
}

// offer queues an event of the index-th channel and reports whether a frame was queued: it was not
// if the connection has it already or it is not for it to see.
func (c *Conn) offer(index int, d *delivery) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offerLocked(index, d, d.committed)
}

// offerLocked is offer with c.mu held; committed is for measuring, 0 when the event is replayed.
func (c *Conn) offerLocked(index int, d *delivery, committed int64) bool {
	if c.reason != nil || d.seq <= c.positions[index] {
		return false
	}
	c.positions[index] = d.seq
	shown := d.shownTo(c)
	if shown {
		c.enqueue(entry{wire: c.address(d), mark: mark{committed, uint8(index + 1)}})
		if d.also != nil {
			c.enqueue(entry{wire: d.also})
		}
	}
	if d.final != nil {
		c.end(*d.final)
	}
	return shown
}

// position returns how far the connection is in its index-th channel.
func (c *Conn) position(index int) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.positions[index]
}

// address returns the event's frame with this connection's event id.
func (c *Conn) address(d *delivery) []byte {
	if len(c.positions) == 1 {
		return d.wire
	}
	wire, _ := encodeEvent(d.body, c.cursor())
	return wire
}

// cursor returns where the connection stands. c.mu is held.
func (c *Conn) cursor() Cursor {
	s := c.seat.Load()
	cursor := Cursor{Generation: s.generation}
	for i, name := range s.names {
		cursor.Positions = append(cursor.Positions, Position{name, c.positions[i]})
	}
	return cursor
}

// replay offers events while there is room for them, and returns how many it took and how many of
// these are shown.
func (c *Conn) replay(index int, events []*delivery) (taken, shown int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range events {
		if !c.fits(d.size()) {
			break
		}
		if c.offerLocked(index, d, 0) {
			shown++
		}
		taken++
	}
	return taken, shown
}

// fits reports whether a replayed event of that size may be queued now. Live events keep the other
// half of the queue: so a resume of any length cannot overflow it. c.mu is held.
func (c *Conn) fits(size int) bool { return !c.queue.crowded() && !c.queue.full(size) }

// awaitRoom waits until an event of that size fits.
func (c *Conn) awaitRoom(ctx context.Context, size int) error {
	for {
		c.mu.Lock()
		fits := c.fits(size)
		c.mu.Unlock()
		if !c.live() {
			return ErrClosed
		}
		if fits {
			return nil
		}
		select {
		case <-c.room:
		case <-c.closing:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
