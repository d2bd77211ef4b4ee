package fieldclient

import (
	"context"
	"sync/atomic"
)

// Bell is a second script on every page, beside the one that opens Global: it has a
// global socket of its own, opens it again a few seconds after any close whatever
// the code, fetches the notifications each time it opens, and of all frames reads
// new_notification alone. Close is the only thing that ends it.
type Bell struct {
	*page
	fetched atomic.Int64
}

// OpenBell starts the script.
func (c *Client) OpenBell() *Bell {
	b := &Bell{page: c.newPage()}
	go b.run()
	return b
}

// Fetched returns how often the notifications were fetched so far.
func (b *Bell) Fetched() int { return int(b.fetched.Load()) }

func (b *Bell) run() {
	defer close(b.done)
	for b.ctx.Err() == nil {
		b.end = b.live()
		b.wait(b.client.Pace.Refetch)
	}
}

// live lives with one socket until it ends.
func (b *Bell) live() End {
	ws, err := b.dial(b.ctx, globalPath)
	if err != nil {
		return End{Code: 1006, Unopened: err}
	}
	defer ws.CloseNow()
	if _, err := b.client.Notifications(b.ctx); err == nil {
		b.fetched.Add(1)
	}
	return b.read(ws, func(Object) {})
}

// AwaitNotification returns the next notification that a frame brought.
func (b *Bell) AwaitNotification(ctx context.Context) (Object, error) {
	frame, err := b.Await(ctx, "new_notification")
	return frame.Object("notification"), err
}
