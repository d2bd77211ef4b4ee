package parley

// Call is a message's mention of everyone. It is one row, whatever the size of the
// community, and stands for a notification of each member whom it reaches; its id
// is of the same sequence as those of notifications.
type Call struct {
	ID        int64
	SenderID  int64
	ThreadID  int64
	MessageID int64
	At        Time

	CalledIn   int64  // the thread that the message was in then
	Asked      Access // of the thread's readers when it was made
	LastMember int64  // the id of the newest member then

	Asks   Access // of them now
	Stood  bool   // the message, its thread and the mention in it are there
	Hidden bool   // the message is shown to its author and the team alone
}

// Listener is what decides which calls reach one member, and what became of them.
type Listener struct {
	Viewer Viewer // with the rights of now

	Past     []PastRights // in the order of their ends
	Deaf     []DeafSpell
	Notified map[int64]bool // messages that the member has a notification of their own of
	ReadUpTo int64          // calls up to this id are read, but for what the marks say
	Marks    map[int64]CallMark
}

// PastRights is what somebody was until a time.
type PastRights struct {
	Until  Time
	Viewer Viewer
}

// DeafSpell is a time in which somebody did not want to hear of calls: in one
// thread, or in all if ThreadID is 0. Whoever says at the very instant of a call
// that they do not want to hear of any hears of that one.
type DeafSpell struct {
	ThreadID     int64
	After, Until Time
}

// CallMark is what a member did with a single call.
type CallMark struct{ Read, Deleted bool }

// Reached reports whether a call notified l when it was made: they were a member,
// had access to the thread, and wanted to hear of it. What they are and want now
// changes nothing about it. One message notifies a person once: who has a
// notification of it by themselves is not reached.
func (l Listener) Reached(c Call) bool {
	return l.Viewer.ID != c.SenderID && l.Viewer.ID <= c.LastMember &&
		c.Asked.Admits(l.at(c.At)) && !l.deaf(c) && !l.Notified[c.MessageID]
}

// at returns what l was at a time. A change at that very instant came after it.
func (l Listener) at(t Time) Viewer {
	for _, past := range l.Past {
		if past.Until >= t {
			return past.Viewer
		}
	}
	return l.Viewer
}

func (l Listener) deaf(c Call) bool {
	for _, spell := range l.Deaf {
		if (spell.ThreadID == 0 || spell.ThreadID == c.CalledIn) && spell.After < c.At && c.At <= spell.Until {
			return true
		}
	}
	return false
}

// Shows reports whether somebody whom the call reached may see what it is about now.
func (c Call) Shows(v Viewer) bool {
	return c.Stood && c.Asks.Admits(v) && (!c.Hidden || v.SeesHidden(c.SenderID))
}

// Sees reports whether a call is among l's notifications now.
func (l Listener) Sees(c Call) bool {
	return c.Shows(l.Viewer) && !l.Marks[c.ID].Deleted && l.Reached(c)
}

// HasRead reports whether l has read a call that reached them.
func (l Listener) HasRead(c Call) bool {
	if mark, marked := l.Marks[c.ID]; marked {
		return mark.Read
	}
	return c.ID <= l.ReadUpTo
}

// MaxUnreadCalls is how many calls count as unread at most, the newest ones: what
// counting costs must not grow with how long somebody was away.
const MaxUnreadCalls = 100

// Unread returns those of the calls, which are the newest first, that count as
// unread for l.
func (l Listener) Unread(calls []Call) (unread []Call) {
	for _, c := range calls {
		if len(unread) == MaxUnreadCalls {
			break
		}
		if !l.HasRead(c) && l.Sees(c) {
			unread = append(unread, c)
		}
	}
	return unread
}
