package realtime

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

const defaultHeartbeat = 30 * time.Second

// pulse looks after silent connections. Each has a timer that goes off when it could have been
// silent for an interval; hearing from it does not touch the timer.
type pulse struct {
	hub   *Hub
	check time.Duration // how often a connection is looked at that has been asked whether it is there

	mu    sync.Mutex
	wheel wheel[*seat]
}

func newPulse(h *Hub) *pulse {
	check := min(time.Second, h.config.Heartbeat/4)
	return &pulse{hub: h, check: check, wheel: wheel[*seat]{tick: check / 4}}
}

// run looks after connections and empty channels until ctx ends.
func (p *pulse) run(ctx context.Context) {
	ticker, forget := time.NewTicker(p.wheel.tick), time.NewTicker(p.check)
	defer ticker.Stop()
	defer forget.Stop()
	var due []*seat
	for {
		select {
		case <-ticker.C:
			due = p.expire(due[:0])
			for _, s := range due {
				p.set(s, p.probe(s, instant()))
			}
			clear(due)
		case now := <-forget.C:
			p.hub.forget(now)
		case <-ctx.Done():
			return
		}
	}
}

// watch begins to look after a connection.
func (p *pulse) watch(s *seat) {
	s.pinged = time.Duration(s.conn.heard.Load())
	p.set(s, p.late(p.hub.config.Heartbeat))
}

// late makes a time a little longer: so those who came together, after a restart perhaps, drift
// apart.
func (p *pulse) late(in time.Duration) time.Duration {
	return in + rand.N(p.hub.config.Heartbeat/32+1)
}

// forget ends it.
func (p *pulse) forget(s *seat) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wheel.unset(&s.pulse)
}

func (p *pulse) expire(due []*seat) []*seat {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wheel.expire(due, instant())
}

// set looks at a connection again in a while.
func (p *pulse) set(s *seat, in time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.conn.live() {
		now := instant()
		p.wheel.set(&s.pulse, now+in, now)
	}
}

// probe asks a client that has been silent for an interval whether it is there, and gives up on it
// after another one without an answer. Browsers answer pings by themselves. It returns when to look
// again.
func (p *pulse) probe(s *seat, now time.Duration) (again time.Duration) {
	interval, silence, asked := p.hub.config.Heartbeat, now-time.Duration(s.conn.heard.Load()), now-s.pinged
	switch {
	case silence < interval:
		return p.late(interval - silence)
	case asked >= silence: // it has been heard since, and must be asked again
		s.pinged = now
		s.conn.push(entry{wire: s.conn.transport.format().ping(), lane: State, key: pingKey})
		if frame := p.hub.config.HeartbeatFrame; frame != nil {
			s.conn.Send(Message{Lane: Ephemeral, Frame: frame(time.Now())})
		}
	case s.conn.waits(pingKey): // behind what a slow reader is taking, within writeTimeout
		s.pinged = now
	case asked >= interval:
		s.conn.sever(CloseUnresponsive)
	}
	return p.check
}
