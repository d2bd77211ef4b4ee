//go:build linux

package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// storm is what happens when a network or a proxy fails for a moment: everybody
// comes back at once, and has missed something.
type storm struct {
	options
	Sockets      int `long:"sockets" default:"1000" value-name:"N" description:"Viewers."`
	Threads      int `long:"threads" default:"10" value-name:"N" description:"Threads they watch, one each."`
	Events       int `long:"events" default:"20" value-name:"N" description:"Messages in each thread that everybody misses, at most 1000."`
	Rush         int `long:"rush" default:"1000" value-name:"N" description:"Sockets that come back at the same time; more wait for these."`
	MessageBytes int `long:"message-bytes" default:"100" value-name:"N" description:"Size of a message's text."`
}

// logReads is the server's count of the pages it has read of its log. However many come back, one
// for each thread is enough.
const logReads = "parley_log_reads_total"

// Validate says what is wrong with the settings.
func (st *storm) Validate() error {
	if st.Events > 1000 {
		return fmt.Errorf("--events must be at most 1000: more cannot be resumed")
	}
	return st.options.Validate()
}

// Run plays the scenario.
func (st *storm) Run(ctx context.Context, to streams) error {
	return st.perform(ctx, to, "storm", st)
}

func (st *storm) crowd() crowd {
	return crowd{sockets: st.Sockets, threads: st.Threads, size: st.MessageBytes, absent: true}
}

func (st *storm) play(ctx context.Context, s *stage) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	if err := st.miss(ctx, s); err != nil {
		return err
	}
	s.says("coming back")
	s.reset()
	readBefore, _ := s.target.counter(ctx, logReads)
	began := s.mark()
	if err := s.audience.Enter(ctx, s.audience.Viewers(), st.Rush); err != nil {
		return err
	}
	connected := time.Since(began.at)
	s.settle(ctx)
	i := &interval{}
	s.finish(i, began)
	totals := s.audience.Totals()
	r := s.result
	r.add("all connected", "s", connected.Seconds())
	r.add("all caught up", "s", i.length.Seconds())
	r.add("events replayed", "", i.delivered)
	r.add("resumed", "", float64(totals.Recovered))
	r.add("not resumed", "", float64(totals.Refused))
	r.addQuantiles("socket back", i.handshake)
	if read, ok := s.target.counter(ctx, logReads); ok {
		r.add("log reads", "", read-readBefore)
		r.add("log reads per thread", "", (read-readBefore)/float64(len(s.threads)))
	}
	i.reportCPU(r, "cpu per socket", float64(st.Sockets))
	if rss := s.target.rss(); rss > 0 {
		r.add("memory afterwards", "MiB", float64(rss)/(1<<20))
	}
	return nil
}

// miss drops everybody and posts what they miss.
func (st *storm) miss(ctx context.Context, s *stage) error {
	s.says("dropping")
	s.audience.Drop(s.audience.Viewers())
	s.says("posting what is missed")
	var next atomic.Int64
	all := int64(st.Events * len(s.threads))
	workers := crew(16, func(ctx context.Context, _ <-chan struct{}) error {
		for n := next.Add(1) - 1; n < all; n = next.Add(1) - 1 {
			if err := s.say(ctx, n); err != nil {
				return err
			}
		}
		return nil
	})
	return s.during(ctx, workers, func(context.Context) error { return nil })
}
