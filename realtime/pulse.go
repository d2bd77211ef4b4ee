package realtime

import (
	"context"
	"time"

	"github.com/gobwas/ws"
)

const defaultHeartbeat = 30 * time.Second

// pulse looks after silent connections and empty channels until ctx ends.
func (h *Hub) pulse(ctx context.Context) {
	ticker := time.NewTicker(min(time.Second, h.config.Heartbeat/4))
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			h.Each(func(c *Conn) bool {
				h.probe(c, now)
				return true
			})
			h.forget(now)
		case <-ctx.Done():
			return
		}
	}
}

// probe asks a silent client whether it is there, and gives up on one that does not answer. Browsers answer pings by themselves.
func (h *Hub) probe(c *Conn, now time.Time) {
	silence, interval := c.silence(), h.config.Heartbeat
	switch {
	case silence >= 2*interval && c.drained(): // otherwise the ping may still wait behind what a slow reader is taking
		c.sever(CloseUnresponsive)
	case silence >= interval && now.Sub(c.pinged) >= interval:
		c.pinged = now
		c.push(entry{pingFrame, State, pingKey})
		if h.config.HeartbeatFrame != nil {
			c.push(entry{wire: encode(ws.OpText, h.config.HeartbeatFrame(now)), lane: Ephemeral})
		}
	}
}
