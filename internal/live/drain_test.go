package live_test

import (
	"context"
	"testing"
	"time"

	"parley/internal/app"
)

// drains sends the forum's sockets away until the test ends or the time is over;
// over returns when that is done.
func (f *forum) drains(time time.Duration) (over func()) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.live.Drain(ctx, time)
	}()
	f.t.Cleanup(func() { stop(); <-done })
	return func() { <-done }
}

func TestADrainingServerSendsGlobalSocketsAwayFirst(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		sockets := []*socket{
			f.mina.watches(thread), f.finn.opens(globalPath), f.finn.watches(thread), f.mina.opens(globalPath),
		}
		f.drains(time.Hour)
		told := map[int64]bool{}
		var global, threads []int64
		for i, s := range sockets {
			after := s.expect("reconnect").number("after_ms")
			told[after/1000] = true
			if i%2 == 1 {
				global = append(global, after)
			} else {
				threads = append(threads, after)
			}
		}
		if len(told) != len(sockets) {
			t.Errorf("not spread: %v, %v", global, threads)
		}
		if first, last := min(global[0], global[1]), max(threads[0], threads[1]); first <= 6*60_000 || last > 60*60_000 {
			t.Errorf("told to come back after %v and %v; want it later than a tenth of an hour, and within it", global, threads)
		}
		if max(global[0], global[1]) >= min(threads[0], threads[1]) {
			t.Errorf("threads' sockets %v before global ones %v", threads, global)
		}
		for _, s := range sockets {
			s.settled() // nobody is closed before their time
		}
	})
}

func TestADrainingServerClosesEverySocketWithinTheTime(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		sockets := []*socket{f.mina.watches(thread), f.mina.opens(globalPath), f.finn.watches(thread)}
		over := f.drains(200 * time.Millisecond)
		for _, s := range sockets {
			s.endsWith(1001, "Server is going away", "reconnect")
		}
		over()
	})
}

func TestWhoComesToADrainingServerIsServedUntilTheEnd(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		f.mina.watches(thread)
		f.drains(time.Hour)
		global, reader := f.finn.opens(globalPath), f.finn.watches(thread)
		for _, s := range []*socket{global, reader} {
			if after := s.expect("reconnect").number("after_ms"); after < 53*60_000 {
				t.Errorf("told to come back after %d ms of an hour, want it at the end", after)
			}
		}
		f.starts(app.NewThread{Title: "Late"})
		global.expect("new_thread_created")
		f.mina.posts(thread, "Still open?")
		reader.expect("new_message")
	})
}

func TestDrainingEndsWhenNobodyIsLeft(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		s := f.mina.opens(globalPath)
		over := f.drains(time.Hour)
		s.expect("reconnect")
		s.leaves()
		over()
		f.live.Drain(t.Context(), time.Hour) // nobody is there
	})
}

func TestNobodyIsSentAwayWithoutTimeForIt(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		s := f.mina.opens(globalPath)
		f.live.Drain(t.Context(), 0)
		s.settled()
		f.mina.opens(globalPath).settled()
	})
}
