package realtime

import (
	"context"
	"sync"
	"time"
)

const (
	defaultFollow = 500 * time.Millisecond
	followTimeout = 10 * time.Second

	// holePatience is how long an event may be missing before the log is read for it. Committers publish slightly out of order:
	// what is ahead of its turn is nearly always followed by what it waits for, and then no read is needed.
	holePatience = 20 * time.Millisecond

	// holeRetry is the pause after a read that failed.
	holeRetry = 500 * time.Millisecond
)

// follower looks at the log again and again for events that were committed but never published: by a process that died, by
// another one, by a command line.
type follower struct {
	hub  *Hub
	turn chan struct{} // cap 1: held during a look

	generation string // guarded by turn, like cursor
	cursor     uint64

	mu   sync.Mutex
	last time.Time
}

// run looks until ctx ends.
func (f *follower) run(ctx context.Context) {
	ticker := time.NewTicker(f.hub.config.Follow)
	defer ticker.Stop()
	for {
		if err := f.look(ctx); err != nil && ctx.Err() == nil {
			f.hub.log.Warn("realtime: following the log failed", "err", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// look asks the log once what is new.
func (f *follower) look(ctx context.Context) error {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, followTimeout)
	defer cancel()
	if err := f.hub.checkGeneration(ctx); err != nil {
		return err
	}
	if g := f.hub.currentGeneration(); g != f.generation {
		f.generation, f.cursor = g, 0
	}
	heads, next, err := f.hub.config.Log.Since(ctx, f.cursor)
	if err != nil {
		return err
	}
	if f.cursor == 0 { // "from now" tells nothing of before
		f.hub.suspectAll()
	}
	f.cursor = next
	f.hub.Notice(heads...)
	f.mu.Lock()
	f.last = time.Now()
	f.mu.Unlock()
	return nil
}

// holes are the channels that lack events, and when to read the log for them.
type holes struct {
	hub  *Hub
	wake chan struct{} // cap 1

	mu  sync.Mutex
	due map[*channel]time.Time
}

// add has the channel read in a moment, if it is still behind then.
func (s *holes) add(ch *channel) { s.schedule(ch, holePatience) }

// retry has it read somewhat later.
func (s *holes) retry(ch *channel) { s.schedule(ch, holeRetry) }

func (s *holes) schedule(ch *channel, in time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, scheduled := s.due[ch]; scheduled {
		return
	}
	s.due[ch] = time.Now().Add(in)
	signal(s.wake)
}

// run requests reads until ctx ends.
func (s *holes) run(ctx context.Context) {
	for {
		due, next := s.take(time.Now())
		for _, ch := range due {
			ch.repair()
		}
		select {
		case <-s.wake:
		case <-next:
		case <-ctx.Done():
			return
		}
	}
}

// take removes the channels whose time has come. next fires when that of another comes; nil if there is none.
func (s *holes) take(now time.Time) (due []*channel, next <-chan time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var earliest time.Time
	for ch, at := range s.due {
		switch {
		case !at.After(now):
			due = append(due, ch)
			delete(s.due, ch)
		case earliest.IsZero() || at.Before(earliest):
			earliest = at
		}
	}
	if !earliest.IsZero() {
		next = time.After(earliest.Sub(now))
	}
	return due, next
}
