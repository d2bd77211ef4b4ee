//go:build linux

package main

import (
	"context"
	"fmt"
	"time"
)

// idle opens sockets and lets them be: what each costs the server in memory, and in
// processor time for its heartbeats.
type idle struct {
	options
	Sockets int           `long:"sockets" default:"1000" value-name:"N" description:"Viewers."`
	Threads int           `long:"threads" default:"100" value-name:"N" description:"Threads they watch, one each."`
	Global  bool          `long:"global" description:"They open the global stream instead of a thread's."`
	Hold    time.Duration `long:"hold" default:"60s" description:"How long nothing happens; heartbeats come every 30 s."`
	Settle  time.Duration `long:"settle" default:"5s" description:"How long memory is watched, before and after; the least counts."`
}

// Run plays the scenario.
func (i *idle) Run(ctx context.Context, to streams) error {
	return i.perform(ctx, to, "idle", i)
}

func (i *idle) crowd() crowd {
	if i.Global {
		return crowd{sockets: i.Sockets, global: true}
	}
	return crowd{sockets: i.Sockets, threads: i.Threads}
}

func (i *idle) play(ctx context.Context, s *stage) error {
	s.says("measuring memory without sockets")
	before, err := s.leastRSS(ctx, i.Settle)
	if err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	if err := i.hold(ctx, s); err != nil {
		return err
	}
	s.says("measuring memory with sockets")
	after, err := s.leastRSS(ctx, i.Settle)
	if err != nil {
		return err
	}
	if after > 0 {
		s.result.add("memory without sockets", "MiB", float64(before)/(1<<20))
		s.result.add("memory with sockets", "MiB", float64(after)/(1<<20))
		s.result.add("memory per socket", "KiB", float64(after-before)/1024/float64(i.Sockets))
	}
	return s.prove(ctx)
}

// hold measures while nothing happens.
func (i *idle) hold(ctx context.Context, s *stage) error {
	s.says("holding")
	if err := pause(ctx, time.Second); err != nil { // until what opening them left is done
		return err
	}
	spent, began := s.target.cpu(), time.Now()
	if err := pause(ctx, i.Hold); err != nil {
		return err
	}
	if spent > 0 {
		used := s.target.cpu() - spent
		s.result.add("cpu per socket and second", "µs", 1e6*used.Seconds()/time.Since(began).Seconds()/float64(i.Sockets))
	}
	return nil
}

// prove posts in every thread, so that a socket that only seemed to live is found.
func (s *stage) prove(ctx context.Context) error {
	s.says("proving that all are there")
	present := s.audience.Totals().Present
	s.result.add("sockets at the end", "", float64(present))
	if present < s.crowd.sockets {
		s.result.Notes = append(s.result.Notes, fmt.Sprintf("%d sockets were closed", s.crowd.sockets-present))
	}
	if s.crowd.global {
		return nil
	}
	for n := range s.threads {
		if err := s.say(ctx, int64(n)); err != nil {
			return err
		}
	}
	return nil
}

// leastRSS collects the target's garbage and returns the least memory it has while
// it gives back to the system what it needs no more; 0 if that is not known.
func (s *stage) leastRSS(ctx context.Context, during time.Duration) (least int64, err error) {
	s.target.collectGarbage(ctx)
	least = s.target.rss()
	for began := time.Now(); time.Since(began) < during; {
		if err := pause(ctx, sampling); err != nil {
			return 0, err
		}
		least = min(least, s.target.rss())
	}
	return least, nil
}
