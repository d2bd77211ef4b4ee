// Package mailbox is a bounded queue between many who put and one who takes: what
// stands on either side of a message bus, where nobody may wait for the network.
package mailbox

import "sync"

// Letter is a message of a channel. Nobody changes Message once it is put.
type Letter struct {
	Channel string
	Message []byte
}

// overhead is what a letter costs beside its message. Counting it bounds the number
// of letters too.
const overhead = 64

// Box holds letters until they are taken, all at once. Its methods may be called
// concurrently.
type Box struct {
	limit int
	wake  chan struct{} // cap 1

	mu      sync.Mutex
	letters []Letter
	bytes   int
}

// New returns an empty box that holds so many bytes.
func New(limit int) *Box { return &Box{limit: limit, wake: make(chan struct{}, 1)} }

// Put adds a letter at the end and reports whether there was room for it: one letter
// always fits into an empty box.
func (b *Box) Put(l Letter) bool {
	size := overhead + len(l.Channel) + len(l.Message)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.letters) > 0 && b.bytes+size > b.limit {
		return false
	}
	b.letters = append(b.letters, l)
	b.bytes += size
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return true
}

// Full returns a channel that has an element when something was put since all was
// last taken.
func (b *Box) Full() <-chan struct{} { return b.wake }

// Take returns what is in the box, in order, and leaves it empty. spare is used for
// what comes next: the slice of a call before, whose letters are done with.
func (b *Box) Take(spare []Letter) []Letter {
	clear(spare)
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.letters
	b.letters, b.bytes = spare[:0], 0
	return taken
}
