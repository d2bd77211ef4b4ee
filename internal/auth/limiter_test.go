package auth_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"parley/internal/auth"
	"parley/internal/auth/authtest"
)

func TestMemoryLimiter(t *testing.T) { authtest.Limiter(t, auth.NewMemoryLimiter()) }

func TestALimitRecoversOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := auth.NewMemoryLimiter()
		limit := auth.Limit{Key: "mina", Burst: 3, Every: time.Minute}
		take := func() time.Duration {
			wait, err := limiter.Take(t.Context(), limit)
			if err != nil {
				t.Fatal(err)
			}
			return wait
		}
		for range 3 {
			if wait := take(); wait != 0 {
				t.Fatalf("refused for %v within the burst", wait)
			}
		}
		time.Sleep(20 * time.Second)
		if wait := take(); wait != 40*time.Second {
			t.Errorf("to wait %v, want 40 s", wait)
		}
		time.Sleep(40 * time.Second)
		if wait := take(); wait != 0 {
			t.Errorf("refused for %v after the wait", wait)
		}
		if wait := take(); wait != time.Minute {
			t.Errorf("to wait %v, want a minute", wait)
		}
		time.Sleep(time.Hour)
		for range 3 {
			if wait := take(); wait != 0 {
				t.Errorf("refused for %v after an hour of rest", wait)
			}
		}
	})
}

func TestWhatIsForgottenCannotBeGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := auth.NewMemoryLimiter()
		limit := auth.Limit{Key: "mina", Burst: 1, Every: time.Minute}
		for range 2 {
			if wait, _ := limiter.Take(t.Context(), limit); wait != 0 {
				t.Fatalf("refused for %v", wait)
			}
			time.Sleep(2 * time.Minute)
			_ = limiter.GiveBack(t.Context(), limit)
		}
		_, _ = limiter.Take(t.Context(), limit)
		if wait, _ := limiter.Take(t.Context(), limit); wait != time.Minute {
			t.Errorf("to wait %v, want a minute", wait)
		}
	})
}

func TestMemoryIsBoundedAndTheLongestCountsStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := auth.NewMemoryLimiter()
		mina := auth.Limit{Key: "mina", Burst: 1, Every: time.Hour}
		_, _ = limiter.Take(t.Context(), mina)
		for i := range 150_000 {
			_, _ = limiter.Take(t.Context(), auth.Limit{Key: strconv.Itoa(i), Burst: 1, Every: time.Minute})
		}
		if n := limiter.Len(); n != auth.MaxKeys {
			t.Errorf("%d keys are kept, want %d", n, auth.MaxKeys)
		}
		if wait, _ := limiter.Take(t.Context(), mina); wait == 0 {
			t.Error("a count was pushed out by shorter ones")
		}
		time.Sleep(2 * time.Minute)
		_, _ = limiter.Take(t.Context(), auth.Limit{Key: "finn", Burst: 1, Every: time.Minute})
		if n := limiter.Len(); n != 2 {
			t.Errorf("%d keys are kept after they ran out, want 2", n)
		}
	})
}
