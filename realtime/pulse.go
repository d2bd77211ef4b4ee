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
		case <-ticker.C:
			now := time.Now()
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

// probe asks a client that has been silent for an interval whether it is there, and gives up on it
// after another one without an answer. Browsers answer pings by themselves.
func (h *Hub) probe(c *Conn, now time.Time) {
	interval, silence, asked := h.config.Heartbeat, c.silence(), now.Sub(c.pinged)
	switch {
	case silence < interval:
	case asked >= silence: // it has been heard since, and must be asked again
		c.pinged = now
		c.push(entry{wire: pingFrame, lane: State, key: pingKey})
		if h.config.HeartbeatFrame != nil {
			c.push(entry{wire: encode(ws.OpText, h.config.HeartbeatFrame(now)), lane: Ephemeral})
		}
	case c.waits(pingKey): // behind what a slow reader is taking, within writeTimeout
		c.pinged = now
	case asked >= interval:
		c.sever(CloseUnresponsive)
	}
}
