package server

import (
	"math"
	"sync"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/live"
	"parley/realtime"
)

// replica tells the administration of this process. It implements app.Reporter.
type replica struct {
	*live.Authority // has its bus mode set
	hub             *realtime.Hub
	redis           bool
	version         string
	started         parley.Time

	mu   sync.Mutex
	last tally // of the report before
}

// tally is what rates are made of.
type tally struct {
	at      time.Time
	figures map[string]uint64
	rates   map[string]float64 // since the one before
}

// minTally is the shortest time that rates are made of: of one report right after
// another they would be anything.
const minTally = time.Second

func newReplica(authority *live.Authority, hub *realtime.Hub, redis bool, version string) *replica {
	now := time.Now()
	return &replica{Authority: authority, hub: hub, redis: redis, version: version, started: parley.At(now), last: tally{at: now}}
}

// Report implements app.Reporter.
func (r *replica) Report() app.ReplicaReport {
	m := r.hub.Metrics()
	return app.ReplicaReport{
		Version: r.version, StartedAt: r.started,
		Connections: r.connections(), ConnectedUsers: m.Users, Channels: m.Channels,
		Bus: r.bus(),
		Rates: r.rates(map[string]uint64{
			"deliveries": m.Delivered, "log_repairs": m.Repairs, "bus_published": m.Bus.Published, "bus_received": m.Bus.Received,
		}),
	}
}

func (r *replica) bus() app.BusReport {
	status, _ := r.hub.Bus()
	report := app.BusReport{Redis: r.redis, Mode: parley.BusMode(status.Mode.String()), State: "ok"}
	if status.Degraded {
		report.State = "degraded"
	}
	return report
}

// rates tells how often a second the figures went up since the call before.
func (r *replica) rates(figures map[string]uint64) map[string]float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.last.rates != nil && now.Sub(r.last.at) < minTally {
		return r.last.rates
	}
	rates := make(map[string]float64, len(figures))
	for name, n := range figures {
		rates[name] = math.Round(float64(n-r.last.figures[name])/now.Sub(r.last.at).Seconds()*10) / 10
	}
	r.last = tally{now, figures, rates}
	return rates
}

// connections counts the open sockets by stream.
func (r *replica) connections() map[string]int {
	streams := map[string]int{string(live.ThreadStream): 0, string(live.GlobalStream): 0}
	r.hub.Each(func(c *realtime.Conn) bool {
		if seat, ok := c.Value().(app.Seat); ok {
			if seat.ThreadID == 0 {
				streams[string(live.GlobalStream)]++
			} else {
				streams[string(live.ThreadStream)]++
			}
		}
		return true
	})
	return streams
}
