package app

import (
	"context"
	"sync"
	"time"

	"parley"
	"parley/internal/auth"
	"parley/realtime"
)

const (
	// recognition is how long people are recognised without being looked up: the
	// moments in which a page opens its sockets, or all who were cut off come back.
	recognition = 10 * time.Second
	// maxRecognised bounds the sessions, and the threads, that are kept.
	maxRecognised = 4096
)

// acquaintances keeps what admissions read lately: whose session a token opens, and
// who may see a thread. Looking that up is most of what opening a socket costs.
//
// All of it is as of one position of the control channel. Every change of a user's,
// a session's or a thread's rights is an event there: so it holds until the hub
// hears of a later one, and is forgotten then. Whoever is recognised just before is
// in the place of somebody looked up just before: the hub hears of the loss before
// it delivers anything committed after it, and closes their socket. What has no
// event there, a name, is as old as recognition at most.
type acquaintances struct {
	mu         sync.Mutex
	generation string // of the log that control belongs to
	control    uint64
	since      time.Time
	sessions   map[string]*Principal // by the hash of their token
	threads    map[int64]parley.Access
}

// hold reports whether what is kept holds as long as the control channel is not
// known to have gone beyond a position. a.mu is held.
func (a *acquaintances) hold(generation string, control uint64) bool {
	return a.generation == generation && a.control >= control && time.Since(a.since) < recognition
}

// remember keeps what an admission read of a session and, unless it is 0, a thread.
func (a *acquaintances) remember(hash string, threadID int64, generation string, adm *Admission) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.hold(generation, adm.Control+1) {
		return // somebody has read more since
	}
	if !a.hold(generation, adm.Control) || len(a.sessions) == maxRecognised || len(a.threads) == maxRecognised {
		a.generation, a.control, a.since = generation, adm.Control, time.Now()
		a.sessions, a.threads = make(map[string]*Principal), make(map[int64]parley.Access)
	}
	a.sessions[hash] = adm.Principal
	if threadID != 0 {
		a.threads[threadID] = adm.Access
	}
}

// lookup returns what is kept of a session and, unless threadID is 0, a thread, if
// that holds at a position of the control channel.
func (a *acquaintances) lookup(hash string, threadID int64, generation string, control uint64) (adm *Admission, known bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.hold(generation, control) {
		return nil, false
	}
	adm = &Admission{Control: a.control}
	if adm.Principal, known = a.sessions[hash]; known && threadID != 0 {
		adm.Access, known = a.threads[threadID]
		known = known && adm.Access.Admits(adm.Principal.User.Viewer())
	}
	return adm, known
}

// forget makes everybody a stranger again.
func (a *acquaintances) forget(context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sessions, a.threads, a.since = nil, nil, time.Time{}
}

// Recognise is Admit without a look at the database, for those of whom, and of whose
// thread, it was asked moments ago; false for all others, also for whoever has to be
// refused. lastEventID is where the client wants to go on.
func (a *App) Recognise(token string, threadID int64, lastEventID string) (adm *Admission, known bool) {
	hub := a.hub.Load()
	if hub == nil {
		return nil, false
	}
	// Control first: what is kept must hold for all the hub had heard of when it was asked.
	control, generation := (*hub).Control(), a.store.Generation()
	adm, known = a.acquaintances.lookup(string(auth.HashToken(token)), threadID, generation, control)
	if known {
		adm.Heads, known = headsIn(*hub, streamOf(adm.Principal.User.ID, threadID), lastEventID)
	}
	return adm, known
}

// headsIn returns where the hub stands in channels; false if it does not follow all
// of them, if one has come to its end, or if a client has seen more than it: only
// the log knows whether that exists.
func headsIn(hub Publisher, channels []parley.Channel, lastEventID string) (heads []realtime.Head, ok bool) {
	var seen []realtime.Position
	if lastEventID != "" {
		cursor, _ := realtime.ParseCursor(lastEventID) // one that is none has no positions
		seen = cursor.Positions
	}
	heads = make([]realtime.Head, len(channels))
	for i, c := range channels {
		seq, open := hub.Position(string(c))
		if !open || len(seen) > i && seen[i].Seq > seq {
			return nil, false
		}
		heads[i] = realtime.Head{Channel: string(c), Seq: seq}
	}
	return heads, true
}

// streamOf returns the channels of a thread's stream, or of somebody's global one if
// threadID is 0.
func streamOf(userID, threadID int64) []parley.Channel {
	if threadID != 0 {
		return []parley.Channel{parley.ThreadChannel(threadID)}
	}
	return []parley.Channel{parley.ForumChannel, parley.UserChannel(userID)}
}
