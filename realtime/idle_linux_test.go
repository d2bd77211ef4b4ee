package realtime

import (
	"fmt"
	"runtime/debug"
	"testing"
	"time"
)

// BenchmarkIdle is what a joined socket costs that does nothing: memory, all state of the hub
// included, and processor time, its heartbeats included. An operation is one heartbeat interval of
// all of them, shortened to five seconds; the figure is given for one of thirty. Run with
// -benchtime 1x.
func BenchmarkIdle(b *testing.B) {
	for _, sockets := range []int{1000, 10000, 19000} {
		b.Run(fmt.Sprint("sockets=", sockets), func(b *testing.B) {
			const interval = 5 * time.Second
			s := serveHub(b, Config{Heartbeat: interval}, UpgradeConfig{})
			warm := startDrain(b, s.address, 200, false) // what the first connections cost is not theirs alone
			s.await(b, 200)
			warm.stop()
			s.await(b, 0)
			before := settledMemory(b)
			d := startDrain(b, s.address, sockets, false)
			defer d.stop()
			s.await(b, sockets)
			after := settledMemory(b)
			began := processorTime()
			for b.Loop() {
				time.Sleep(interval)
			}
			spent := processorTime() - began
			b.ReportMetric(float64(after-before)/float64(sockets), "B/socket")
			b.ReportMetric(float64(spent.Microseconds())/float64(sockets)/b.Elapsed().Seconds()*interval.Seconds()/defaultHeartbeat.Seconds(), "cpu-µs/socket/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// settledMemory returns how much memory this process has when everything it does not need is given
// back.
func settledMemory(tb testing.TB) int {
	least := residentMemory(tb)
	for range 5 {
		debug.FreeOSMemory()
		time.Sleep(50 * time.Millisecond)
		least = min(least, residentMemory(tb))
	}
	return least
}
