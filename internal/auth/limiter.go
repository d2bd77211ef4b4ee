package auth

import (
	"context"
	"sync"
	"time"
)

// Limit is how often something may happen: Burst times at once, and after that
// once Every. What Key names is counted by itself; one key always comes with the
// same Burst and Every.
type Limit struct {
	Key   string
	Burst int
	Every time.Duration
}

// Limiter counts what happens against limits. Counting is exact under
// concurrency: of any number of calls at once, no more succeed than the limit
// has left. Package authtest has the tests that every implementation passes.
type Limiter interface {
	// Take counts once against each limit and returns 0; or, if one of them is
	// used up, counts against none and returns how long to wait for that to
	// change, if nothing else is counted meanwhile. The keys differ.
	Take(ctx context.Context, limits ...Limit) (wait time.Duration, err error)

	// GiveBack undoes one Take. Nothing is left to undo when so much time has
	// passed that the count is forgotten.
	GiveBack(ctx context.Context, limits ...Limit) error
}

// maxKeys bounds what MemoryLimiter keeps, to 15 MB. Who has that many addresses
// can push out others' counts, by a hundred thousand log-ins that fail.
const maxKeys = 100_000

// MemoryLimiter is a Limiter that counts in this process alone. It implements
// GCRA, the generic cell rate algorithm: all it keeps of a key is the time at
// which nothing would be counted any more.
type MemoryLimiter struct {
	mu    sync.Mutex
	empty map[string]time.Time // when the key's count is back at nothing
	sweep time.Time            // when to look for forgotten keys next
}

// NewMemoryLimiter returns a MemoryLimiter that has counted nothing.
func NewMemoryLimiter() *MemoryLimiter {
	return &MemoryLimiter{empty: make(map[string]time.Time)}
}

// Take implements Limiter. It needs no context and returns no error.
func (m *MemoryLimiter) Take(_ context.Context, limits ...Limit) (wait time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for _, l := range limits {
		full := now.Add(time.Duration(l.Burst) * l.Every)
		wait = max(wait, m.next(l, now).Sub(full))
	}
	if wait > 0 {
		return wait, nil
	}
	m.forget(now, len(limits))
	for _, l := range limits {
		m.empty[l.Key] = m.next(l, now)
	}
	return 0, nil
}

// next is when the key's count would be back at nothing after one more.
func (m *MemoryLimiter) next(l Limit, now time.Time) time.Time {
	empty := m.empty[l.Key]
	if empty.Before(now) {
		empty = now
	}
	return empty.Add(l.Every)
}

// GiveBack implements Limiter. It needs no context and returns no error.
func (m *MemoryLimiter) GiveBack(_ context.Context, limits ...Limit) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for _, l := range limits {
		if empty, ok := m.empty[l.Key]; ok {
			m.keep(l.Key, empty.Add(-l.Every), now)
		}
	}
	return nil
}

func (m *MemoryLimiter) keep(key string, empty, now time.Time) {
	if empty.After(now) {
		m.empty[key] = empty
	} else {
		delete(m.empty, key)
	}
}

const sweepEvery = time.Minute

// forget makes room for more keys: those whose count is back at nothing go, once
// a minute; and when there are still too many, some of those that would go soon.
func (m *MemoryLimiter) forget(now time.Time, more int) {
	if !now.Before(m.sweep) {
		m.sweep = now.Add(sweepEvery)
		for key, empty := range m.empty {
			m.keep(key, empty, now)
		}
	}
	for len(m.empty)+more > maxKeys {
		delete(m.empty, m.soonest())
	}
}

// soonest returns the key that would be forgotten first of a few: a map is read
// from a random place, and to find the very first would read it all each time.
func (m *MemoryLimiter) soonest() (soonest string) {
	const few = 8
	seen := 0
	for key, empty := range m.empty {
		if seen == 0 || empty.Before(m.empty[soonest]) {
			soonest = key
		}
		if seen++; seen == few {
			break
		}
	}
	return soonest
}
