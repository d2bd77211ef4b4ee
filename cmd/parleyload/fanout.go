//go:build linux

package main

import (
	"context"
	"time"
)

// fanout keeps a window of messages on their way to all viewers of one thread: what
// the server can do.
type fanout struct {
	options
	Sockets      int           `long:"sockets" default:"1000" value-name:"N" description:"Viewers."`
	Window       int           `long:"window" default:"8" value-name:"N" description:"Messages on their way at the same time."`
	MessageBytes int           `long:"message-bytes" default:"100" value-name:"N" description:"Size of a message's text."`
	Warmup       time.Duration `long:"warmup" default:"2s" description:"Before measuring."`
	Duration     time.Duration `long:"duration" default:"10s" description:"Of measuring."`
}

// Run plays the scenario.
func (f *fanout) Run(ctx context.Context, to streams) error {
	return f.perform(ctx, to, "fanout", f)
}

func (f *fanout) crowd() crowd { return crowd{sockets: f.Sockets, threads: 1, size: f.MessageBytes} }

func (f *fanout) play(ctx context.Context, s *stage) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	return s.during(ctx, s.window(f.Window), s.reporting(f.Warmup, f.Duration))
}

// reporting returns what measures for a time and makes figures of it.
func (s *stage) reporting(warmup, length time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		i, err := s.measure(ctx, warmup, length)
		if err == nil {
			i.report(s.result)
		}
		return err
	}
}

// rate posts at a fixed rate, whatever the server does: how long messages take when
// it is not at its limit.
type rate struct {
	options
	Sockets      int           `long:"sockets" default:"1000" value-name:"N" description:"Viewers."`
	Rate         float64       `long:"rate" default:"20" value-name:"N" description:"Messages a second."`
	Posters      int           `long:"posters" default:"16" value-name:"N" description:"Posts under way at the same time, at most."`
	MessageBytes int           `long:"message-bytes" default:"100" value-name:"N" description:"Size of a message's text."`
	Warmup       time.Duration `long:"warmup" default:"2s" description:"Before measuring."`
	Duration     time.Duration `long:"duration" default:"20s" description:"Of measuring."`
}

// Run plays the scenario.
func (r *rate) Run(ctx context.Context, to streams) error {
	return r.perform(ctx, to, "rate", r)
}

func (r *rate) crowd() crowd { return crowd{sockets: r.Sockets, threads: 1, size: r.MessageBytes} }

func (r *rate) play(ctx context.Context, s *stage) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	return s.during(ctx, s.steadily(r.Rate, r.Posters), s.reporting(r.Warmup, r.Duration))
}

// chat is many threads with some viewers each, in which people post.
type chat struct {
	options
	Sockets      int           `long:"sockets" default:"1000" value-name:"N" description:"Viewers."`
	Threads      int           `long:"threads" default:"100" value-name:"N" description:"Threads they watch, one each."`
	Posters      int           `long:"posters" default:"16" value-name:"N" description:"Posts under way at the same time, at most."`
	Rate         float64       `long:"rate" value-name:"N" description:"Messages a second; 0: as many as the server takes."`
	MessageBytes int           `long:"message-bytes" default:"100" value-name:"N" description:"Size of a message's text."`
	Warmup       time.Duration `long:"warmup" default:"2s" description:"Before measuring."`
	Duration     time.Duration `long:"duration" default:"20s" description:"Of measuring."`
}

// Run plays the scenario.
func (c *chat) Run(ctx context.Context, to streams) error {
	return c.perform(ctx, to, "chat", c)
}

func (c *chat) crowd() crowd {
	return crowd{sockets: c.Sockets, threads: c.Threads, size: c.MessageBytes}
}

func (c *chat) play(ctx context.Context, s *stage) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	posters := s.flatOut(c.Posters)
	if c.Rate > 0 {
		posters = s.steadily(c.Rate, c.Posters)
	}
	return s.during(ctx, posters, s.reporting(c.Warmup, c.Duration))
}

// post sends one message at a time to a viewer, with a pause between: what a person
// waits for.
type post struct {
	options
	Sockets      int           `long:"sockets" default:"1" value-name:"N" description:"Viewers; each message must have reached all."`
	Count        int           `long:"count" default:"500" value-name:"N" description:"Messages."`
	Pause        time.Duration `long:"pause" default:"10ms" description:"Between one's arrival and the next."`
	MessageBytes int           `long:"message-bytes" default:"100" value-name:"N" description:"Size of a message's text."`
}

// Run plays the scenario.
func (p *post) Run(ctx context.Context, to streams) error {
	return p.perform(ctx, to, "post", p)
}

func (p *post) crowd() crowd { return crowd{sockets: p.Sockets, threads: 1, size: p.MessageBytes} }

func (p *post) play(ctx context.Context, s *stage) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	const warmup = 20 // connections are made, statements prepared
	if err := p.send(ctx, s, warmup); err != nil {
		return err
	}
	s.says("measuring")
	s.reset()
	began := s.mark()
	if err := p.send(ctx, s, p.Count); err != nil {
		return err
	}
	i := &interval{}
	s.finish(i, began)
	s.result.addQuantiles("post to event", i.latency)
	s.result.addQuantiles("post answered", i.answers)
	i.reportCPU(s.result, "cpu per post", i.posted)
	s.result.latency.Add(i.latency)
	return nil
}

func (p *post) send(ctx context.Context, s *stage, count int) error {
	for range count {
		if err := s.round(ctx, s.threads[0]); err != nil {
			return err
		}
		if err := pause(ctx, p.Pause); err != nil {
			return err
		}
	}
	return nil
}
