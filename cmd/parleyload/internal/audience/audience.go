//go:build linux

// Package audience is many people who watch threads, each over a WebSocket of a
// swarm. It reads what they get, has a ledger check it, and measures how long it
// took from the post to each of them.
package audience

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"parley/cmd/parleyload/internal/histogram"
	"parley/cmd/parleyload/internal/ledger"
	"parley/cmd/parleyload/internal/swarm"
)

// Audience is a set of viewers. Its methods may be called concurrently, Add and
// OnClose before any viewer enters.
type Audience struct {
	// OnClose is called when the server ends a viewer's connection, by the
	// viewer's goroutine; nil: that is a fault.
	OnClose func(v *Viewer, why swarm.Ending)

	ledger   *ledger.Ledger
	swarm    *swarm.Swarm
	token    string
	halls    []*hall
	viewers  []*Viewer
	measured atomic.Int64 // what was sent before this is not measured, see swarm.Now

	mu     sync.Mutex
	rounds map[uint64]*Round
	sent   uint64 // messages composed so far

	watched map[int64][]bool // by thread: the halls that have viewers of it

	called int64                // the thread in which everyone is called
	call   atomic.Pointer[Call] // the newest; nil: nobody follows calls
}

// hall is what belongs to one goroutine of the swarm.
type hall struct {
	channels   map[int64]*channel // by thread
	known      map[string]message // frames of the global stream that were read, see read
	latency    histogram.Histogram
	handshakes histogram.Histogram
	delivered  atomic.Uint64
	bytes      atomic.Uint64
	reads      atomic.Uint64
	lastRead   time.Duration
	present    atomic.Int64
	recovered  atomic.Uint64 // resumes
	refused    atomic.Uint64 // resumes that were not recovered
}

// New returns an audience without viewers. token, letters and digits, marks its
// messages: those of other runs are checked, but not measured.
func New(config swarm.Config, l *ledger.Ledger, token string) (*Audience, error) {
	a := &Audience{ledger: l, token: token, rounds: map[uint64]*Round{}, watched: map[int64][]bool{}}
	for range config.Shards {
		a.halls = append(a.halls, &hall{channels: map[int64]*channel{}, known: map[string]message{}})
	}
	var err error
	a.swarm, err = swarm.New(config, handler{a})
	return a, err
}

// Add returns a new viewer of a thread, or of the global stream if thread is 0, who
// will sign in with a Cookie header's value.
func (a *Audience) Add(thread int64, cookie string) *Viewer {
	v := &Viewer{audience: a, id: len(a.viewers), thread: thread, cookie: cookie}
	v.socket = a.swarm.Socket(v.id, v)
	v.hall = a.halls[v.socket.Shard()]
	if thread != 0 {
		v.reader = a.ledger.Channel(channelName(thread)).Join(v.id)
		v.channel = v.hall.channel(thread)
		if a.watched[thread] == nil {
			a.watched[thread] = make([]bool, len(a.halls))
		}
		a.watched[thread][v.socket.Shard()] = true
	}
	a.viewers = append(a.viewers, v)
	return v
}

// Viewers returns all viewers, by their ID.
func (a *Audience) Viewers() []*Viewer { return a.viewers }

// Enter connects viewers, at most so many at once, and returns when all are there
// or have failed. Those that were there before go on where they were.
func (a *Audience) Enter(ctx context.Context, viewers []*Viewer, atOnce int) error {
	places := make(chan struct{}, atOnce)
	failures := make(chan error, len(viewers))
	for _, v := range viewers {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		v.Enter(func(err error) { <-places; failures <- err })
	}
	return await(ctx, failures, len(viewers))
}

// await counts n outcomes.
func await(ctx context.Context, outcomes <-chan error, n int) error {
	var last error
	failed := 0
	for range n {
		select {
		case err := <-outcomes:
			if err != nil {
				last = err
				failed++
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d sockets did not connect: %w", failed, n, last)
	}
	return nil
}

// Drop ends viewers' connections as a failing network does, and returns when it is done.
func (a *Audience) Drop(viewers []*Viewer) {
	shards := make([][]*Viewer, a.swarm.Shards())
	for _, v := range viewers {
		shards[v.socket.Shard()] = append(shards[v.socket.Shard()], v)
	}
	a.swarm.Each(func(shard int) {
		for _, v := range shards[shard] {
			v.socket.Drop()
		}
	})
}

// Close ends everything, and returns how those read threads, or calls, who had not left
// by themselves, to be audited.
func (a *Audience) Close() (readers []*ledger.Reader) {
	var mu sync.Mutex
	a.swarm.Each(func(shard int) {
		mu.Lock()
		defer mu.Unlock()
		for i := shard; i < len(a.viewers); i += a.swarm.Shards() {
			if v := a.viewers[i]; v.checked() && v.last != nil && !v.away {
				readers = append(readers, &v.reader)
			}
		}
	})
	a.swarm.Close()
	return readers
}

// Settle waits until every viewer who is there has got all that any other has, and
// all that was acknowledged has come. It returns how many viewers were behind, and
// messages yet to come, when ctx ended; 0 if none.
func (a *Audience) Settle(ctx context.Context) (behind int) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		behind = a.ledger.Unseen() // first: what is seen from then on, behind knows of
		if behind += a.behind(); behind == 0 {
			return 0
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return behind
		}
	}
}

func (a *Audience) behind() int {
	var n atomic.Int64
	a.swarm.Each(func(shard int) {
		for i := shard; i < len(a.viewers); i += a.swarm.Shards() {
			if v := a.viewers[i]; v.checked() && v.seated && (v.reader.Behind() || v.uncalled()) {
				n.Add(1)
			}
		}
	})
	return int(n.Load())
}

// Totals is what all viewers together got so far.
type Totals struct {
	Present   int    // viewers who are connected
	Delivered uint64 // durable events
	Bytes     uint64 // of their frames
	Reads     uint64 // in which they came: how much the server writes at once
	Recovered uint64 // resumes that went on where they were
	Refused   uint64 // resumes that did not
}

// Totals returns what happened so far. It costs next to nothing.
func (a *Audience) Totals() (t Totals) {
	for _, h := range a.halls {
		t.Present += int(h.present.Load())
		t.Delivered += h.delivered.Load()
		t.Bytes += h.bytes.Load()
		t.Reads += h.reads.Load()
		t.Recovered += h.recovered.Load()
		t.Refused += h.refused.Load()
	}
	return t
}

// Measure begins to measure: it forgets what was measured before, and measures
// what is sent from now on.
func (a *Audience) Measure() {
	a.measured.Store(int64(swarm.Now()))
	a.swarm.Each(func(shard int) {
		a.halls[shard].latency = histogram.Histogram{}
		a.halls[shard].handshakes = histogram.Histogram{}
	})
}

// Measured returns how long deliveries took, from the post to the viewer, and
// handshakes, from connecting to the first frame, since Measure.
func (a *Audience) Measured() (latency, handshakes *histogram.Histogram) {
	latency, handshakes = new(histogram.Histogram), new(histogram.Histogram)
	var mu sync.Mutex
	a.swarm.Each(func(shard int) {
		mu.Lock()
		defer mu.Unlock()
		latency.Add(&a.halls[shard].latency)
		handshakes.Add(&a.halls[shard].handshakes)
	})
	return latency, handshakes
}
