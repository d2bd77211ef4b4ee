//go:build linux

package audience_test

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"parley/cmd/parleyload/internal/audience"
	"parley/cmd/parleyload/internal/forum"
	"parley/cmd/parleyload/internal/hub"
	"parley/cmd/parleyload/internal/ledger"
	"parley/cmd/parleyload/internal/swarm"
)

const token = "t0ken"

// stage is a hub with an audience.
type stage struct {
	testing.TB
	hub      *hub.Hub
	forum    *forum.Client
	ledger   *ledger.Ledger
	audience *audience.Audience
}

func open(t testing.TB) *stage {
	t.Helper()
	h, err := hub.New(hub.Config{Addr: netip.MustParseAddrPort("127.0.0.1:0"), Shards: 2, FrameBytes: 300})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	s := &stage{TB: t, hub: h, forum: forum.NewClient("http://"+h.Addr().String(), 4), ledger: ledger.New()}
	t.Cleanup(s.forum.Close)
	s.audience, err = audience.New(swarm.Config{
		Server: h.Addr(), From: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}, Shards: 2,
	}, s.ledger, token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.audience.Close() })
	return s
}

// enter adds n viewers to each of some threads and lets them in.
func (s *stage) enter(n int, threads ...int64) {
	s.Helper()
	for range n {
		for _, thread := range threads {
			s.audience.Add(thread, "session_id=x")
		}
	}
	s.reenter()
}

func (s *stage) reenter() {
	s.Helper()
	if err := s.audience.Enter(s.Context(), s.audience.Viewers(), 16); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) post(thread int64, text string) {
	s.Helper()
	id, err := s.forum.Post(s.Context(), "session_id=x", thread, text, "")
	if err != nil {
		s.Fatal(err)
	}
	s.audience.Acknowledged(thread, id)
}

// settle waits until all have all, and checks that nothing is wrong.
func (s *stage) settle() {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 10*time.Second)
	defer cancel()
	if behind := s.audience.Settle(ctx); behind > 0 {
		s.Errorf("%d viewers are behind", behind)
	}
	s.ledger.Audit(s.audience.Close())
	if first, _ := s.ledger.Faults(); len(first) > 0 {
		s.Errorf("found %v", first)
	}
}

func TestEverybodyGetsEverythingAndItIsMeasured(t *testing.T) {
	s := open(t)
	s.enter(5, 1, 2)
	s.audience.Measure()
	for range 20 {
		s.post(1, s.audience.Compose(100))
		s.post(2, s.audience.Compose(0))
	}
	s.post(1, "by somebody else")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s.audience.Settle(ctx)
	latency, handshakes := s.audience.Measured()
	if got := latency.Count(); got != 2*5*20 {
		t.Errorf("%d deliveries measured, want 200", got)
	}
	if handshakes.Count() != 0 {
		t.Error("handshakes of before are measured")
	}
	if got := s.audience.Totals(); got.Delivered != 205 || got.Present != 10 || got.Bytes < 205*300 {
		t.Errorf("totals are %+v", got)
	}
	s.settle()
}

func TestWhoDropsResumesAndMissesNothing(t *testing.T) {
	s := open(t)
	s.enter(10, 1)
	for range 3 {
		s.post(1, s.audience.Compose(50))
		s.audience.Drop(s.audience.Viewers())
		for range 7 {
			s.post(1, s.audience.Compose(50))
		}
		s.reenter()
	}
	s.settle()
	if got := s.audience.Totals(); got.Delivered != 10*24 || got.Recovered != 30 || got.Refused != 0 {
		t.Errorf("totals are %+v", got)
	}
}

func TestARoundIsOverWhenEverybodyHasTheMessage(t *testing.T) {
	s := open(t)
	s.enter(30, 1)
	for range 100 {
		text, round := s.audience.ComposeRound(1, 80)
		s.post(1, text)
		select {
		case <-round.Done():
		case <-time.After(10 * time.Second):
			t.Fatal("the round does not end")
		}
		s.audience.Forget(round)
	}
	if got := s.audience.Totals().Delivered; got != 30*100 {
		t.Errorf("%d deliveries when the rounds were over, want 3000", got)
	}
	s.settle()
}

func TestAViewerWhoDoesNotReadIsBehindUntilItDoes(t *testing.T) {
	s := open(t)
	s.enter(2, 1)
	stuck := s.audience.Viewers()[0]
	paused := make(chan struct{})
	stuck.Do(func() { stuck.Pause(); close(paused) })
	<-paused
	s.post(1, s.audience.Compose(50))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if behind := s.audience.Settle(ctx); behind != 1 {
		t.Errorf("%d are behind, want 1", behind)
	}
	stuck.Do(stuck.Continue)
	s.settle()
}

func TestViewersOfTheGlobalStreamAreGreeted(t *testing.T) {
	s := open(t)
	s.enter(3, 0)
	if got := s.audience.Totals().Present; got != 3 {
		t.Errorf("%d are there, want 3", got)
	}
	s.settle()
}

func TestAServerThatIsNotThereIsAnError(t *testing.T) {
	s := open(t)
	s.hub.Close()
	s.audience.Add(1, "session_id=x")
	if err := s.audience.Enter(t.Context(), s.audience.Viewers(), 1); err == nil {
		t.Error("the viewer is there")
	}
}

// BenchmarkFanout is what hub and audience cost together, for each message that
// reaches a thousand viewers, eight messages at a time.
func BenchmarkFanout(b *testing.B) {
	s := open(b)
	s.enter(1000, 1)
	var all sync.WaitGroup
	rounds := make(chan struct{})
	for range 8 {
		all.Go(func() {
			for range rounds {
				text, round := s.audience.ComposeRound(1, 100)
				s.post(1, text)
				<-round.Done()
				s.audience.Forget(round)
			}
		})
	}
	for b.Loop() {
		rounds <- struct{}{}
	}
	close(rounds)
	all.Wait()
	totals := s.audience.Totals()
	b.ReportMetric(float64(totals.Delivered)/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(float64(totals.Delivered)/float64(totals.Reads), "frames/read")
}
