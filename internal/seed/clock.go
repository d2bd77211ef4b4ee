package seed

import (
	"sync/atomic"
	"time"
)

// Clock is the time in the story: it stands still but for what the story says.
// It is safe for concurrent use.
type Clock struct {
	present time.Time
	now     atomic.Int64 // microseconds
}

// NewClock returns a clock for a story that ends at the present.
func NewClock() *Clock {
	c := &Clock{present: time.Now()}
	c.set(0)
	return c
}

// Now is the clock of the store that the story is told to.
func (c *Clock) Now() time.Time { return time.UnixMicro(c.now.Load()) }

// set moves the clock to so long before the present.
func (c *Clock) set(ago time.Duration) { c.now.Store(c.present.Add(-ago).UnixMicro()) }
