package realtime

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkMeasuring is what counting and timing cost: an operation is one delivered frame, noted
// when it is taken to be written, and its share of a write of so many frames. Run with -cpu 2 it
// has two writers at once.
func BenchmarkMeasuring(b *testing.B) {
	for _, frames := range []int{1, 8, 100} {
		b.Run(fmt.Sprint("frames=", frames), func(b *testing.B) {
			hub := New(Config{Log: NewMemoryLog("g")})
			var ids atomic.Uint64
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				c := &Conn{id: ids.Add(1), queue: new(queue)}
				c.seat.Store(&seat{hub: hub})
				m := mark{committed: time.Now().UnixNano(), source: 1}
				for noted := 0; pb.Next(); {
					c.queue.note(m)
					if noted++; noted == frames {
						noted = 0
						c.measureWrite(0)
					}
				}
			})
		})
	}
}
