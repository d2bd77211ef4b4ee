package realtime

import (
	"context"
	"sync"
	"time"
)

const (
	defaultFollow = 500 * time.Millisecond
	followTimeout = 10 * time.Second
)

// follower looks at the log again and again for events that were committed but never published: by
// a process that died, by another one, by a command line.
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
	for failed := false; ; {
		switch err := f.look(ctx); {
		case ctx.Err() != nil:
		case err != nil:
			f.hub.log.Warn("realtime: following the log failed", "err", err)
			failed = true
		case failed:
			f.hub.log.Info("realtime: following the log again")
			failed = false
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
	f.hub.notice(heads)
	f.mu.Lock()
	f.last = time.Now()
	f.mu.Unlock()
	return nil
}
