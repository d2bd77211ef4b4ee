package live

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestStateIsToldOnceASecondAtMostHoweverLongThatTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
		defer stop()
		began, takes := time.Now(), []time.Duration{0, 900 * time.Millisecond, 1500 * time.Millisecond}
		var at []time.Duration
		again(ctx, time.Second, func(context.Context) {
			at = append(at, time.Since(began))
			time.Sleep(takes[len(at)-1])
		})
		if want := []time.Duration{0, time.Second, 2900 * time.Millisecond}; !slices.Equal(at, want) {
			t.Errorf("told at %v, want %v", at, want)
		}
	})
}
