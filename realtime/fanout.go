package realtime

import (
	"context"
	"slices"
	"sort"
	"sync"
)

// fanout is the live subscribers of one channel that one shard serves.
//
// An event is handed to a fanout, not to its members: so to publish costs as much for ten thousand
// viewers as for one. The shard then goes round its members, and gives each what it lacks in one
// write. What comes meanwhile goes along to those not visited yet, and to the others in the next
// round: so the busier a channel is, the more frames go out with each write. All members that lack
// the same share one concatenation of it.
//
// The fanout of the connections that have goroutines of their own has no shard: its members get
// each event at once.
type fanout struct {
	channel *channel
	shard   *shard
	subs    []*subscription // guarded by channel.mu

	mu      sync.Mutex
	items   []*delivery // what has not been given to all members yet, in order; its elements never change
	bytes   int         // their size
	active  bool        // the shard knows that there is something
	waiters []waiter

	round *round // of the shard's goroutine alone; nil while nothing is to be done
}

// waiter waits until an item has been given to all members.
type waiter struct {
	last *delivery
	done chan struct{}
}

// round is one visit to each of the members.
type round struct {
	subs  []*subscription // who was a member when it began
	next  int             // the next to be visited
	items []*delivery     // the fanout's, as far as they have been looked at
	begun int             // how many of them there were when it began: at its end everybody has those

	joined []byte  // the frames of items, behind one another
	ends   []int   // where in joined each ends
	sums   []tally // how many frames there are up to and including each
	common int     // from this item on, all are for everybody
	final  int     // from this item on, none is final
}

var rounds = sync.Pool{New: func() any { return new(round) }}

// add makes a subscription live. channel.mu is held.
func (g *fanout) add(s *subscription) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.fanout, s.slot = g, int32(len(g.subs))
	g.subs = append(g.subs, s)
}

// remove ends that. channel.mu is held.
func (g *fanout) remove(s *subscription) {
	last := len(g.subs) - 1
	g.subs[s.slot] = g.subs[last]
	g.subs[s.slot].slot = s.slot
	g.subs[last] = nil
	g.subs = g.subs[:last]
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.fanout = nil
}

// deliver gives the channel's next event to the members. channel.mu is held.
func (g *fanout) deliver(d *delivery) {
	if g.shard == nil {
		g.deliverNow(d)
		return
	}
	if g.put(d) > queueLimit {
		// The shard cannot keep up with who publishes. So that no more waits than may wait for a
		// connection, it is queued for each here: that slows publishing down, and finds out who is
		// too slow.
		for _, s := range g.subs {
			s.conn.mu.Lock()
			g.handOut(s)
			s.conn.mu.Unlock()
		}
	}
}

// put has the shard give an event to the members, and returns how many bytes wait for that.
func (g *fanout) put(d *delivery) (waiting int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.items = append(g.items, d)
	g.bytes += d.size()
	if !g.active {
		g.active = true
		g.shard.attend(g)
	}
	return g.bytes
}

func (g *fanout) deliverNow(d *delivery) {
	var shown tally
	for _, s := range g.subs {
		s.conn.mu.Lock()
		if s.offer(d, d.committed) {
			shown.add(d)
		}
		s.conn.mu.Unlock()
	}
	g.channel.count(shown)
}

// pending returns what has not been given to all members.
func (g *fanout) pending() []*delivery {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.items
}

// handOut queues for one member what the round has not brought it yet. Its conn.mu is held.
func (g *fanout) handOut(s *subscription) {
	items := g.pending()
	var shown tally
	for _, d := range items[after(items, s.position):] {
		if s.offer(d, d.committed) {
			shown.add(d)
		}
	}
	g.channel.count(shown)
}

// after returns the index of the first item beyond a position.
func after(items []*delivery, position uint64) int {
	if n := len(items); n == 0 || items[n-1].seq <= position {
		return n
	}
	if items[0].seq > position {
		return 0
	}
	return sort.Search(len(items), func(i int) bool { return items[i].seq > position })
}

// settle waits until all members have been given what waits for them now.
func (g *fanout) settle(ctx context.Context) error {
	g.mu.Lock()
	if len(g.items) == 0 {
		g.mu.Unlock()
		return nil
	}
	w := waiter{g.items[len(g.items)-1], make(chan struct{})}
	g.waiters = append(g.waiters, w)
	g.mu.Unlock()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// turn visits up to most members and returns how many it visited, and whether there is more to do.
func (g *fanout) turn(most int) (visited int, more bool) {
	if g.round == nil {
		g.round = rounds.Get().(*round)
	}
	r := g.round
	r.look(g.pending())
	if r.next == len(r.subs) {
		g.begin(r)
	}
	visited = min(most, len(r.subs)-r.next)
	var shown tally
	for _, s := range r.subs[r.next : r.next+visited] {
		shown.plus(g.shard.visit(s, r))
	}
	g.channel.count(shown)
	r.next += visited
	if r.next < len(r.subs) {
		return visited, true
	}
	return visited, g.complete(r)
}

// begin begins a round.
func (g *fanout) begin(r *round) {
	g.channel.mu.Lock()
	defer g.channel.mu.Unlock()
	// Who joins from now on stands beyond the items that have been looked at.
	r.subs, r.next, r.begun = append(r.subs[:0], g.subs...), 0, len(r.items)
}

// complete forgets what everybody has after a round, and reports whether there is more.
func (g *fanout) complete(r *round) (more bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	everybody := uint64(0)
	if r.begun > 0 {
		everybody = g.items[r.begun-1].seq
	}
	g.waiters = slices.DeleteFunc(g.waiters, func(w waiter) bool {
		if w.last.seq > everybody {
			return false
		}
		close(w.done)
		return true
	})
	for _, d := range g.items[:r.begun] {
		g.bytes -= d.size()
	}
	if g.items = g.items[r.begun:]; len(g.items) > 0 {
		r.forget(g.items)
		return true
	}
	g.items, g.active, g.round = nil, false, nil
	r.recycle()
	return false
}

// look joins the frames of new items to those it knows.
func (r *round) look(items []*delivery) {
	for _, d := range items[len(r.items):] {
		r.joined = append(append(r.joined, d.wire...), d.also...)
		r.ends = append(r.ends, len(r.joined))
		var sum tally
		if n := len(r.sums); n > 0 {
			sum = r.sums[n-1]
		}
		if d.wire != nil {
			sum.add(d)
		}
		r.sums = append(r.sums, sum)
		if d.audience != nil {
			r.common = len(r.ends)
		}
		if d.final != nil {
			r.final = len(r.ends)
		}
	}
	r.items = items
}

// since returns the frames from an item on, and how many events they show.
func (r *round) since(item int) (frames []byte, shown tally) {
	shown = r.sums[len(r.sums)-1]
	if item == 0 {
		return r.joined, shown
	}
	return r.joined[r.ends[item-1]:], shown.minus(r.sums[item-1])
}

// forget leaves only the newest items.
func (r *round) forget(items []*delivery) {
	r.restart()
	r.look(items)
}

func (r *round) restart() {
	r.items, r.joined, r.ends, r.sums = nil, r.joined[:0], r.ends[:0], r.sums[:0]
	r.common, r.final, r.begun, r.next = 0, 0, 0, len(r.subs)
}

// recycle gives a round back to the pool.
func (r *round) recycle() {
	clear(r.subs[:cap(r.subs)])
	r.subs = r.subs[:0]
	r.restart()
	const most = 1 << 20 // bytes: what one storm made of it is not kept
	if cap(r.joined) > most {
		r.joined = nil
	}
	rounds.Put(r)
}
