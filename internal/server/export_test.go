package server

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"parley/internal/auth"
	"parley/realtime/redisbroker"
)

// A machine that runs tests may be slow, and what is counted here because of that is
// missing there.
func init() { limitPatience = time.Minute }

// SharedLimiter returns a limiter that counts in a Redis, and what runs it until the
// test ends.
func SharedLimiter(t *testing.T, url string) auth.Limiter {
	t.Helper()
	redis, err := redisbroker.Open(t.Context(), redisbroker.Config{URL: url, Patience: limitPatience}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- redis.Run(ctx, func(string, []byte) {}) }()
	t.Cleanup(func() { stop(); <-ended })
	for ok, changed := redis.Health(); !ok; ok, changed = redis.Health() {
		<-changed
	}
	return sharedLimiter{redis.Limits(), auth.NewMemoryLimiter()}
}

// NewRates returns what tells how often a second figures went up since the call before.
func NewRates() func(map[string]uint64) map[string]float64 {
	return newReplica(nil, nil, false, "test").rates
}
