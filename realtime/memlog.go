package realtime

import (
	"context"
	"sync"
)

// MemoryLog is a [Log] in memory: for tests, examples and programs whose events need not survive
// them. All methods may be called concurrently.
type MemoryLog struct {
	mu         sync.RWMutex
	generation string
	clock      uint64 // events ever appended, plus 1: never 0, which has a meaning of its own as a cursor
	channels   map[string]*memoryChannel
}

type memoryChannel struct {
	oldest  uint64 // number of the first of renders
	renders []func() Event
	touched uint64 // the clock at the newest event
}

func (c *memoryChannel) head() uint64 { return c.oldest + uint64(len(c.renders)) - 1 }

// NewMemoryLog returns an empty log of that generation: 1 to 64 of A-Z a-z 0-9 _ -.
func NewMemoryLog(generation string) *MemoryLog {
	return &MemoryLog{generation: generation, clock: 1, channels: make(map[string]*memoryChannel)}
}

// Append commits an event: it gives it the channel's next number and returns it rendered, ready for
// [Hub.Publish].
//
// render is kept and called for each read of the event, so that replay shows things as they are
// then, not as they were; it returns the event but for Channel and Seq, which the log fills in. It
// is called while the log is locked and must not call it.
func (l *MemoryLog) Append(channel string, render func() Event) Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.channels[channel]
	if c == nil {
		c = &memoryChannel{oldest: 1}
		l.channels[channel] = c
	}
	l.clock++
	c.touched = l.clock
	c.renders = append(c.renders, render)
	return c.event(channel, c.head())
}

func (c *memoryChannel) event(channel string, seq uint64) Event {
	e := c.renders[seq-c.oldest]()
	e.Channel, e.Seq = channel, seq
	return e
}

// Head returns the number of a channel's newest event, 0 if it never had one.
func (l *MemoryLog) Head(channel string) uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if c := l.channels[channel]; c != nil {
		return c.head()
	}
	return 0
}

// Prune forgets a channel's events before oldest.
func (l *MemoryLog) Prune(channel string, oldest uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.channels[channel]
	if c == nil || oldest <= c.oldest {
		return
	}
	oldest = min(oldest, c.head()+1)
	c.renders = append([]func() Event(nil), c.renders[oldest-c.oldest:]...)
	c.oldest = oldest
}

// Restore gives the log another generation, as restoring a backup does with a database. Its events
// stay.
func (l *MemoryLog) Restore(generation string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.generation = generation
}

// Generation implements [Log].
func (l *MemoryLog) Generation() string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.generation
}

// Since implements [Log]. The cursor is a count of events.
func (l *MemoryLog) Since(ctx context.Context, cursor uint64) (heads []Head, next uint64, err error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	for name, c := range l.channels {
		if cursor > 0 && c.touched > cursor {
			heads = append(heads, Head{name, c.head()})
		}
	}
	return heads, l.clock, nil
}

// Read implements [Log].
func (l *MemoryLog) Read(ctx context.Context, wants []Want) ([]Page, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	pages := make([]Page, len(wants))
	for i, want := range wants {
		pages[i] = l.page(want)
	}
	return pages, nil
}

func (l *MemoryLog) page(want Want) Page {
	p := Page{Channel: want.Channel}
	c := l.channels[want.Channel]
	if c == nil {
		return p
	}
	p.Oldest, p.Head = c.oldest, c.head()
	if want.After+1 < c.oldest {
		return p
	}
	for seq := want.After + 1; seq <= p.Head && len(p.Events) < want.Limit; seq++ {
		p.Events = append(p.Events, c.event(want.Channel, seq))
	}
	return p
}
