package server_test

import (
	"testing"
	"testing/synctest"
	"time"

	"parley/internal/server"
)

// TestRatesAreOfATimeThatTellsSomething: a replica that begins to work in another bus
// mode reports at once, perhaps right after it has.
func TestRatesAreOfATimeThatTellsSomething(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rates := server.NewRates()
		for _, step := range []struct {
			passed time.Duration
			n      uint64
			want   float64
		}{
			{5 * time.Second, 50, 10},
			{time.Microsecond, 51, 10},
			{5*time.Second - time.Microsecond, 75, 5},
		} {
			time.Sleep(step.passed)
			if got := rates(map[string]uint64{"deliveries": step.n})["deliveries"]; got != step.want {
				t.Errorf("%d after %s more: %v a second, want %v", step.n, step.passed, got, step.want)
			}
		}
	})
}
