package realtime

import "crypto/rand"

// ownKept is how many events of a channel a hub without a Log keeps at least: what a connection that
// comes back may lack.
const ownKept = pageLimit

// ownLog is the log of a hub that was given none.
type ownLog struct{ *MemoryLog }

func newOwnLog() *ownLog { return &ownLog{NewMemoryLog(rand.Text())} }

// append numbers an event and keeps it, instead of one that is too old by now.
func (l *ownLog) append(e Event) Event {
	appended := l.Append(e.Channel, func() Event { return e })
	if appended.Seq%ownKept == 0 { // now and then, as it copies what is kept
		l.Prune(e.Channel, appended.Seq-min(appended.Seq, ownKept)+1)
	}
	return appended
}

// complete fills in where the channels of an admission stand, which nobody else knows.
func (l *ownLog) complete(a *Admission) {
	for i := range a.Channels {
		a.Channels[i].Seq = l.Head(a.Channels[i].Channel)
	}
}
