//go:build linux

package main

import (
	"context"
	"sync/atomic"
	"time"

	"parley/cmd/parleyload/internal/audience"
	"parley/cmd/parleyload/internal/ledger"
)

// handshake opens sockets as fast as the server lets it in, and drops each as soon
// as it is greeted.
type handshake struct {
	options
	Open     int           `long:"open" default:"100" value-name:"N" description:"Sockets at the same time."`
	Threads  int           `long:"threads" default:"10" value-name:"N" description:"Threads they open."`
	Global   bool          `long:"global" description:"They open the global stream instead."`
	Warmup   time.Duration `long:"warmup" default:"1s" description:"Before measuring."`
	Duration time.Duration `long:"duration" default:"10s" description:"Of measuring."`
}

// Run plays the scenario.
func (h *handshake) Run(ctx context.Context, to streams) error {
	return h.perform(ctx, to, "handshake", h)
}

func (h *handshake) crowd() crowd {
	if h.Global {
		return crowd{sockets: h.Open, global: true, absent: true}
	}
	return crowd{sockets: h.Open, threads: h.Threads, absent: true}
}

func (h *handshake) play(ctx context.Context, s *stage) error {
	var turning turnstile
	for _, v := range s.audience.Viewers() {
		turning.enter(v, s.ledger)
	}
	i, err := s.measure(ctx, h.Warmup, h.Duration)
	turning.closed.Store(true)
	if err != nil {
		return err
	}
	opened := float64(i.handshake.Count())
	s.result.add("handshakes", "/s", opened/i.length.Seconds())
	s.result.addQuantiles("handshake", i.handshake)
	i.reportCPU(s.result, "cpu per handshake", opened)
	return nil
}

// turnstile lets viewers in and out, each again and again.
type turnstile struct{ closed atomic.Bool }

func (t *turnstile) enter(v *audience.Viewer, l *ledger.Ledger) {
	v.Enter(func(err error) {
		if t.closed.Load() {
			return
		}
		if err != nil {
			l.Report(ledger.Closed, v.ID(), "handshake: %v", err)
			time.AfterFunc(time.Second, func() { t.enter(v, l) }) // or it would be refused as fast as it can ask
			return
		}
		v.Drop()
		v.Forget()
		t.enter(v, l)
	})
}
