//go:build linux

package main

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// poster posts until stop is closed. The post under way then is finished.
type poster func(ctx context.Context, stop <-chan struct{}) error

// during lets posters work while body runs, and returns the first error of any.
func (s *stage) during(ctx context.Context, posters []poster, body func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := make(chan struct{})
	var all sync.WaitGroup
	for _, work := range posters {
		all.Go(func() {
			if err := work(ctx, stop); err != nil {
				cancel(err)
			}
		})
	}
	err := body(ctx)
	close(stop)
	all.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// window returns posters that keep so many messages on their way to all viewers of
// a thread: each sends its next when everybody has its last.
func (s *stage) window(width int) []poster {
	return crew(width, func(ctx context.Context, stop <-chan struct{}) error {
		for !stopped(stop) {
			if err := s.round(ctx, s.threads[0]); err != nil {
				return err
			}
		}
		return nil
	})
}

// steadily returns workers that post so many messages a second in all, in the
// threads by turns. If the server is too slow for them they are late, which is noted.
func (s *stage) steadily(rate float64, workers int) []poster {
	var next atomic.Int64
	began := time.Now()
	return crew(workers, func(ctx context.Context, stop <-chan struct{}) error {
		for {
			n := next.Add(1) - 1
			due := began.Add(time.Duration(float64(n) / rate * float64(time.Second)))
			if !until(due, stop) {
				return nil
			}
			s.noteLate(time.Since(due))
			if err := s.say(ctx, n); err != nil {
				return err
			}
		}
	})
}

// flatOut returns workers that post as fast as the server answers, in the threads
// by turns.
func (s *stage) flatOut(workers int) []poster {
	var next atomic.Int64
	return crew(workers, func(ctx context.Context, stop <-chan struct{}) error {
		for !stopped(stop) {
			if err := s.say(ctx, next.Add(1)); err != nil {
				return err
			}
		}
		return nil
	})
}

// say posts the n-th message.
func (s *stage) say(ctx context.Context, n int64) error {
	return s.post(ctx, s.threads[n%int64(len(s.threads))], s.audience.Compose(s.crowd.size))
}

// noteLate keeps how late the latest post began.
func (s *stage) noteLate(late time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = max(s.late, late)
}

func crew(n int, work poster) []poster { return slices.Repeat([]poster{work}, n) }

func stopped(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// until waits for a moment; false if stop was closed first.
func until(due time.Time, stop <-chan struct{}) bool {
	if stopped(stop) {
		return false
	}
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stop:
		return false
	}
}
