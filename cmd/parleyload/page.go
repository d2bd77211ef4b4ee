//go:build linux

package main

import (
	"context"
	"time"
)

// page reads the newest messages of a thread, again and again.
type page struct {
	options
	Readers      int           `long:"readers" default:"8" value-name:"N" description:"Pages under way at the same time."`
	Messages     int           `long:"messages" default:"60" value-name:"N" description:"Messages in the thread."`
	Limit        int           `long:"limit" default:"50" value-name:"N" description:"Messages of a page, at most."`
	MessageBytes int           `long:"message-bytes" default:"100" value-name:"N" description:"Size of a message's text."`
	Warmup       time.Duration `long:"warmup" default:"1s" description:"Before measuring."`
	Duration     time.Duration `long:"duration" default:"10s" description:"Of measuring."`
}

// Run plays the scenario.
func (p *page) Run(ctx context.Context, to streams) error {
	return p.perform(ctx, to, "page", p)
}

func (p *page) crowd() crowd { return crowd{threads: 1, size: p.MessageBytes} }

func (p *page) play(ctx context.Context, s *stage) error {
	s.says("posting")
	for range p.Messages {
		text := s.audience.Compose(p.MessageBytes)
		if _, err := s.target.forum.Post(ctx, s.target.creator, s.threads[0], text, ""); err != nil {
			return err
		}
	}
	return s.during(ctx, crew(p.Readers, p.reader(s)), func(ctx context.Context) error {
		i, err := s.measure(ctx, p.Warmup, p.Duration)
		if err != nil {
			return err
		}
		s.result.add("pages", "/s", i.posted/i.length.Seconds())
		s.result.addQuantiles("page answered", i.answers)
		i.reportCPU(s.result, "cpu per page", i.posted)
		return nil
	})
}

// reader reads the page until it is told to stop. What is read is noted as what is
// posted is in other scenarios.
func (p *page) reader(s *stage) poster {
	return func(ctx context.Context, stop <-chan struct{}) error {
		for !stopped(stop) {
			began := time.Now()
			if _, err := s.target.forum.Messages(ctx, s.target.creator, s.threads[0], p.Limit); err != nil {
				return err
			}
			s.mu.Lock()
			s.answers.Record(time.Since(began))
			s.mu.Unlock()
			s.posted.Add(1)
		}
		return nil
	}
}
