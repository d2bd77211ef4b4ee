//go:build linux

package audience

import (
	"sync"
	"time"

	"parley/cmd/parleyload/internal/ledger"
	"parley/cmd/parleyload/internal/swarm"
)

// Frames of the global stream that a call leads to: the call itself, and the
// notification that it is in everybody's list, once each; and how many of those are
// unread, which is state.
const (
	mentionFrame      = "everyone_mention"
	notificationFrame = "forum_notification"
	countFrame        = "forum_notification_count"
)

// Call is one mention of everyone on its way to all viewers of the global stream.
type Call struct {
	number int64 // 0: none yet, the badges that viewers come with
	sent   time.Duration
	done   chan struct{}

	mu       sync.Mutex
	lacking  int           // viewers who have not got it
	last     time.Duration // when the last one of the others got it
	notified int64
}

// FollowCalls has the viewers of the global stream, who enter after this, checked for
// what they are told of mentions of everyone in a thread that all of them can read:
// each once, and with each one more that is unread. What it returns is over when each
// has said how much is unread before. Nobody else may tell them anything meanwhile.
func (a *Audience) FollowCalls(thread int64) *Call {
	a.called = thread
	for _, v := range a.viewers {
		if v.thread == 0 {
			v.reader, v.badge = a.ledger.Channel(forumChannel).Join(v.id), &badge{has: -1}
		}
	}
	return a.expect(0)
}

// Call notes that everyone is mentioned now. What it returns is over when every viewer
// was told and has the right badge; only then the next one may be made.
func (a *Audience) Call() *Call { return a.expect(a.call.Load().number + 1) }

func (a *Audience) expect(number int64) *Call {
	c := &Call{number: number, sent: swarm.Now(), done: make(chan struct{})}
	for _, v := range a.viewers {
		if v.badge != nil {
			c.lacking++
		}
	}
	a.call.Store(c)
	return c
}

// Called notes that the server said the message with the mention was posted.
func (a *Audience) Called(message int64) { a.ledger.Channel(forumChannel).Acknowledged(message) }

// Done returns a channel that is closed when everybody has got the call.
func (c *Call) Done() <-chan struct{} { return c.done }

// Took returns how long it took from the call to the last viewer, once it is done.
func (c *Call) Took() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last - c.sent
}

// Notified returns how many members the server says the call has notified.
func (c *Call) Notified() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.notified
}

// got notes that one viewer more has it.
func (c *Call) got(notified int64, at time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last, c.notified = max(c.last, at), notified
	if c.lacking--; c.lacking == 0 {
		close(c.done)
	}
}

// badge is how many notifications a viewer was told it has not read, and what came to
// it of calls.
type badge struct {
	known    bool
	before   int64 // unread, before the first call
	count    int64 // unread now
	version  int64 // of count
	wrong    bool  // count is not what it must be, which is reported
	message  int64 // the newest one of which it was told that it calls everyone
	mentions int64
	notified int64 // as the newest mention says
	has      int64 // the newest call that it has, the mention and the count
}

// count notes what is unread. As clients do, it drops what is older than what it has.
func (v *Viewer) count(m *message, at time.Duration) {
	b, calls := v.badge, v.audience.call.Load().number
	switch {
	case !b.known:
		b.known, b.before = true, m.Count
	case m.CountVersion < b.version, m.CountVersion == b.version && m.Count == b.count:
		return
	}
	b.count, b.version = m.Count, m.CountVersion
	b.wrong = b.count != b.before+calls
	if b.wrong {
		v.fault(ledger.Miscounted, "%d unread after %d calls, with %d before", b.count, calls, b.before)
	}
	v.complete(at)
}

// hear has the ledger follow the events of calls. It knows them by their message.
func (v *Viewer) hear(m *message, size int, at time.Duration) {
	about := m
	if m.Type == notificationFrame && m.Notification != nil {
		about = m.Notification
	}
	if m.Type != mentionFrame && m.Type != notificationFrame || about.ThreadID != v.audience.called {
		return
	}
	position, _ := positionIn(m.EventID, 0)
	v.reader.Channel().Learn(ledger.Event{Position: position, Kind: m.Type, Message: about.MessageID, Size: size}, v.id)
	v.reader.Read(position)
	if b := v.badge; m.Type == mentionFrame && m.MessageID > b.message {
		b.message, b.notified = m.MessageID, m.Notified
		b.mentions++
		v.complete(at)
	}
}

// uncalled reports whether the viewer has not got the newest call.
func (v *Viewer) uncalled() bool {
	return v.badge != nil && v.badge.has < v.audience.call.Load().number
}

// complete notes that the viewer has got the newest call, if now it has.
func (v *Viewer) complete(at time.Duration) {
	b, c := v.badge, v.audience.call.Load()
	if !v.uncalled() || !b.known || b.wrong || b.mentions < c.number || b.count != b.before+c.number {
		return
	}
	b.has = c.number
	v.hall.latency.Record(at - c.sent)
	c.got(b.notified, at)
}

// MostUnread returns how much is unread for whoever has most.
func (a *Audience) MostUnread() (most int64) {
	var mu sync.Mutex
	a.swarm.Each(func(shard int) {
		mu.Lock()
		defer mu.Unlock()
		for i := shard; i < len(a.viewers); i += a.swarm.Shards() {
			if b := a.viewers[i].badge; b != nil {
				most = max(most, b.count)
			}
		}
	})
	return most
}

// CheckBadges reports every viewer who was not told what is unread after the calls so
// far. It is for when all is quiet, before Close.
func (a *Audience) CheckBadges() {
	a.swarm.Each(func(shard int) {
		for i := shard; i < len(a.viewers); i += a.swarm.Shards() {
			v := a.viewers[i]
			if v.badge == nil || v.last == nil || v.away || v.badge.wrong {
				continue
			}
			if b, calls := v.badge, a.call.Load().number; b.count != b.before+calls {
				v.fault(ledger.Miscounted, "%d unread told after %d calls, with %d before", b.count, calls, b.before)
			}
		}
	})
}
