package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley"
	"parley/internal/auth"
)

// fail begins log-ins that never succeed and returns how many were let through
// before the first refusal, and that.
func fail(t *testing.T, a auth.Attempts, address, account func(i int) string) (int, error) {
	t.Helper()
	for i := range 1_000 {
		if _, err := a.Begin(t.Context(), address(i), account(i)); err != nil {
			return i, err
		}
	}
	return 1_000, nil
}

func always(s string) func(int) string { return func(int) string { return s } }

func numbered(format string) func(int) string {
	return func(i int) string { return fmt.Sprintf(format, i) }
}

func TestAnAccountIsOpenToTenGuessesFromHoweverManyAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := auth.NewAttempts()
		n, err := fail(t, attempts, numbered("192.0.2.%d"), always("Mina"))
		var refused *parley.Error
		if n != 10 || !errors.As(err, &refused) || refused.Kind != parley.RateLimited || refused.RetryAfter != time.Minute {
			t.Fatalf("after %d: %v", n, err)
		}
		if !strings.Contains(refused.Message, "in 60 seconds") {
			t.Errorf("says %q", refused.Message)
		}
		if _, err := attempts.Begin(t.Context(), "198.51.100.1", " mina "); err == nil {
			t.Error("other letters' case is another account")
		}
		if _, err := attempts.Begin(t.Context(), "192.0.2.1", "Finn"); err != nil {
			t.Errorf("Finn is kept out for Mina's failures: %v", err)
		}
		time.Sleep(time.Minute)
		if _, err := attempts.Begin(t.Context(), "198.51.100.1", "mina"); err != nil {
			t.Errorf("refused after the wait: %v", err)
		}
	})
}

func TestAnAddressHasThirtyGuessesAtHoweverManyAccounts(t *testing.T) {
	for name, address := range map[string]func(int) string{
		"IPv4":           always("192.0.2.7"),
		"IPv4 in IPv6":   always("::ffff:192.0.2.7"),
		"with a port":    numbered("192.0.2.7:%d"),
		"IPv6 of one 64": numbered("2001:db8:1:2:%x::1"),
		"with a zone":    numbered("fe80::1%%eth%d"),
		"IPv6 and port":  numbered("[2001:db8::1]:%d"),
		"unreadable":     always("somewhere"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, err := fail(t, auth.NewAttempts(), address, numbered("user%d"))
				if n != 30 || parley.KindOf(err) != parley.RateLimited {
					t.Errorf("after %d: %v", n, err)
				}
			})
		})
	}
}

func TestNeighboursAreNotKeptOutTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if n, err := fail(t, auth.NewAttempts(), numbered("2001:db8:1:%x::1"), numbered("user%d")); err != nil {
			t.Errorf("after %d: %v", n, err)
		}
	})
}

func TestAnAttemptThatSucceedsIsNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := auth.NewAttempts()
		for i := range 1_000 {
			attempt, err := attempts.Begin(t.Context(), "192.0.2.7", "mina")
			if err != nil {
				t.Fatalf("after %d: %v", i, err)
			}
			attempt.Forget(t.Context())
		}
	})
}

func TestGuessesSentAtOnceAreCountedBeforeTheyFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := auth.NewAttempts()
		begun := make(chan error)
		for range 100 {
			go func() {
				_, err := attempts.Begin(t.Context(), "192.0.2.7", "mina")
				begun <- err
			}()
		}
		let := 0
		for range 100 {
			if err := <-begun; err == nil {
				let++
			}
		}
		if let != 10 {
			t.Errorf("%d guesses at once, want 10", let)
		}
	})
}

// away is a limiter that cannot be reached.
type away struct{}

func (away) Take(context.Context, ...auth.Limit) (time.Duration, error) {
	return 0, context.DeadlineExceeded
}
func (away) GiveBack(context.Context, ...auth.Limit) error { return context.DeadlineExceeded }

func TestNobodySignsInUncounted(t *testing.T) {
	_, err := auth.Attempts{Limiter: away{}}.Begin(t.Context(), "192.0.2.7", "mina")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
