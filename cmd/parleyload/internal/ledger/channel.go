package ledger

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
)

// Event is a durable event as some reader got it.
type Event struct {
	Position uint64
	Kind     string // the frame's type
	Message  int64  // the message it is about, 0 if none
	Size     int    // of its frame, in bytes
}

// Kinds of events that tell, once, that a message was posted: in its thread, and to
// everyone whom it mentions.
const (
	newMessage      = "new_message"
	everyoneMention = "everyone_mention"
)

// Channel is what is known of one channel's events.
type Channel struct {
	ledger  *Ledger
	name    string
	highest atomic.Uint64 // the last position anybody got

	mu     sync.Mutex
	events map[uint64]Event
	posts  map[int64]uint64   // the position of the event that tells of each message
	unseen map[int64]struct{} // messages that were acknowledged, but reached nobody yet
	joined bool               // anybody reads it
}

func newChannel(l *Ledger, name string) *Channel {
	return &Channel{
		ledger: l, name: name,
		events: map[uint64]Event{}, posts: map[int64]uint64{}, unseen: map[int64]struct{}{},
	}
}

// Highest returns the last position that any reader got.
func (c *Channel) Highest() uint64 { return c.highest.Load() }

// Acknowledged notes that a post was answered with success: its message exists.
func (c *Channel) Acknowledged(message int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, seen := c.posts[message]; !seen {
		c.unseen[message] = struct{}{}
	}
}

// Learn notes that a reader got an event. It finds readers that disagree; order
// is Reader.Read's business.
func (c *Channel) Learn(e Event, reader int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, again := c.events[e.Position]
	if again && (known.Kind != e.Kind || known.Message != e.Message) {
		c.ledger.Report(Disagreed, reader, "%s:%d is %s of message %d, to others %s of message %d",
			c.name, e.Position, e.Kind, e.Message, known.Kind, known.Message)
		return
	}
	if !again {
		c.events[e.Position] = e
		c.highest.Store(max(c.highest.Load(), e.Position))
	}
	if e.Kind == newMessage || e.Kind == everyoneMention {
		c.posted(e, reader)
	}
}

// posted notes where in the channel a message was shown first. c.mu is held.
func (c *Channel) posted(e Event, reader int) {
	delete(c.unseen, e.Message)
	at, shown := c.posts[e.Message]
	if !shown {
		c.posts[e.Message] = e.Position
	} else if at != e.Position {
		c.ledger.Report(Doubled, reader, "message %d came as %s:%d and as %s:%d",
			e.Message, c.name, at, c.name, e.Position)
	}
}

func (c *Channel) unseenCount() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.joined {
		return 0
	}
	return len(c.unseen)
}

func (c *Channel) join() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.joined = true
}

// audit reports the messages that exist and reached nobody.
func (c *Channel) audit() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.joined {
		return
	}
	for message := range c.unseen {
		c.ledger.Report(Lost, NoReader, "message %d was acknowledged, but nobody got it in %s", message, c.name)
	}
}

// within returns the known events of a gap in their order.
func (c *Channel) within(g gap) (events []Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g.before-g.after <= uint64(len(c.events)) {
		for p := g.after + 1; p < g.before; p++ {
			if e, known := c.events[p]; known {
				events = append(events, e)
			}
		}
		return events
	}
	for p, e := range c.events {
		if g.holds(p) {
			events = append(events, e)
		}
	}
	slices.SortFunc(events, func(a, b Event) int { return cmp.Compare(a.Position, b.Position) })
	return events
}
