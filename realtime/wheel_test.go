package realtime

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestWheelAgainstItsPromises drives a wheel at random beside a plain table of what is in it.
func TestWheelAgainstItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const tick = 10 * time.Millisecond
		w := wheel[int]{tick: tick}
		var timers [20]timer[int]
		for i := range timers {
			timers[i].owner = i
		}
		due := make(map[int]time.Duration) // rounded down to ticks
		now := time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "start"))
		one := rapid.IntRange(0, len(timers)-1)
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				i, in := one.Draw(t, "which"), time.Duration(rapid.Int64Range(-1e8, 1e10).Draw(t, "in"))
				w.set(&timers[i], now+in, now)
				due[i] = max((now+in)/tick, now/tick+1) * tick
			},
			"unset": func(t *rapid.T) {
				i := one.Draw(t, "which")
				w.unset(&timers[i])
				delete(due, i)
			},
			"expire": func(t *rapid.T) {
				now += time.Duration(rapid.Int64Range(0, 5e9).Draw(t, "later"))
				got := w.expire(nil, now)
				slices.Sort(got)
				var want []int
				for i := range timers {
					if at, waits := due[i]; waits && at <= now {
						want = append(want, i)
						delete(due, i)
					}
				}
				if !slices.Equal(got, want) {
					t.Fatalf("at %v: %v are due, want %v", now, got, want)
				}
			},
			"": func(t *rapid.T) {
				if w.count != len(due) {
					t.Fatalf("%d timers, want %d", w.count, len(due))
				}
			},
		})
	})
}
