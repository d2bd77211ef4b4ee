//go:build linux

package main

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"parley/cmd/parleyload/internal/audience"
	"parley/cmd/parleyload/internal/ledger"
	"parley/cmd/parleyload/internal/procfs"
	"parley/cmd/parleyload/internal/swarm"
)

// stuck measures the same load twice, the second time with one reader that has
// stopped reading: what the others notice, and when the server gives it up.
type stuck struct {
	options
	Sockets      int           `long:"sockets" default:"1000" value-name:"N" description:"Viewers, one of whom gets stuck."`
	Rate         float64       `long:"rate" default:"20" value-name:"N" description:"Messages a second."`
	Posters      int           `long:"posters" default:"16" value-name:"N" description:"Posts under way at the same time, at most."`
	MessageBytes int           `long:"message-bytes" default:"2000" value-name:"N" description:"Size of a message's text: large enough to fill what the kernel holds."`
	Warmup       time.Duration `long:"warmup" default:"2s" description:"Before measuring, each time."`
	Duration     time.Duration `long:"duration" default:"20s" description:"Of measuring, each time."`

	viewer *audience.Viewer
	ended  chan swarm.Ending
}

// stuckBuffer is what the kernel holds for the stuck reader: without a bound it
// would take megabytes off the server's hands.
const stuckBuffer = 4 << 10

// Run plays the scenario.
func (st *stuck) Run(ctx context.Context, to streams) error {
	return st.perform(ctx, to, "stuck", st)
}

func (st *stuck) crowd() crowd {
	return crowd{sockets: st.Sockets, threads: 1, size: st.MessageBytes}
}

func (st *stuck) play(ctx context.Context, s *stage) error {
	st.viewer, st.ended = s.audience.Viewers()[0], make(chan swarm.Ending, 1)
	st.viewer.ReceiveBuffer = stuckBuffer
	s.audience.OnClose = func(v *audience.Viewer, why swarm.Ending) {
		if v == st.viewer {
			select {
			case st.ended <- why:
				return
			default: // once more, after it came back and read like everybody else
			}
		}
		s.ledger.Report(ledger.Closed, v.ID(), "%v", why)
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	return s.during(ctx, s.steadily(st.Rate, st.Posters), func(ctx context.Context) error { return st.compare(ctx, s) })
}

// compare measures without and with the stuck reader, and frees it in the end.
func (st *stuck) compare(ctx context.Context, s *stage) error {
	without, err := s.measure(ctx, st.Warmup, st.Duration)
	if err != nil {
		return err
	}
	local, err := st.stop(ctx)
	if err != nil {
		return err
	}
	given := make(chan time.Duration, 1)
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { given <- abandoned(watching, s.target.address, local) }()
	with, err := s.measure(ctx, st.Warmup, st.Duration)
	if err != nil {
		return err
	}
	cancel()
	st.report(s.result, without, with, <-given)
	return st.free(ctx, s)
}

// stop makes the reader stop reading, and returns its address.
func (st *stuck) stop(ctx context.Context) (local netip.AddrPort, err error) {
	done := make(chan struct{})
	st.viewer.Do(func() {
		local, err = st.viewer.Local()
		st.viewer.Pause()
		close(done)
	})
	select {
	case <-done:
		return local, err
	case <-ctx.Done():
		return local, context.Cause(ctx)
	}
}

// abandoned waits until the server has closed its end of a connection, and returns
// how long that took; 0 if ctx ended first. The client cannot see it: the news
// waits behind all it does not read.
func abandoned(ctx context.Context, server, client netip.AddrPort) time.Duration {
	for began := time.Now(); ; {
		if pause(ctx, sampling) != nil {
			return 0
		}
		if open, err := procfs.Established(server, client); err == nil && !open {
			return time.Since(began)
		}
	}
}

func (st *stuck) report(r *result, without, with *interval, given time.Duration) {
	before, after := without.latency.Quantile(0.99), with.latency.Quantile(0.99)
	r.addQuantiles("without", without.latency)
	r.addQuantiles("with", with.latency)
	if before > 0 {
		r.add("p99 with against without", "×", float64(after)/float64(before))
	}
	if given > 0 {
		r.add("stuck reader closed after", "s", given.Seconds())
	} else {
		r.Notes = append(r.Notes, fmt.Sprintf("the stuck reader was not closed within %v", st.Warmup+st.Duration))
	}
	r.latency.Add(with.latency)
	r.Samples = append(r.Samples, with.samples...)
}

// free lets the stuck reader read on. If the server has given it up it comes back
// and resumes, and must then have everything like the others.
func (st *stuck) free(ctx context.Context, s *stage) error {
	s.says("freeing the stuck reader")
	st.viewer.Do(st.viewer.Continue)
	select {
	case why := <-st.ended:
		st.ended <- why // it may not happen again
		s.result.Notes = append(s.result.Notes, "the stuck reader was stopped: "+why.String())
		st.viewer.ReceiveBuffer = 0
		return s.audience.Enter(ctx, []*audience.Viewer{st.viewer}, 1)
	case <-time.After(time.Second): // it was not
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
