package fieldclient

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

const globalPath = "/api/forum/ws/global"

// maxReconnects is how often a page opens its global socket again.
const maxReconnects = 5

// policyViolation is the one close code after which the global socket stays
// closed.
const policyViolation = 1008

// Global is the global socket of a page. It pings, and gives a socket up whose pong
// is late; it answers heartbeats; it comes back with doubling delays, five times,
// unless it was refused, and never after a reconnect that did not open.
type Global struct {
	*page
	opened atomic.Int64
	pongs  chan struct{} // cap 1
}

// OpenGlobal opens the socket that every page of the forum opens when it loads.
func (c *Client) OpenGlobal(ctx context.Context) (*Global, error) {
	g := &Global{page: c.newPage(), pongs: make(chan struct{}, 1)}
	ws, err := g.dial(ctx, globalPath)
	if err != nil {
		g.leave()
		return nil, err
	}
	go g.run(ws)
	return g, nil
}

// Opened returns how many sockets were opened so far.
func (g *Global) Opened() int { return int(g.opened.Load()) }

func (g *Global) run(ws *websocket.Conn) {
	defer close(g.done)
	defer g.leave()
	delay := g.client.Pace.Retry
	for attempt := 0; ; attempt++ {
		g.end = g.live(ws)
		if g.end.Code == policyViolation || attempt == maxReconnects || !g.wait(delay) {
			return
		}
		delay *= 2
		var err error
		if ws, err = g.dial(g.ctx, globalPath); err != nil {
			g.end = End{Code: 1006, Unopened: err}
			return
		}
	}
}

// wait reports whether the page is still there after a delay.
func (p *page) wait(delay time.Duration) bool {
	select {
	case <-time.After(delay):
		return true
	case <-p.ctx.Done():
		return false
	}
}

// live lives with one socket until it ends.
func (g *Global) live(ws *websocket.Conn) End {
	g.opened.Add(1)
	defer ws.CloseNow()
	closed := make(chan struct{})
	pinging := make(chan struct{})
	go func() {
		defer close(pinging)
		g.ping(ws, closed)
	}()
	end := g.read(ws, func(frame Object) {
		switch frame.Text("type") {
		case "heartbeat":
			g.send(ws, Object{"type": "heartbeat_ack"})
		case "pong":
			select {
			case g.pongs <- struct{}{}:
			default:
			}
		}
	})
	close(closed)
	<-pinging
	return end
}

// ping pings until the socket is closed, and gives it up when a pong is late.
func (g *Global) ping(ws *websocket.Conn, closed <-chan struct{}) {
	for {
		select {
		case <-time.After(g.client.Pace.Ping):
		case <-closed:
			return
		}
		select {
		case <-g.pongs: // a late one of before
		default:
		}
		g.send(ws, Object{"type": "ping"})
		select {
		case <-g.pongs:
		case <-time.After(g.client.Pace.Pong):
			ws.CloseNow()
			return
		case <-closed:
			return
		}
	}
}
