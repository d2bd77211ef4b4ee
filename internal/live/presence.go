package live

import (
	"sync"

	"parley"
	"parley/internal/app"
	"parley/realtime"
)

// presence tells the sockets of each thread how many people watch it: people, not
// sockets. It keeps no count that could go wrong, only where one may have changed,
// and counts there anew.
type presence struct {
	count func(threadID int64) int
	cast  func(threadID int64, m realtime.Message)

	mu      sync.Mutex
	changed map[int64][]*realtime.Conn // threads where somebody came or left, with the sockets that came

	told map[int64]int // what each thread's sockets know; none: nobody watches. Used by tell alone
}

func newPresence(count func(int64) int, cast func(int64, realtime.Message)) *presence {
	return &presence{count: count, cast: cast, changed: make(map[int64][]*realtime.Conn), told: make(map[int64]int)}
}

// came notes that somebody watches a thread.
func (p *presence) came(threadID int64, c *realtime.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changed[threadID] = append(p.changed[threadID], c)
}

// left notes that a socket of a thread has ended.
func (p *presence) left(threadID int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.changed[threadID]; !known {
		p.changed[threadID] = nil
	}
}

// tell tells what changed since the last time. Sockets that came in between are
// told also what did not change. One goroutine calls it.
func (p *presence) tell() {
	p.mu.Lock()
	changed := p.changed
	p.changed = make(map[int64][]*realtime.Conn)
	p.mu.Unlock()
	for threadID, newcomers := range changed {
		viewers := p.count(threadID)
		m := presenceMessage(threadID, viewers)
		switch {
		case viewers == 0:
			delete(p.told, threadID)
		case viewers != p.told[threadID]:
			p.told[threadID] = viewers
			p.cast(threadID, m)
		default:
			for _, c := range newcomers {
				c.Send(m)
			}
		}
	}
}

func presenceMessage(threadID int64, viewers int) realtime.Message {
	frame := parley.PresenceFrame{Type: "presence", ThreadID: threadID, Viewers: viewers}
	return realtime.Message{Lane: realtime.State, Key: "presence", Frame: encode(frame)}
}

// viewers counts the people who watch a thread: everybody who has a seat there.
// Whoever may hide some day (show_online_status) is told by a field of the seat,
// which the authority keeps up to date; what other servers count is added here.
func (l *Live) viewers(threadID int64) int {
	people := make(map[int64]struct{})
	l.hub.EachSubscriber(string(parley.ThreadChannel(threadID)), func(c *realtime.Conn) bool {
		if seat, ok := c.Value().(app.Seat); ok {
			people[seat.Viewer.ID] = struct{}{}
		}
		return true
	})
	return len(people)
}
