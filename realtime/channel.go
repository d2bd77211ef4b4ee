package realtime

import (
	"sync"
	"time"
)

const (
	// pendingLimit bounds the events a channel keeps that cannot be delivered yet, in bytes; the
	// log has the others.
	pendingLimit = 256 << 10

	// emptiedFor is how long a channel without connections is kept, current: people reload pages
	// and lose networks.
	emptiedFor = 30 * time.Second
)

// channel is the hub's side of one channel while somebody is, or lately was, joined to it.
//
// Events come in through arrive, from whatever source and in whatever order, and leave through
// deliver in theirs, once.
type channel struct {
	hub        *Hub
	name       string
	generation string
	alone      []string // just its name: what the connections of this channel alone have as Conn.Channels
	group      *group   // that its deliveries are counted in

	seats   int       // connections joined or joining; guarded by hub.mu
	emptied time.Time // when seats became 0; guarded by hub.mu

	mu        sync.Mutex
	pos       uint64    // the newest event delivered
	ring      ring      // the newest events up to pos
	rewritten uint64    // the newest event delivered that rewrites earlier ones
	final     bool      // the newest event delivered ended the connections
	fanouts   []*fanout // its live subscribers, those of each shard together

	pending      map[uint64]*delivery // events after pos, waiting for those before them or for the authority
	pendingBytes int
	tail         uint64 // pos or, if pending continues it without a hole, how far
	full         bool   // the event after tail found no room: those up to tail wait for the authority
	head         uint64 // the newest event known to exist; at least tail
	unread       bool   // there may be events nobody told us of: the log must be read once
}

// newChannel returns a channel that stands at the head a database snapshot showed.
//
// Why nothing is missed: an event committed after that snapshot but before the channel was in the
// hub's map found no channel when it was published, and the follower may have passed it. So the log
// is read once, later than that (unread): that finds it. An event committed after that read is
// committed after the channel was there: its publication finds the channel and, if that was lost,
// so does the follower's next look.
func newChannel(h *Hub, name string, head uint64) *channel {
	return &channel{
		hub: h, name: name, generation: h.generation, alone: []string{name}, group: h.meter.of(h, name),
		pos: head, tail: head, head: head, ring: ring{before: head},
		unread: true,
	}
}

// publish takes an event that was committed.
func (ch *channel) publish(e Event, via path) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.knows(e.Seq) {
		ch.hub.duplicates.Add(1)
		return
	}
	d := newDelivery(ch.generation, e)
	d.via = via
	ch.arrive(d)
	ch.advance()
}

// notice learns that the channel has a newest event of that number.
func (ch *channel) notice(head uint64) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.head = max(ch.head, head)
	ch.advance()
}

// announced is notice where nothing but the log will bring the event.
func (ch *channel) announced(head uint64) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.head = max(ch.head, head)
	ch.drain()
	if ch.behind() {
		ch.hub.holes.urge(ch)
	}
}

// suspect marks the channel as possibly behind the log by an unknown number of events.
func (ch *channel) suspect() {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.unread = true
	ch.advance()
}

func (ch *channel) knows(seq uint64) bool {
	return seq <= ch.tail || ch.pending[seq] != nil
}

// arrive keeps an event until its turn, and reports whether it is new and there was room for it.
// ch.mu is held.
func (ch *channel) arrive(d *delivery) bool {
	ch.head = max(ch.head, d.seq)
	if ch.knows(d.seq) {
		return false
	}
	if !ch.hasRoom(d) && d.seq == ch.tail+1 {
		ch.dropAhead() // what is beyond the hole gives way to what fills it
		ch.full = !ch.hasRoom(d)
	}
	if !ch.hasRoom(d) {
		return false
	}
	if ch.pending == nil {
		ch.pending = make(map[uint64]*delivery)
	}
	ch.pending[d.seq] = d
	ch.pendingBytes += d.size()
	for ch.pending[ch.tail+1] != nil {
		ch.tail++
	}
	return true
}

func (ch *channel) hasRoom(d *delivery) bool {
	return ch.pendingBytes == 0 || ch.pendingBytes+d.size() <= pendingLimit
}

// dropAhead forgets the pending events beyond the first hole; the log has them.
func (ch *channel) dropAhead() {
	for seq, d := range ch.pending {
		if seq > ch.tail {
			delete(ch.pending, seq)
			ch.pendingBytes -= d.size()
		}
	}
}

// advance delivers what has its turn and sees to it that what is missing is read. ch.mu is held.
func (ch *channel) advance() {
	ch.drain()
	if ch.behind() {
		ch.hub.holes.add(ch)
	}
}

// drain delivers pending events up to the first hole, or the first one that has to wait for the
// authority. ch.mu is held.
func (ch *channel) drain() {
	for next := ch.pending[ch.pos+1]; next != nil; next = ch.pending[ch.pos+1] {
		if !ch.hub.rights.covers(next.barrier) {
			ch.hub.rights.hold(ch, next.barrier)
			return
		}
		delete(ch.pending, next.seq)
		ch.pendingBytes -= next.size()
		ch.full = false
		ch.deliver(next)
	}
}

// behind reports whether there are, or may be, events to be read from the log now. ch.mu is held.
func (ch *channel) behind() bool { return ch.unread || ch.tail < ch.head && !ch.full }

// deliver gives the next event to everybody. ch.mu is held.
func (ch *channel) deliver(d *delivery) {
	ch.pos, ch.final = d.seq, d.final != nil
	if d.rewrites {
		ch.rewritten = d.seq
		ch.ring.reset(d.seq - 1)
	}
	if d.fresh {
		ch.ring.reset(d.seq)
	} else {
		ch.ring.add(d)
	}
	for _, g := range ch.fanouts {
		g.deliver(d)
	}
}

// forget keeps nothing for connections that come back.
func (ch *channel) forget() {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.ring.reset(ch.pos)
}

// cast queues a message for all subscribers but one.
func (ch *channel) cast(m *casting, except *Conn) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	for _, g := range ch.fanouts {
		for _, s := range g.subs {
			if s.conn != except {
				m.to(s.conn)
			}
		}
	}
}

// subscribers returns the live connections.
func (ch *channel) subscribers() (conns []*Conn) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	for _, g := range ch.fanouts {
		for _, s := range g.subs {
			conns = append(conns, s.conn)
		}
	}
	return conns
}

// fanout returns that of a shard's subscribers, which is made if need be. ch.mu is held.
func (ch *channel) fanout(home *shard) *fanout {
	for _, g := range ch.fanouts {
		if g.shard == home {
			return g
		}
	}
	g := &fanout{channel: ch, shard: home}
	ch.fanouts = append(ch.fanouts, g)
	return g
}
