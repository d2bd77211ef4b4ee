package realtime

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// BenchmarkFanout delivers events of 300 bytes to real sockets over loopback, which another process
// reads. An operation is one event at all viewers, and window is how many are under way at once.
// Each case is measured for the hub and for the bare one beside it; what counts is how they
// compare.
func BenchmarkFanout(b *testing.B) {
	for _, load := range []struct{ viewers, window int }{{1000, 1}, {1000, 8}, {1000, 32}, {10000, 4}} {
		name := fmt.Sprintf("viewers=%d/window=%d", load.viewers, load.window)
		b.Run(name+"/bare", func(b *testing.B) { fanOutBare(b, load.viewers, load.window) })
		b.Run(name+"/hub", func(b *testing.B) { fanOutHub(b, load.viewers, load.window) })
	}
}

var benchmarkBody = []byte(`{"text":"` + strings.Repeat("x", 260) + `"}`)

func fanOutBare(b *testing.B, viewers, window int) {
	h := newBare(b)
	defer h.close()
	d := startDrain(b, h.listener.Addr().String(), viewers, false)
	defer d.stop()
	wire := encode(ws.OpText, append(benchmarkBody, `,"event_id":"g.t5:1000"`...))
	inWindow(b, d, viewers, window, func() { h.broadcast(wire) })
}

func fanOutHub(b *testing.B, viewers, window int) {
	s := serveHub(b, Config{}, UpgradeConfig{})
	d := startDrain(b, s.address, viewers, false)
	defer d.stop()
	s.await(b, viewers)
	inWindow(b, d, viewers, window, func() {
		e := s.log.Append("t5", func() Event { return Event{Frame: benchmarkBody} })
		e.Committed = time.Now()
		s.hub.Publish(e)
	})
}

// BenchmarkPings is what it costs to hear from 1,000 clients that each ask again when they are
// answered: to find out who is ready, read a frame and write one. An operation is an answer to
// each.
func BenchmarkPings(b *testing.B) {
	const clients = 1000
	s := serveHub(b, Config{}, UpgradeConfig{})
	d := startDrain(b, s.address, clients, true)
	defer d.stop()
	cpu := processorTime()
	for b.Loop() {
		d.await(b)
	}
	b.ReportMetric(float64((processorTime()-cpu).Nanoseconds())/float64(b.N*clients), "cpu-ns/answer")
	b.ReportMetric(float64(b.N*clients)/b.Elapsed().Seconds(), "answers/s")
}

// inWindow has so many events under way at once.
func inWindow(b *testing.B, d *drain, viewers, window int, send func()) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := processorTime()
	sent := 0
	for b.Loop() {
		if sent >= window {
			d.await(b)
		}
		send()
		sent++
	}
	for range min(window, sent) {
		d.await(b)
	}
	runtime.ReadMemStats(&after)
	deliveries := float64(sent * viewers)
	b.ReportMetric(deliveries/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(float64((processorTime()-cpu).Nanoseconds())/deliveries, "cpu-ns/delivery")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/deliveries, "allocs/delivery")
}

// served is a hub behind an HTTP server, to which everybody who comes is joined, to channel t5.
type served struct {
	hub     *Hub
	log     *MemoryLog
	address string
}

func serveHub(tb testing.TB, config Config, upgrade UpgradeConfig) *served {
	s := &served{log: NewMemoryLog("g")}
	config.Log = s.log
	s.hub = New(config)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.hub.Run(ctx) }()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Upgrade(w, r, upgrade)
		if err == nil {
			err = s.hub.Join(r.Context(), c, JoinRequest{Admit: func(context.Context) (Admission, error) {
				return Admission{User: fmt.Sprint(c.ID()), Channels: []Head{{"t5", s.log.Head("t5")}}}, nil
			}})
		}
		if err != nil {
			tb.Error(err)
		}
	}))
	tb.Cleanup(func() {
		server.Close()
		stop()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
	})
	s.address = server.Listener.Addr().String()
	return s
}

// await waits until so many are live subscribers.
func (s *served) await(tb testing.TB, sockets int) {
	eventually(tb, func() bool {
		n := 0
		s.hub.EachSubscriber("t5", func(*Conn) bool { n++; return true })
		return n == sockets
	})
}

// eventually waits until something that happens elsewhere has happened.
func eventually(tb testing.TB, happened func() bool) {
	tb.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !happened() {
		if time.Now().After(deadline) {
			tb.Fatal("it has not happened in half a minute")
		}
		time.Sleep(time.Millisecond)
	}
}
