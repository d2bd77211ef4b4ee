// Package authtest holds the tests that every implementation of an interface of
// package auth passes.
package authtest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/auth"
)

// Limiter tests an auth.Limiter. It uses keys of its own, so the limiter need
// not be empty. Time passes for real.
func Limiter(t *testing.T, l auth.Limiter) {
	s := suite{l, auth.NewPublicID()}
	t.Run("a burst may happen at once and then nothing", s.burst)
	t.Run("keys are counted by themselves", s.keys)
	t.Run("a refusal counts against no limit", s.refusal)
	t.Run("what is given back can be taken again", s.giveBack)
	t.Run("giving back what was never taken gives nothing", s.giveBackNothing)
	t.Run("after the wait it may happen again", s.wait)
	t.Run("no more than the limit succeed at once", s.concurrency)
}

type suite struct {
	auth.Limiter
	run string // makes keys that no other run uses
}

func (s suite) limit(t *testing.T, name string, burst int, every time.Duration) auth.Limit {
	return auth.Limit{Key: fmt.Sprintf("%s/%s/%s", s.run, t.Name(), name), Burst: burst, Every: every}
}

func (s suite) take(t *testing.T, limits ...auth.Limit) time.Duration {
	t.Helper()
	wait, err := s.Take(t.Context(), limits...)
	if err != nil {
		t.Fatal(err)
	}
	return wait
}

func (s suite) mustTake(t *testing.T, times int, limits ...auth.Limit) {
	t.Helper()
	for i := range times {
		if wait := s.take(t, limits...); wait != 0 {
			t.Fatalf("refused for %v after %d of %d", wait, i, times)
		}
	}
}

func (s suite) mustRefuse(t *testing.T, limits ...auth.Limit) {
	t.Helper()
	if s.take(t, limits...) == 0 {
		t.Fatal("should have been refused")
	}
}

func (s suite) mustGiveBack(t *testing.T, limits ...auth.Limit) {
	t.Helper()
	if err := s.GiveBack(t.Context(), limits...); err != nil {
		t.Fatal(err)
	}
}

func (s suite) burst(t *testing.T) {
	l := s.limit(t, "mina", 3, time.Hour)
	s.mustTake(t, 3, l)
	if wait := s.take(t, l); wait <= 0 || wait > time.Hour {
		t.Errorf("to wait %v, want up to an hour", wait)
	}
}

func (s suite) keys(t *testing.T) {
	mina, finn := s.limit(t, "mina", 1, time.Hour), s.limit(t, "finn", 1, time.Hour)
	s.mustTake(t, 1, mina)
	s.mustRefuse(t, mina)
	s.mustTake(t, 1, finn)
}

func (s suite) refusal(t *testing.T) {
	narrow, wide := s.limit(t, "narrow", 1, time.Hour), s.limit(t, "wide", 2, time.Hour)
	s.mustTake(t, 1, wide, narrow)
	s.mustRefuse(t, wide, narrow)
	s.mustRefuse(t, narrow, wide)
	s.mustTake(t, 1, wide)
	s.mustRefuse(t, wide)
}

func (s suite) giveBack(t *testing.T) {
	a, b := s.limit(t, "a", 2, time.Hour), s.limit(t, "b", 1, time.Hour)
	s.mustTake(t, 1, a, b)
	s.mustRefuse(t, a, b)
	s.mustGiveBack(t, a, b)
	s.mustTake(t, 1, a, b)
	s.mustTake(t, 1, a)
	s.mustRefuse(t, a)
}

func (s suite) giveBackNothing(t *testing.T) {
	l := s.limit(t, "mina", 1, time.Hour)
	s.mustGiveBack(t, l, s.limit(t, "finn", 1, time.Hour))
	s.mustTake(t, 1, l)
	s.mustRefuse(t, l)
}

func (s suite) wait(t *testing.T) {
	l := s.limit(t, "mina", 1, 50*time.Millisecond)
	s.mustTake(t, 1, l)
	for wait := s.take(t, l); wait != 0; wait = s.take(t, l) {
		select {
		case <-time.After(wait):
		case <-t.Context().Done():
			t.Fatal("never allowed again")
		}
	}
}

func (s suite) concurrency(t *testing.T) {
	const burst = 20
	l := s.limit(t, "mina", burst, time.Hour)
	var taken atomic.Int64
	var all sync.WaitGroup
	for range 5 * burst {
		all.Go(func() {
			if wait, err := s.Take(t.Context(), l); err == nil && wait == 0 {
				taken.Add(1)
			}
		})
	}
	all.Wait()
	if taken.Load() != burst {
		t.Errorf("%d of %d succeeded, want %d", taken.Load(), 5*burst, burst)
	}
}
