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

// readers are those of a thread's readers whom an event goes to; nil: all.
func readers(r parley.Readers) func(*realtime.Conn) bool {
	if r.Author == 0 {
		return nil
	}
	return func(c *realtime.Conn) bool {
		seat, ok := c.Value().(Seat)
		return ok && r.Admits(seat.Viewer)
	}
}

// readersOf are those who see a message.
func readersOf(m parley.Message) func(*realtime.Conn) bool {
	if !m.IsHidden {
		return nil
	}
	return readers(parley.Readers{Author: m.UserID})
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

// reachedBy is the audience of those whom a call reached and who may see it now;
// exceptions are those of whom the rights of their seat do not tell.
func reachedBy(c parley.Call, exceptions map[int64]bool) func(*realtime.Conn) bool {
	return func(conn *realtime.Conn) bool {
		seat, ok := conn.Value().(Seat)
		v := seat.Viewer
		if !ok || !c.Shows(v) {
			return false
		}
		if reached, known := exceptions[v.ID]; known {
			return reached
		}
		return v.ID <= c.LastMember && c.Asked.Admits(v)
	}
}
