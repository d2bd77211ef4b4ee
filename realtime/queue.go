package realtime

import "sync"

// Lane says what may happen to a message while it waits for a slow reader.
type Lane uint8

const (
	Durable   Lane = iota // never dropped; if the queue is full the connection is closed with CloseTooSlow
	State                 // of those with the same Key only the latest is kept, in the place of the first
	Ephemeral             // dropped when the queue is more than half full
)

// Message is a frame of the application's own, beside the events of channels. Frame is a JSON text;
// nobody may change it afterwards.
type Message struct {
	Lane  Lane
	Key   string // of a State message: which state it is
	Frame []byte
}

// queueLimit is what may wait for one connection, in bytes, what is being written included.
const queueLimit = 256 << 10

// entry is one complete frame that waits, in the format of its connection.
type entry struct {
	wire []byte
	lane Lane
	key  string
	mark
}

// queues are empty ones: a connection has none while nothing waits for it.
var queues = sync.Pool{New: func() any { return new(queue) }}

// queue holds what waits for one connection, in order. Its owner locks it.
type queue struct {
	entries []entry
	taken   int            // entries ever taken: entry i is the (taken+i)th of the connection
	states  map[string]int // of queued State entries: key → which of the connection's entries it is
	bytes   int            // waiting or being written
	writing *marks         // of what is being written; nil: of nothing
}

// push adds an entry and reports false if there is no room: then the reader is too slow. dropped is
// how many ephemeral ones, this one perhaps among them, had to go. An entry larger than the limit
// is accepted into an empty queue only, so that it can pass at all.
func (q *queue) push(e entry) (dropped int, ok bool) {
	if e.lane == Ephemeral && (q.crowded() || q.full(len(e.wire))) {
		return 1, true
	}
	if at, waiting := q.states[e.key]; waiting && e.lane == State {
		return 0, q.replace(&q.entries[at-q.taken], e)
	}
	if q.full(len(e.wire)) {
		dropped = q.shed()
	}
	if q.full(len(e.wire)) {
		return dropped, false
	}
	q.add(e)
	return dropped, true
}

func (q *queue) replace(old *entry, e entry) (ok bool) {
	rest := q.bytes - len(old.wire)
	if rest > 0 && rest+len(e.wire) > queueLimit {
		return false
	}
	*old, q.bytes = e, rest+len(e.wire)
	return true
}

func (q *queue) add(e entry) {
	if e.lane == State {
		if q.states == nil {
			q.states = make(map[string]int)
		}
		q.states[e.key] = q.taken + len(q.entries)
	}
	q.entries = append(q.entries, e)
	q.bytes += len(e.wire)
}

// crowded reports whether the queue is more than half full: nothing ephemeral is accepted then, and
// no replay fed.
func (q *queue) crowded() bool { return q.bytes > queueLimit/2 }

// full reports whether n bytes more are too many.
func (q *queue) full(n int) bool { return q.bytes > 0 && q.bytes+n > queueLimit }

// shed drops what is ephemeral and returns how many entries that were.
func (q *queue) shed() (dropped int) {
	before := q.entries
	q.clear()
	for _, e := range before {
		if e.lane == Ephemeral {
			dropped++
		} else {
			q.add(e)
		}
	}
	return dropped
}

// clear drops everything that waits.
func (q *queue) clear() {
	for _, e := range q.entries {
		q.bytes -= len(e.wire)
	}
	q.entries, q.states = nil, nil
}

// take moves the entries that fit into limit bytes, at least one if any wait, to the end of dst.
// Their bytes count until release.
func (q *queue) take(dst []byte, limit int) []byte {
	n, whole := 0, q.entries
	for _, e := range q.entries {
		if n > 0 && len(dst)+len(e.wire) > limit {
			break
		}
		if e.lane == State {
			delete(q.states, e.key)
		}
		dst = append(dst, e.wire...)
		q.note(e.mark)
		n++
	}
	q.taken += n
	clear(q.entries[:n])
	q.entries = q.entries[n:]
	if len(q.entries) == 0 {
		q.entries = whole[:0]
	}
	return dst
}

// release gives back n bytes that have been written.
func (q *queue) release(n int) { q.bytes -= n }

// replaces reports whether an entry takes the place of one that waits.
func (q *queue) replaces(e entry) bool {
	if e.lane != State {
		return false
	}
	_, waiting := q.states[e.key]
	return waiting
}

// recycle gives an empty queue back to the pool.
func (q *queue) recycle() {
	const most = 64 // entries: what one long resume made of it is not kept
	if cap(q.entries) > most {
		q.entries = nil
	}
	*q = queue{entries: q.entries[:0]}
	queues.Put(q)
}
