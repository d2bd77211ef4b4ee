package redisbroker_test

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"parley/realtime"
	"parley/realtime/brokertest"
	"parley/realtime/redisbroker"
	"parley/realtime/redisbroker/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns a broker that has found its Redis.
func open(t testing.TB, config redisbroker.Config) *redisbroker.Broker {
	t.Helper()
	b, err := redisbroker.Open(t.Context(), config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBroker(t *testing.T) {
	redis := redistest.Start(t)
	var buses atomic.Int64
	brokertest.Test(t, func(t *testing.T) func() realtime.Broker {
		prefix := fmt.Sprintf("test%d:", buses.Add(1)) // brokers of one Redis, and of several buses
		return func() realtime.Broker { return open(t, redisbroker.Config{URL: redis.URL(), Prefix: prefix}) }
	})
}
