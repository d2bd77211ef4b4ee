package live

import (
	"context"
	"fmt"

	"parley"
	"parley/internal/app"
	"parley/realtime"
)

// Authority keeps what the connections of a hub may see in step with the rights of
// users, sessions and threads. It implements realtime.Authority.
type Authority struct {
	app *app.App
	hub *realtime.Hub // set by New
}

// NewAuthority returns the authority for the hub that New is called with.
func NewAuthority(a *app.App) *Authority { return &Authority{app: a} }

// Apply gives every connection that changes of rights after a position concern the
// rights it has now, and closes those that have none left.
func (a *Authority) Apply(ctx context.Context, after uint64) (applied uint64, err error) {
	rights, err := a.app.RightsSince(ctx, after)
	if err != nil {
		return 0, fmt.Errorf("rights since %d: %w", after, err)
	}
	apply := func(c *realtime.Conn) bool {
		if seat, ok := c.Value().(app.Seat); ok {
			seat, reason, lost := judge(seat, rights)
			c.SetValue(seat)
			if lost {
				c.Close(reason)
			}
		}
		return true
	}
	if len(rights.Threads) > 0 {
		// Not by the thread's channel: one that still catches up is no live
		// subscriber of it yet, but must not read on.
		a.hub.Each(apply)
		return rights.Applied, nil
	}
	for id := range rights.Users {
		a.hub.EachUser(userKey(id), apply)
	}
	return rights.Applied, nil
}

// judge returns the seat with the rights it has now, and why it lost its place if
// it did.
func judge(seat app.Seat, rights app.Rights) (now app.Seat, reason realtime.CloseReason, lost bool) {
	id := seat.Viewer.ID
	if v, changed := rights.Users[id]; changed {
		seat.Viewer = v
		seat.Viewer.ID = id // a person who is gone has none
		switch {
		case !v.Active:
			return seat, CloseUserDeactivated, true
		case !rights.Sessions[id][seat.SessionID]:
			return seat, CloseSessionEnded, true
		}
	}
	if right, changed := rights.Threads[seat.ThreadID]; changed {
		seat.Access = accessNow(seat.Access, right)
	}
	return seat, CloseAccessDenied, !seat.Access.Admits(seat.Viewer)
}

// accessNow returns what a thread asks of its readers. A deleted thread's sockets
// are not closed here: the last event of its channel tells them that it is gone and
// then ends them, and nothing comes after it. Until then its access does not widen.
func accessNow(before parley.Access, right app.ThreadRight) parley.Access {
	if right.Exists {
		return right.Access
	}
	return before.Within(right.Access)
}
