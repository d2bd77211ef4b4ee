package redisbroker_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/realtime/redisbroker"
	"parley/realtime/redisbroker/redistest"
)

// running returns a broker that is well, and what ends it.
func running(t *testing.T, config redisbroker.Config) (b *redisbroker.Broker, stop func()) {
	t.Helper()
	b = open(t, config)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, func(string, []byte) {}) }()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(stop)
	(&pair{t: t}).await(b, true)
	return b, stop
}

// patient are settings with which a slow machine is waited for.
func patient(redis *redistest.Server) redisbroker.Config {
	return redisbroker.Config{URL: redis.URL(), Prefix: "forum:", Patience: patience}
}

func TestLimitsAreCountedForAllProcesses(t *testing.T) {
	redis := redistest.Start(t)
	var limits []*redisbroker.Limits
	for range 3 {
		b, _ := running(t, patient(redis))
		limits = append(limits, b.Limits())
	}
	take := func(process int, l ...redisbroker.Limit) time.Duration {
		t.Helper()
		wait, err := limits[process].Take(t.Context(), l...)
		if err != nil {
			t.Fatal(err)
		}
		return wait
	}
	mina := redisbroker.Limit{Key: "mina", Burst: 6, Every: time.Hour}
	address := redisbroker.Limit{Key: "address", Burst: 100, Every: time.Hour}
	for i := range 6 {
		if wait := take(i%3, mina, address); wait != 0 {
			t.Fatalf("refused for %s after %d", wait, i)
		}
	}
	for process := range 3 {
		if wait := take(process, address, mina); wait <= 0 || wait > time.Hour {
			t.Errorf("process %d: to wait %s, want up to an hour", process, wait)
		}
	}
	if err := limits[1].GiveBack(t.Context(), mina, address); err != nil {
		t.Fatal(err)
	}
	if wait := take(2, mina); wait != 0 {
		t.Errorf("refused for %s after one was given back", wait)
	}
	other := patient(redis)
	other.Prefix = "other:"
	elsewhere, _ := running(t, other)
	if wait, err := elsewhere.Limits().Take(t.Context(), mina); wait != 0 || err != nil {
		t.Errorf("another program's count is this one's: %s, %v", wait, err)
	}
}

func TestLimitsSayThatRedisDoesNotAnswer(t *testing.T) {
	redis := redistest.Start(t)
	b, stop := running(t, redisbroker.Config{URL: redis.URL()})
	l := redisbroker.Limit{Key: "mina", Burst: 1, Every: time.Hour}
	redis.Freeze()
	for range 100 { // after the first one nobody waits
		if _, err := b.Limits().Take(t.Context(), l); !errors.Is(err, redisbroker.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	redis.Thaw()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if _, err := b.Limits().Take(t.Context(), l); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	stop()
	if err := b.Limits().GiveBack(t.Context(), l); !errors.Is(err, redisbroker.ErrUnavailable) {
		t.Errorf("without a connection: %v", err)
	}
}

// place is an answer of Leases.Take.
type place struct {
	release func()
	ok      bool
}

func takePlace(t *testing.T, b *redisbroker.Broker, most int) place {
	t.Helper()
	release, ok, err := b.Leases().Take(t.Context(), "mina", most)
	if err != nil {
		t.Fatal(err)
	}
	return place{release, ok}
}

// awaitPlace takes a place as soon as there is one.
func awaitPlace(t *testing.T, b *redisbroker.Broker, most int) place {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if p := takePlace(t, b, most); p.ok {
			return p
		}
	}
	t.Fatal("no place becomes free")
	return place{}
}

func TestPlacesAreCountedForAllProcesses(t *testing.T) {
	redis := redistest.Start(t)
	here, _ := running(t, patient(redis))
	there, stop := running(t, patient(redis))
	first := takePlace(t, here, 3)
	for _, b := range []*redisbroker.Broker{there, there} {
		if p := takePlace(t, b, 3); !p.ok {
			t.Fatal("refused, and there is room")
		}
	}
	for _, b := range []*redisbroker.Broker{here, there} {
		if takePlace(t, b, 3).ok {
			t.Error("a fourth place is taken")
		}
	}
	first.release()
	first.release()
	awaitPlace(t, there, 3)
	stop() // a process that ends leaves none behind
	awaitPlace(t, here, 1)
}

// TestPlacesAreKnownToARedisThatForgotThem: whoever had all that there are has no others
// until the next renewal, a quarter of a minute later.
func TestPlacesAreKnownToARedisThatForgotThem(t *testing.T) {
	redis := redistest.Start(t)
	b, _ := running(t, patient(redis))
	for range 3 {
		takePlace(t, b, 3)
	}
	redis.Kill()
	(&pair{t: t}).await(b, false)
	redis.Restart()
	(&pair{t: t}).await(b, true)
	const soon = 5 * time.Second
	for deadline := time.Now().Add(soon); ; time.Sleep(10 * time.Millisecond) {
		release, ok, err := b.Leases().Take(t.Context(), "mina", 3)
		if !ok {
			return
		}
		release()
		if time.Now().After(deadline) {
			t.Fatalf("a fourth place is taken after %s: %v", soon, err)
		}
	}
}

func TestNoMorePlacesAreTakenAtOnceThanThereAre(t *testing.T) {
	redis := redistest.Start(t)
	b, _ := running(t, patient(redis))
	var taken atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, ok, err := b.Leases().Take(t.Context(), "mina", 20); ok && err == nil {
				taken.Add(1)
			}
		})
	}
	all.Wait()
	if n := taken.Load(); n != 20 {
		t.Errorf("%d places are taken, of 20", n)
	}
}

func TestAPlaceIsTakenWhileRedisIsAway(t *testing.T) {
	redis := redistest.Start(t)
	b, _ := running(t, patient(redis))
	redis.Kill()
	release, ok, err := b.Leases().Take(t.Context(), "mina", 1)
	if !ok || !errors.Is(err, redisbroker.ErrUnavailable) {
		t.Fatalf("%t, %v", ok, err)
	}
	release()
}
