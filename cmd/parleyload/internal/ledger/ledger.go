// Package ledger checks what the server promises of durable events: that each
// reader gets every event of its channel, once, in the one order that all get.
//
// It knows an event by two things: its position in the channel, from the event id,
// and what it is about. What exists is learnt from all readers together and from
// the answers to posts: an event that one reader got and another did not is lost,
// and so is a message that was acknowledged and reached nobody.
//
// A channel is a stream of its own (a thread), a Reader one client's way through
// it, across as many connections as it takes. Channels may be used concurrently; a
// Reader by one goroutine at a time.
package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
)

// Kind says how a promise was broken.
type Kind string

// What can be found.
const (
	Lost        Kind = "lost"         // an event that others got never came
	Doubled     Kind = "doubled"      // an event came again
	Reordered   Kind = "reordered"    // an event came after a later one
	Disagreed   Kind = "disagreed"    // two readers got different events under one position, or one event under two
	Unrecovered Kind = "unrecovered"  // a resume was refused though little was missing
	Closed      Kind = "closed"       // a connection ended that nobody ended
	Miscounted  Kind = "miscounted"   // a badge is not what it must be
	Unreadable  Kind = "not readable" // a frame broke the protocol
)

// Fault is one broken promise.
type Fault struct {
	Kind   Kind   `json:"kind"`
	Reader int    `json:"reader"` // NoReader if it concerns all
	Text   string `json:"text"`
}

// NoReader is the Reader of a Fault that concerns no single one.
const NoReader = -1

// String tells the fault in a line.
func (f Fault) String() string {
	if f.Reader == NoReader {
		return fmt.Sprintf("%s: %s", f.Kind, f.Text)
	}
	return fmt.Sprintf("%s: reader %d: %s", f.Kind, f.Reader, f.Text)
}

// kept is how many faults are kept word for word; one cause may have a million.
const kept = 100

// Ledger collects channels and what was found in them. It may be used concurrently.
type Ledger struct {
	mu       sync.Mutex
	channels map[string]*Channel
	faults   []Fault
	counts   map[Kind]int
}

// New returns a ledger that knows nothing yet.
func New() *Ledger {
	return &Ledger{channels: map[string]*Channel{}, counts: map[Kind]int{}}
}

// Channel returns the channel of that name, as event ids spell it.
func (l *Ledger) Channel(name string) *Channel {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.channels[name]
	if c == nil {
		c = newChannel(l, name)
		l.channels[name] = c
	}
	return c
}

// Report notes a broken promise.
func (l *Ledger) Report(kind Kind, reader int, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[kind]++
	if len(l.faults) < kept {
		l.faults = append(l.faults, Fault{kind, reader, fmt.Sprintf(format, args...)})
	}
}

// Faults returns the first faults that were found, in that order, and how many
// there are of each kind.
func (l *Ledger) Faults() (first []Fault, counts map[Kind]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts = map[Kind]int{}
	for kind, n := range l.counts {
		counts[kind] = n
	}
	return slices.Clone(l.faults), counts
}

// Count returns how many faults were found so far.
func (l *Ledger) Count() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, of := range l.counts {
		n += of
	}
	return n
}

// Unseen returns how many acknowledged messages no reader has got yet.
func (l *Ledger) Unseen() (n int) {
	for _, c := range l.all() {
		n += c.unseenCount()
	}
	return n
}

// Audit looks, when all is quiet, for what never came: to a reader, or to anybody.
// Each of the readers must be connected.
func (l *Ledger) Audit(readers []*Reader) {
	for _, c := range l.all() {
		c.audit()
	}
	for _, r := range readers {
		r.audit()
	}
}

func (l *Ledger) all() []*Channel {
	l.mu.Lock()
	defer l.mu.Unlock()
	channels := make([]*Channel, 0, len(l.channels))
	for _, c := range l.channels {
		channels = append(channels, c)
	}
	slices.SortFunc(channels, func(a, b *Channel) int { return cmp.Compare(a.name, b.name) })
	return channels
}
