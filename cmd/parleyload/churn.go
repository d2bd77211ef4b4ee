//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"parley/cmd/parleyload/internal/audience"
	"parley/cmd/parleyload/internal/ledger"
	"parley/cmd/parleyload/internal/swarm"
)

// churn is a day in short: people come and go, some politely, some because their
// network fails, and resume; others talk meanwhile. The server may be restarted
// too: viewers come back as clients do, and posts are tried again.
type churn struct {
	options
	Sockets      int           `long:"sockets" default:"1000" value-name:"N" description:"Viewers."`
	Threads      int           `long:"threads" default:"20" value-name:"N" description:"Threads they watch, one each."`
	Rate         float64       `long:"rate" default:"50" value-name:"N" description:"Messages a second, in all."`
	Posters      int           `long:"posters" default:"16" value-name:"N" description:"Posts under way at the same time, at most."`
	Turnover     float64       `long:"turnover" default:"0.05" value-name:"SHARE" description:"Share of the viewers that leave each second."`
	Away         time.Duration `long:"away" default:"2s" description:"How long one is away, at most."`
	MessageBytes int           `long:"message-bytes" default:"100" value-name:"N" description:"Size of a message's text."`
	Duration     time.Duration `long:"duration" default:"60s" description:"How long it goes on."`

	stage    *stage
	leaving  atomic.Int64
	closed   atomic.Int64 // by the server
	failures atomic.Int64 // attempts to come back
}

// telling is how long churn must go on for the slope of the memory to tell anything
// but when garbage was collected last.
const telling = 5 * time.Minute

// Validate says what is wrong with the settings.
func (c *churn) Validate() error {
	if c.Turnover <= 0 || c.Away <= 0 {
		return fmt.Errorf("--turnover and --away must be more than 0")
	}
	return c.options.Validate()
}

// Run plays the scenario.
func (c *churn) Run(ctx context.Context, to streams) error {
	return c.perform(ctx, to, "churn", c)
}

func (c *churn) crowd() crowd {
	return crowd{sockets: c.Sockets, threads: c.Threads, size: c.MessageBytes, absent: true}
}

func (c *churn) play(ctx context.Context, s *stage) error {
	s.insist = true
	c.stage = s
	c.leaving.Store(0)
	c.closed.Store(0)
	c.failures.Store(0)
	s.audience.OnClose = c.shut
	goroutines := s.target.goroutines(ctx)
	if err := s.enter(ctx); err != nil {
		return err
	}
	var memory trend
	err := s.during(ctx, append(s.steadily(c.Rate, c.Posters), c.turn, memory.watch(s.target)), s.reporting(0, c.Duration))
	if err != nil {
		return err
	}
	if err := c.gather(ctx); err != nil {
		return err
	}
	c.report(&memory)
	s.audit(ctx)
	return c.compareGoroutines(ctx, goroutines)
}

// turn makes viewers leave, one after the other.
func (c *churn) turn(ctx context.Context, stop <-chan struct{}) error {
	viewers := c.stage.audience.Viewers()
	between := time.Duration(float64(time.Second) / (c.Turnover * float64(len(viewers))))
	for due := time.Now(); until(due, stop); due = due.Add(between) {
		v := viewers[rand.IntN(len(viewers))]
		v.Do(func() { c.leave(v) })
	}
	return ctx.Err()
}

// leave ends a viewer's connection in one way or another, if it is there.
func (c *churn) leave(v *audience.Viewer) {
	if !v.Present() {
		return
	}
	if rand.IntN(2) == 0 {
		v.Leave()
	} else {
		v.Drop()
	}
	c.leaving.Add(1)
	c.comeBack(v)
}

// shut is called when the server ends a connection. Clients come back then, unless
// they are told that they may not.
func (c *churn) shut(v *audience.Viewer, why swarm.Ending) {
	const policy = 1008
	c.closed.Add(1)
	if why.Code == policy {
		c.stage.ledger.Report(ledger.Closed, v.ID(), "%v", why)
		return
	}
	c.comeBack(v)
}

// comeBack lets a viewer enter again, after a while, however often it takes.
func (c *churn) comeBack(v *audience.Viewer) {
	time.AfterFunc(rand.N(c.Away), func() {
		v.Enter(func(err error) {
			if err != nil {
				c.failures.Add(1)
				c.comeBack(v)
			}
		})
	})
}

// gather waits until everybody is back.
func (c *churn) gather(ctx context.Context) error {
	c.stage.says("waiting for those who are away")
	deadline := time.Now().Add(c.Away + c.Patience)
	for c.stage.audience.Totals().Present < c.Sockets {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d sockets did not come back", c.Sockets-c.stage.audience.Totals().Present)
		}
		if err := pause(ctx, sampling); err != nil {
			return err
		}
	}
	c.stage.settle(ctx)
	return nil
}

func (c *churn) report(memory *trend) {
	r, totals := c.stage.result, c.stage.audience.Totals()
	r.add("left or dropped", "", float64(c.leaving.Load()))
	r.add("closed by the server", "", float64(c.closed.Load()))
	r.add("attempts that failed", "", float64(c.failures.Load()))
	r.add("resumed", "", float64(totals.Recovered))
	r.add("not resumed", "", float64(totals.Refused))
	slope, mean := memory.line()
	if mean > 0 {
		r.add("memory", "MiB", mean/(1<<20))
	}
	if mean > 0 && c.Duration >= telling {
		r.add("memory grows", "%/h", 100*slope*time.Hour.Seconds()/mean)
	}
}

// compareGoroutines waits, a little, until the target runs no more goroutines than
// before, and reports what is left over.
func (c *churn) compareGoroutines(ctx context.Context, before int) error {
	if before == 0 {
		return nil
	}
	c.stage.says("waiting for goroutines to end")
	after := 0
	for deadline := time.Now().Add(c.Patience); ; {
		if after = c.stage.target.goroutines(ctx); after <= before || time.Now().After(deadline) {
			break
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
	c.stage.result.add("goroutines left over", "", float64(max(after-before, 0)))
	if after > before {
		c.stage.result.Notes = append(c.stage.result.Notes, fmt.Sprintf("%d goroutines before, %d after", before, after))
	}
	return nil
}
