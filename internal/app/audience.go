package app

import (
	"parley"
	"parley/realtime"
)

// admitted is the audience of those whom an access admits.
func admitted(access parley.Access) func(*realtime.Conn) bool {
	return func(c *realtime.Conn) bool {
		seat, ok := c.Value().(Seat)
		return ok && access.Admits(seat.Viewer)
	}
}

// admittedOf is the audience of those of some users whom an access admits.
func admittedOf(access parley.Access, users []int64) func(*realtime.Conn) bool {
	among := make(map[int64]bool, len(users))
	for _, id := range users {
		among[id] = true
	}
	return func(c *realtime.Conn) bool {
		seat, ok := c.Value().(Seat)
		return ok && among[seat.Viewer.ID] && access.Admits(seat.Viewer)
	}
}
