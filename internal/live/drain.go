package live

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"parley/internal/app"
	"parley/realtime"
)

// drainParts is how many parts the time of draining has. Nobody leaves in the first
// one: proxies are to learn meanwhile that new connections should go elsewhere. Who
// comes all the same, as there may be no other server, stays until the last one, so
// as not to be sent away again and again.
const drainParts = 10

// reconnectFrame asks a client to come back.
type reconnectFrame struct {
	Type    string `json:"type"` // reconnect
	AfterMS int64  `json:"after_ms"`
}

// draining sends the clients of a server that is to stop away one after another: if
// all of them left at once, they would all be back at once, wherever they go. It
// knows who was told to leave and has not left yet.
type draining struct {
	mu      sync.Mutex
	began   time.Time
	over    time.Duration
	leaving map[*realtime.Conn]*time.Timer // nil: nobody is to leave
	empty   chan struct{}                  // cap 1: nobody is left
}

// Drain tells every client when to come back and closes its socket then, with
// realtime.CloseGoingAway: first the global sockets, then those of threads, which
// clients in the field do not open again. Whoever comes meanwhile is served, and
// told the same. It returns when no socket is left, when the time is over, or when
// ctx ends, which leaves the others open. It is called once.
func (l *Live) Drain(ctx context.Context, over time.Duration) {
	if over <= 0 {
		return
	}
	d := &l.draining
	d.begin(over)
	defer d.end()
	sockets := l.inOrderOfLeaving()
	l.log.InfoContext(ctx, "sockets are sent away", "sockets", len(sockets), "over", over)
	lead := over / drainParts
	for i, c := range sockets {
		at := lead + (over-lead)*time.Duration(i+1)/time.Duration(len(sockets))
		if m, news := d.dismiss(c, at); news {
			c.Send(m)
		}
	}
	d.wait(ctx)
}

func (l *Live) inOrderOfLeaving() []*realtime.Conn {
	var global, threads []*realtime.Conn
	l.hub.Each(func(c *realtime.Conn) bool {
		if seat, _ := c.Value().(app.Seat); seat.ThreadID == globalStream {
			global = append(global, c)
		} else {
			threads = append(threads, c)
		}
		return true
	})
	return append(global, threads...)
}

func (d *draining) begin(over time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.began, d.over = time.Now(), over
	d.leaving, d.empty = make(map[*realtime.Conn]*time.Timer), make(chan struct{}, 1)
}

// dismiss has a connection closed so long after the beginning, and returns what to
// tell it; false if it was told before, or nobody is to leave.
func (d *draining) dismiss(c *realtime.Conn, at time.Duration) (m realtime.Message, news bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, told := d.leaving[c]; told || d.leaving == nil {
		return m, false
	}
	left := max(0, time.Until(d.began.Add(at)))
	d.leaving[c] = time.AfterFunc(left, func() {
		c.Close(realtime.CloseGoingAway)
		d.gone(c)
	})
	return realtime.Message{Frame: encode(reconnectFrame{"reconnect", left.Milliseconds()})}, true
}

// greet returns what to tell a connection that comes while others are sent away.
func (d *draining) greet(c *realtime.Conn) []realtime.Message {
	if m, news := d.dismiss(c, d.lastPart()); news {
		return []realtime.Message{m}
	}
	return nil
}

// lastPart returns some time in what is left of the last part.
func (d *draining) lastPart() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.leaving == nil {
		return 0
	}
	begins := max(time.Since(d.began), d.over-d.over/drainParts)
	return begins + rand.N(max(1, d.over-begins))
}

// gone notes that a connection has ended.
func (d *draining) gone(c *realtime.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	timer, told := d.leaving[c]
	if !told {
		return
	}
	timer.Stop()
	delete(d.leaving, c)
	if len(d.leaving) == 0 {
		select {
		case d.empty <- struct{}{}:
		default:
		}
	}
}

// wait waits until nobody is left, and closes who is when the time is over.
func (d *draining) wait(ctx context.Context) {
	over := time.NewTimer(time.Until(d.began.Add(d.over)))
	defer over.Stop()
	for len(d.remaining()) > 0 {
		select {
		case <-d.empty:
		case <-ctx.Done():
			return
		case <-over.C:
			for _, c := range d.remaining() {
				c.Close(realtime.CloseGoingAway)
			}
			return
		}
	}
}

func (d *draining) remaining() (conns []*realtime.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.leaving {
		conns = append(conns, c)
	}
	return conns
}

// end sends nobody away any more.
func (d *draining) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, timer := range d.leaving {
		timer.Stop()
	}
	d.leaving = nil
}
