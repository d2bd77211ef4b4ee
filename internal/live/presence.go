package live

import (
	"sync"
	"time"

	"parley"
	"parley/internal/app"
	"parley/realtime"
)

const (
	// presenceRefresh is how often a replica says again how many people watch a thread
	// there, for those who missed it.
	presenceRefresh = 10 * time.Second
	// presenceLapses is after what time a replica that says no more does not count.
	presenceLapses = 30 * time.Second

	presenceTopic = "presence"
)

// presence tells the sockets of each thread how many people watch it: people, not
// sockets; but somebody who watches on two replicas counts twice. It keeps no count
// that could go wrong, only where one may have changed, and counts there anew; what
// other replicas count is added as they last told it.
type presence struct {
	presenceConfig

	mu      sync.Mutex
	changed map[int64][]*realtime.Conn // threads where somebody came or left, with the sockets that came
	others  map[int64]map[uint64]report
	asked   map[int64]bool // threads that a replica has just begun to watch

	// Of tell alone:
	told     map[int64]int    // what each thread's sockets know; none: nobody watches here
	reported map[int64]report // what the other replicas know of this one; none: nobody watches
}

type presenceConfig struct {
	count  func(threadID int64) int // people here
	cast   func(threadID int64, m realtime.Message)
	gossip func(threadID int64, n presenceNews) // tells the other replicas
}

// report is how many people watch a thread on one replica, and when it said so.
type report struct {
	viewers int
	at      time.Time
}

// presenceNews are how many people watch a thread on the replica that tells.
type presenceNews struct {
	Viewers int `json:"viewers"`
}

func newPresence(config presenceConfig) *presence {
	return &presence{
		presenceConfig: config, changed: make(map[int64][]*realtime.Conn),
		others: make(map[int64]map[uint64]report), asked: make(map[int64]bool),
		told: make(map[int64]int), reported: make(map[int64]report),
	}
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
	p.touch(threadID)
}

// touch notes that a thread's count may have changed. p.mu is held.
func (p *presence) touch(threadID int64) {
	if _, known := p.changed[threadID]; !known {
		p.changed[threadID] = nil
	}
}

// hear notes how many people watch a thread on another replica. One that was not known
// to watch it cannot know who watches it here: it is told.
func (p *presence) hear(threadID int64, replica uint64, n presenceNews) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, known := p.others[threadID][replica]
	if n.Viewers != before.viewers {
		p.touch(threadID)
	}
	if n.Viewers <= 0 {
		p.forget(threadID, replica)
		return
	}
	p.asked[threadID] = p.asked[threadID] || !known
	if p.others[threadID] == nil {
		p.others[threadID] = make(map[uint64]report)
	}
	p.others[threadID][replica] = report{n.Viewers, time.Now()}
}

// forget forgets what a replica told of a thread. p.mu is held.
func (p *presence) forget(threadID int64, replica uint64) {
	delete(p.others[threadID], replica)
	if len(p.others[threadID]) == 0 {
		delete(p.others, threadID)
	}
}

// tell tells what changed since the last time. Sockets that came in between are
// told also what did not change. One goroutine calls it.
func (p *presence) tell(now time.Time) {
	changed, asked := p.take(now)
	for threadID, newcomers := range changed {
		here, elsewhere := p.count(threadID), p.elsewhere(threadID)
		if here != p.reported[threadID].viewers {
			p.report(threadID, here, now)
		}
		viewers := here + elsewhere
		m := presenceMessage(threadID, viewers)
		switch {
		case here == 0:
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
	for threadID, r := range p.reported {
		if r.at.Before(now) && (asked[threadID] || now.Sub(r.at) >= presenceRefresh) {
			p.report(threadID, r.viewers, now)
		}
	}
}

// take returns the threads where something changed, and those that other replicas want
// to know of; what replicas told that have said no more for long is forgotten.
func (p *presence) take(now time.Time) (changed map[int64][]*realtime.Conn, asked map[int64]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for threadID, replicas := range p.others {
		for replica, r := range replicas {
			if now.Sub(r.at) >= presenceLapses {
				p.forget(threadID, replica)
				p.touch(threadID)
			}
		}
	}
	changed, asked = p.changed, p.asked
	p.changed, p.asked = make(map[int64][]*realtime.Conn), make(map[int64]bool)
	return changed, asked
}

// elsewhere counts the people who watch a thread on other replicas.
func (p *presence) elsewhere(threadID int64) (viewers int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.others[threadID] {
		viewers += r.viewers
	}
	return viewers
}

// report tells the other replicas how many people watch a thread here.
func (p *presence) report(threadID int64, viewers int, now time.Time) {
	p.gossip(threadID, presenceNews{viewers})
	if viewers == 0 {
		delete(p.reported, threadID)
	} else {
		p.reported[threadID] = report{viewers, now}
	}
}

func presenceMessage(threadID int64, viewers int) realtime.Message {
	frame := parley.PresenceFrame{Type: "presence", ThreadID: threadID, Viewers: viewers}
	return realtime.Message{Lane: realtime.State, Key: "presence", Frame: encode(frame)}
}

// viewers counts the people who watch a thread here, but for those who did not want to
// be counted (show_online_status) when they opened the socket.
func (l *Live) viewers(threadID int64) int {
	people := make(map[int64]struct{})
	l.hub.EachSubscriber(string(parley.ThreadChannel(threadID)), func(c *realtime.Conn) bool {
		if seat, ok := c.Value().(app.Seat); ok && !seat.Unseen {
			people[seat.Viewer.ID] = struct{}{}
		}
		return true
	})
	return len(people)
}
