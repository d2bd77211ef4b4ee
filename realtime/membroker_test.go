package realtime_test

import (
	"testing"

	"parley/realtime"
	"parley/realtime/brokertest"
)

func TestMemoryBroker(t *testing.T) {
	brokertest.Test(t, func(*testing.T) func() realtime.Broker { return realtime.NewMemoryBus().Broker })
}
