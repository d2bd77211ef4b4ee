package realtime

import "slices"

// ringLimit is how much of a channel's recent past is kept for connections that come back, in
// bytes.
const ringLimit = 64 << 10

// ring holds the newest events of a channel, without gaps.
type ring struct {
	before uint64 // the number before the oldest event held: who has seen it can continue from here
	events []*delivery
	bytes  int
}

// reset forgets everything up to and including seq.
func (r *ring) reset(seq uint64) { *r = ring{before: seq} }

// add appends the channel's next event and lets go of the oldest ones beyond the limit.
func (r *ring) add(d *delivery) {
	r.events = append(r.events, d)
	r.bytes += d.size()
	n := 0
	for r.bytes > ringLimit {
		r.bytes -= r.events[n].size()
		n++
	}
	r.events = slices.Delete(r.events, 0, n)
	r.before += uint64(n)
}

// extend puts older events, read from the log, in front of what is held, as many of the newest as
// there is room for.
func (r *ring) extend(events []*delivery) {
	n := len(events)
	for n > 0 && r.bytes+events[n-1].size() <= ringLimit {
		n--
		r.bytes += events[n].size()
	}
	r.events = slices.Insert(r.events, 0, events[n:]...)
	r.before -= uint64(len(events) - n)
}

// after returns the events after seq; ok is false when the ring does not reach back so far.
func (r *ring) after(seq uint64) (events []*delivery, ok bool) {
	if seq < r.before {
		return nil, false
	}
	skip := min(seq-r.before, uint64(len(r.events)))
	return r.events[skip:], true
}
