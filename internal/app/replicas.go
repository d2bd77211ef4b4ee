package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"parley"
	"parley/internal/store"
)

// ReplicaReport is what a replica tells of itself.
type ReplicaReport struct {
	Version        string             `json:"version"`
	StartedAt      parley.Time        `json:"started_at" format:"date-time"`
	Connections    map[string]int     `json:"connections" doc:"Open sockets by stream."`
	ConnectedUsers int                `json:"connected_users" doc:"People with at least one socket here."`
	Channels       int                `json:"channels" doc:"Channels of the log that it follows because somebody watches, or did half a minute ago."`
	Bus            BusReport          `json:"bus"`
	Rates          map[string]float64 `json:"rates" doc:"What it did a second, on average since its report before: deliveries, log_repairs, bus_published, bus_received."`
}

// BusReport is how a replica is connected to the others.
type BusReport struct {
	Redis bool           `json:"redis" doc:"Whether it was started with a Redis."`
	Mode  parley.BusMode `json:"mode" enum:"local,dual,redis" doc:"The mode it works in: local where it has no Redis, whatever the community's mode."`
	State string         `json:"state" enum:"ok,degraded" doc:"degraded: others' events may be up to 2 s late."`
}

// ReplicaInfo is a replica as an administrator sees it.
type ReplicaInfo struct {
	ID     string      `json:"id" doc:"Of the process: another one after each start."`
	SeenAt parley.Time `json:"seen_at" format:"date-time" doc:"When it told this."`
	ReplicaReport
}

// Realtime is what all replicas together are doing.
type Realtime struct {
	BusMode     parley.BusMode `json:"bus_mode" enum:",local,dual,redis" doc:"What was chosen; empty: nobody chose, dual with Redis, else local."`
	Connections map[string]int `json:"connections" doc:"Open sockets by stream, of all replicas."`
	Replicas    []ReplicaInfo  `json:"replicas" doc:"Those that told of themselves within the last 30 s."`
}

// Reporter is the part of a replica that can tell of it, and can work in another
// bus mode.
type Reporter interface {
	Report() ReplicaReport
	// SetBusMode gives it the mode ("" is the default) as of a position of the control
	// channel. It may know a later one.
	SetBusMode(mode parley.BusMode, control uint64)
}

const (
	reportInterval = 5 * time.Second  // between two reports of a replica
	replicaGone    = 30 * time.Second // after this silence
	modeInterval   = time.Second      // between two looks at the bus mode
)

// Realtime tells a creator what the replicas are doing.
func (a *App) Realtime(ctx context.Context, v parley.Viewer) (r Realtime, err error) {
	err = a.inspect(ctx, v, func(s *store.Snapshot) error {
		if r.BusMode, err = s.BusMode(); err != nil {
			return err
		}
		if r.Replicas, err = replicasOf(s); err != nil {
			return err
		}
		r.Connections = map[string]int{}
		for _, replica := range r.Replicas {
			for stream, n := range replica.Connections {
				r.Connections[stream] += n
			}
		}
		return nil
	})
	return r, err
}

// replicasOf reads the replicas that told of themselves lately.
func replicasOf(s *store.Snapshot) ([]ReplicaInfo, error) {
	stored, err := s.Replicas(s.Now().Add(-replicaGone))
	replicas := make([]ReplicaInfo, len(stored))
	for i, r := range stored {
		replicas[i] = ReplicaInfo{ID: r.ID, SeenAt: r.SeenAt}
		if err := json.Unmarshal(r.Report, &replicas[i].ReplicaReport); err != nil {
			return nil, fmt.Errorf("report of replica %s: %w", r.ID, err)
		}
	}
	return replicas, err
}

// SetBusMode has all replicas work in another bus mode, within 2 s. Nothing is lost, doubled or reordered by it, and no socket closed.
func (a *App) SetBusMode(ctx context.Context, v parley.Viewer, mode parley.BusMode) error {
	if !mode.Valid() {
		return parley.InvalidField("mode", "must be local, dual or redis")
	}
	return a.administrate(ctx, v, func(tx *store.Tx, v parley.Viewer) error {
		old, err := tx.BusMode()
		if err != nil || old == mode {
			return err
		}
		if mode != parley.BusLocal {
			if err := allHaveRedis(&tx.Snapshot); err != nil {
				return err
			}
		}
		if err := tx.SetBusMode(mode); err != nil {
			return err
		}
		tx.Append(parley.BusModeChanged{})
		return tx.Audit(v.ID, parley.ActBusModeSet, 0, old, mode)
	})
}

// allHaveRedis refuses what needs a Redis where a replica has none.
func allHaveRedis(s *store.Snapshot) error {
	replicas, err := replicasOf(s)
	for _, r := range replicas {
		if !r.Bus.Redis {
			return parley.Errorf(parley.Conflict, "The replica %s has no Redis: start all replicas with --redis, then choose this mode.", r.ID)
		}
	}
	return err
}

// reportReplica tells of this replica until ctx ends, and says goodbye. It tells of
// another bus mode at once: whoever chose it waits to see it.
func (a *App) reportReplica(ctx context.Context) {
	id := strings.ToLower(rand.Text()[:8])
	ticker := time.NewTicker(reportInterval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		a.report(ctx, id)
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case <-a.otherMode:
		}
	}
	goodbye := context.WithoutCancel(ctx)
	if _, err := a.store.Update(goodbye, func(tx *store.Tx) error { return tx.RemoveReplica(id) }); err != nil {
		a.logger.WarnContext(goodbye, "replica not signed off, the others will notice", "error", err)
	}
}

// followBusMode brings this replica into the community's bus mode. The hub learns of a
// change from the control channel, if somebody is there whose rights it watches over;
// this does so whether or not, and at the start.
func (a *App) followBusMode(ctx context.Context) {
	var mode parley.BusMode
	var control uint64
	err := a.store.View(ctx, func(s *store.Snapshot) (err error) {
		if mode, err = s.BusMode(); err != nil {
			return err
		}
		control, err = s.Head(parley.ControlChannel)
		return err
	})
	if err != nil {
		a.warn(ctx, err, "bus mode not read, will try again")
		return
	}
	a.reporter.SetBusMode(mode, control)
	if mode != a.busMode {
		a.busMode = mode
		select {
		case a.otherMode <- struct{}{}:
		default:
		}
	}
}

// report stores what this replica tells of itself.
func (a *App) report(ctx context.Context, id string) {
	_, err := a.store.Update(ctx, func(tx *store.Tx) error {
		return tx.SaveReplica(id, a.reporter.Report(), replicaGone)
	})
	if err != nil {
		a.warn(ctx, err, "replica not reported, will try again")
	}
}
