package realtime

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Stats are a hub's gauges and, from Delivered on, counters since it was made.
type Stats struct {
	Connections int // joined and not yet gone
	Users       int // with at least one of them
	Channels    int // held, those emptied less than 30 s ago included

	Delivered  uint64 // frames of events queued for connections
	Duplicates uint64 // published events dropped because they were known
	Reads      uint64 // pages asked of the log, each of one channel
	Repairs    uint64 // reads of the log that found events not published, or not yet
	Gaps       uint64 // those of the repairs that filled a hole in front of events already published
	Repaired   uint64 // the events found
	Overflows  uint64 // connections closed because their queue was full
	Dropped    uint64 // ephemeral messages dropped
	Replaced   uint64 // state messages that a newer one took the place of while they waited
}

// Stats returns the hub's figures.
func (h *Hub) Stats() Stats {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return Stats{
		Connections: len(h.connections),
		Users:       len(h.users),
		Channels:    len(h.channels),
		Delivered:   h.delivered.Load(),
		Duplicates:  h.duplicates.Load(),
		Gaps:        h.gaps.Load(), // before Repairs, which is counted first: never more
		Repairs:     h.repairs.Load(),
		Repaired:    h.repaired.Load(),
		Reads:       h.pages.Load(),
		Overflows:   h.overflows.Load(),
		Dropped:     h.dropped.Load(),
		Replaced:    h.replaced.Load(),
	}
}

// Connected reports whether the user has a live connection.
func (h *Hub) Connected(user string) (connected bool) {
	h.EachUser(user, func(*Conn) bool {
		connected = true
		return false
	})
	return connected
}

// Each calls f for every live connection until it returns false. No lock is held meanwhile, so f
// may do what it likes; a connection that joins or ends meanwhile may be left out.
func (h *Hub) Each(f func(*Conn) bool) { each(h.all(), f) }

// EachUser is Each for the connections of one user; "" is nobody.
func (h *Hub) EachUser(user string, f func(*Conn) bool) {
	var conns []*Conn
	h.mu.RLock()
	for s := h.users[user]; s != nil; s = s.after {
		conns = append(conns, s.conn)
	}
	h.mu.RUnlock()
	each(conns, f)
}

// EachSubscriber is Each for the live subscribers of one channel.
func (h *Hub) EachSubscriber(channel string, f func(*Conn) bool) {
	if ch := h.channel(channel); ch != nil {
		each(ch.subscribers(), f)
	}
}

func each(conns []*Conn, f func(*Conn) bool) {
	for _, c := range conns {
		if c.live() && !f(c) {
			return
		}
	}
}

func (h *Hub) all() []*Conn {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Collect(maps.Keys(h.connections))
}

func (h *Hub) empty() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.connections) == 0
}

// channel returns the channel of that name, nil if the hub does not hold it.
func (h *Hub) channel(name string) *channel {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.channels[name]
}

// Forget has connections that come back read the log instead of what the hub keeps of
// late. It is for changes that leave frames of earlier events untrue and have no event in
// their channels, as a person's new name.
func (h *Hub) Forget() {
	for _, ch := range h.held() {
		ch.forget()
	}
}

func (h *Hub) held() []*channel {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Collect(maps.Values(h.channels))
}

// enrol registers a connection. ok is false, without an error, when its admission is out of date
// and must be read again: more rights have been applied since, or the log is another one. The gate
// of the rights is held.
func (h *Hub) enrol(c *Conn, a Admission, generation string) (ok bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return false, ErrClosed
	case generation != h.generation || !h.rights.current(a.Authority):
		return false, nil
	case h.config.MaxConnections > 0 && len(h.connections) >= h.config.MaxConnections:
		return false, ErrOverCapacity
	case h.config.MaxPerUser > 0 && h.liveOf(a.User) >= h.config.MaxPerUser:
		return false, ErrTooManyConnections
	}
	s := h.seat(c, a)
	if err := c.sit(s, a.Value); err != nil {
		h.vacate(s)
		return false, err
	}
	if len(h.connections) == 0 { // the snapshot is all there is to keep in step
		h.rights.raise(a.Authority)
	}
	h.connections[c] = struct{}{}
	h.add(s)
	h.pulse.watch(s)
	return true, nil
}

// seat makes a place for an admitted connection. h.mu is held.
func (h *Hub) seat(c *Conn, a Admission) *seat {
	s := &seat{hub: h, conn: c, user: a.User, subs: make([]subscription, len(a.Channels))}
	s.pulse.owner = s
	for i, head := range a.Channels {
		ch := h.hold(head)
		s.subs[i] = subscription{conn: c, channel: ch, index: int32(i), position: head.Seq}
		s.names = ch.alone
	}
	if len(s.subs) > 1 {
		s.names = make([]string, len(s.subs))
		for i, head := range a.Channels {
			s.names[i] = head.Channel
		}
	}
	return s
}

// add makes a connection known as its user's. h.mu is held.
func (h *Hub) add(s *seat) {
	if s.user == "" {
		return
	}
	if s.after = h.users[s.user]; s.after != nil {
		s.after.before = s
	}
	h.users[s.user] = s
}

// remove takes that back. h.mu is held.
func (h *Hub) remove(s *seat) {
	if s.after != nil {
		s.after.before = s.before
	}
	switch {
	case s.before != nil:
		s.before.after = s.after
	case s.after != nil:
		h.users[s.user] = s.after
	default:
		delete(h.users, s.user)
	}
}

func (h *Hub) liveOf(user string) (n int) {
	for s := h.users[user]; s != nil; s = s.after {
		if s.conn.live() {
			n++
		}
	}
	return n
}

// hold takes a seat in a channel, which is made if need be. h.mu is held.
func (h *Hub) hold(head Head) *channel {
	ch := h.channels[head.Channel]
	if ch == nil {
		ch = newChannel(h, head.Channel, head.Seq)
		h.channels[head.Channel] = ch
		h.bus.want(head.Channel)
	}
	ch.seats++
	ch.notice(head.Seq)
	return ch
}

// vacate gives up the seats in a seat's channels. h.mu is held.
func (h *Hub) vacate(s *seat) {
	for i := range s.subs {
		ch := s.subs[i].channel
		ch.seats--
		ch.emptied = time.Now()
	}
}

// leave removes a closed connection.
func (h *Hub) leave(c *Conn, s *seat) {
	h.pulse.forget(s)
	for i := range s.subs {
		s.subs[i].channel.detach(&s.subs[i])
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.vacate(s)
	delete(h.connections, c)
	h.remove(s)
}

// forget lets go of channels that have been empty for long.
func (h *Hub) forget(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var empty []string
	for name, ch := range h.channels {
		if ch.seats == 0 && now.Sub(ch.emptied) >= emptiedFor {
			empty = append(empty, name)
			delete(h.channels, name)
		}
	}
	h.bus.unwant(empty...)
}

func (h *Hub) currentGeneration() string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.generation
}

// checkGeneration starts afresh when the log is not the one it was: the connections are closed, to
// come back with a fresh state.
func (h *Hub) checkGeneration(ctx context.Context) error {
	now := h.config.Log.Generation()
	if now == h.currentGeneration() {
		return nil
	}
	if !validGeneration(now) {
		return fmt.Errorf("realtime: generation %q is not 1 to %d of A-Z a-z 0-9 _ -", now, maxGeneration)
	}
	if err := h.rights.enter(ctx); err != nil {
		return err
	}
	defer h.rights.leave()
	h.mu.Lock()
	h.generation = now
	h.bus.unwant(slices.Collect(maps.Keys(h.channels))...)
	h.channels = make(map[string]*channel)
	h.mu.Unlock()
	h.rights.reset(now)
	h.Each(func(c *Conn) bool {
		c.Close(CloseRestored)
		return true
	})
	return nil
}

// suspectAll has every channel read from the log.
func (h *Hub) suspectAll() {
	for _, ch := range h.held() {
		ch.suspect()
	}
}
