package live

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"parley"
	"parley/internal/app"
	"parley/realtime"
)

// Authority keeps what the connections of a hub may see in step with the rights of
// users, sessions and threads. It implements realtime.Authority.
type Authority struct {
	app *app.App
	hub *realtime.Hub // set by New

	mu     sync.Mutex
	modeAt uint64 // the control position that the hub's bus mode was read at
}

// NewAuthority returns the authority for the hub that New is called with.
func NewAuthority(a *app.App) *Authority { return &Authority{app: a} }

// Apply gives every connection that changes of rights after a position concern the
// rights it has now, and closes those that have none left. It has the hub work in
// the community's bus mode.
func (a *Authority) Apply(ctx context.Context, after uint64) (applied uint64, err error) {
	rights, err := a.app.RightsSince(ctx, after)
	if err != nil {
		return 0, fmt.Errorf("rights since %d: %w", after, err)
	}
	if rights.Unclear {
		users, threads := a.present()
		if err := a.app.AllRights(ctx, &rights, users, threads); err != nil {
			return 0, fmt.Errorf("rights of everybody: %w", err)
		}
	}
	if rights.BusModeChanged {
		a.SetBusMode(rights.BusMode, rights.Applied)
	}
	if len(rights.Users) > 0 {
		// They may go by another name, an alias, and frames of earlier events by which
		// sockets go on show the one that it hides, with the same id.
		a.hub.Forget()
	}
	apply := func(c *realtime.Conn) bool {
		if before, ok := c.Value().(app.Seat); ok {
			seat, reason, lost := judge(before, rights)
			c.SetValue(seat)
			switch {
			case lost:
				c.Close(reason)
			case seat.Viewer.Role != before.Viewer.Role || seat.Viewer.AmountCents != before.Viewer.AmountCents:
				a.app.RightsChanged(seat.Viewer.ID)
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

// present returns who is connected, and the threads that they watch.
func (a *Authority) present() (users, threads []int64) {
	people, watched := map[int64]bool{}, map[int64]bool{}
	a.hub.Each(func(c *realtime.Conn) bool {
		if seat, ok := c.Value().(app.Seat); ok {
			people[seat.Viewer.ID] = true
			if seat.ThreadID != 0 {
				watched[seat.ThreadID] = true
			}
		}
		return true
	})
	return slices.Collect(maps.Keys(people)), slices.Collect(maps.Keys(watched))
}

// SetBusMode has the hub work in the community's bus mode as it was read at a position
// of the control channel. What was read before what the hub goes by changes nothing:
// of two who look, the slower one may have seen the older mode.
func (a *Authority) SetBusMode(mode parley.BusMode, control uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if control >= a.modeAt {
		a.modeAt = control
		a.hub.SetMode(BusMode(mode))
	}
}

// BusMode is what a hub is to do in a community's bus mode: without a Redis it stays
// local whatever it is told.
func BusMode(mode parley.BusMode) realtime.Mode {
	switch mode {
	case parley.BusLocal:
		return realtime.ModeLocal
	case parley.BusRedis:
		return realtime.ModeRedis
	default:
		return realtime.ModeDual
	}
}

// judge returns the seat with the rights it has now, and why it lost its place if
// it did.
func judge(seat app.Seat, rights app.Rights) (now app.Seat, reason realtime.CloseReason, lost bool) {
	id := seat.Viewer.ID
	if v, changed := rights.Users[id]; changed {
		seat.Viewer = v
		seat.Viewer.ID = id // a person who is gone has none
		seat.Name = rights.Names[id]
		switch {
		case rights.Suspended[id]:
			return seat, CloseUserSuspended, true
		case !v.Active:
			return seat, CloseUserDeactivated, true
		case !rights.Sessions[id][seat.SessionID]:
			return seat, CloseSessionEnded, true
		}
	}
	right, changed := rights.Threads[seat.ThreadID]
	switch {
	case changed && !right.Exists:
		// Deleting changes no rights: the last event of the thread's channel tells its
		// sockets, and ends them. This one was deleted right after a change of its own,
		// which nobody can tell any more: so whomever that may have shut out is.
		seat.Access = parley.Access{Private: true}
		return seat, CloseThreadNotFound, !seat.Access.Admits(seat.Viewer)
	case changed:
		seat.Access = right.Access
	}
	return seat, CloseAccessDenied, !seat.Access.Admits(seat.Viewer)
}
