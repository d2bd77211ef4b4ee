package live

import (
	"crypto/sha256"
	"sync"
	"time"

	"parley/realtime"
)

// Some clients in the field open a refused socket again every few seconds for as
// long as their page is open. Their refusals are remembered, so that they touch no
// database, for this long from the first (an invalid session's: from the last), and
// this many.
const (
	refusalMemory = 12 * time.Second
	refusalsKept  = 4096
)

// patience is how often a refusal that can pass by itself is decided anew before
// it is remembered: somebody who gains access, or closes another tab, gets in at
// once.
const patience = 3

// attempt is what a refusal is remembered for. The cookie is part of it: who signs
// in gets a new one, and nobody can be refused for somebody else.
type attempt struct {
	address  string
	cookie   [sha256.Size]byte
	threadID int64
}

// refused is what became of an attempt lately.
type refused struct {
	reason realtime.CloseReason
	times  int
	until  time.Time
}

// refusals remembers who was refused lately.
type refusals struct {
	mu     sync.Mutex
	recent map[attempt]*refused
	order  []attempt // of recent, the first to be forgotten first
}

func newRefusals() *refusals { return &refusals{recent: make(map[attempt]*refused)} }

// lookup returns the reason to refuse an attempt for without asking the database.
func (r *refusals) lookup(a attempt, now time.Time) (realtime.CloseReason, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, known := r.recent[a]
	if !known || now.After(last.until) || last.times < needed(last.reason) {
		return realtime.CloseReason{}, false
	}
	if last.reason == CloseInvalidSession {
		last.until = now.Add(refusalMemory) // it stays true for as long as somebody asks
	}
	return last.reason, true
}

// needed is how often an attempt must be refused to be remembered. A cookie that
// opens no session never will.
func needed(reason realtime.CloseReason) int {
	if reason == CloseInvalidSession {
		return 1
	}
	return patience
}

// remember notes that the database refused an attempt.
func (r *refusals) remember(a attempt, reason realtime.CloseReason, now time.Time) {
	if reason.Reconnect {
		return // the server's trouble, not the client's
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now)
	last, known := r.recent[a]
	if !known {
		last = &refused{until: now.Add(refusalMemory)}
		r.recent[a] = last
		r.order = append(r.order, a)
	}
	if last.reason != reason {
		last.reason, last.times = reason, 0
	}
	last.times++
}

// forget makes room: it drops what is over, and the oldest if that is not enough.
func (r *refusals) forget(now time.Time) {
	for len(r.order) > 0 {
		oldest := r.order[0]
		if len(r.order) < refusalsKept && !now.After(r.recent[oldest].until) {
			return
		}
		delete(r.recent, oldest)
		r.order = r.order[1:]
	}
}
