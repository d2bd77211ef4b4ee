package live

import (
	"container/list"
	"strconv"
	"sync"
	"time"

	"parley"
	"parley/internal/app"
	"parley/realtime"
)

// typing knows who is typing where, and sees to it that nobody is shown as typing
// for ever: their browser may have crashed, or the server it is connected to. So
// whoever shows it ends it, some seconds after the last sign: each replica for its
// own sockets.
//
// It casts under its lock, so that a sign and its end are never told in the wrong
// order; casting blocks on nothing.
type typing struct {
	lapses time.Duration
	cast   func(threadID int64, m realtime.Message, except *realtime.Conn)
	gossip func(threadID int64, n typingNews) // tells the other replicas

	mu      sync.Mutex
	typists map[typist]*list.Element
	order   list.List // of *sign, the one that lapses first at the front: all last equally long
	timer   *time.Timer
	pace    pace // of those without a socket
}

// typist is somebody in a thread, on whatever socket.
type typist struct{ threadID, userID int64 }

// source is where signs come from: a socket of this replica, another replica, or, if it
// is zero, a request to this one.
type source struct {
	conn    *realtime.Conn
	replica uint64
}

// typingTopic is what replicas tell each other of typists under.
const typingTopic = "typing"

// typingNews are that somebody in a thread types or stopped.
type typingNews struct {
	UserID   int64  `json:"user_id"`
	Username string `json:"username"`
	IsTyping bool   `json:"is_typing"`
}

// sign is the last that was seen of a typist.
type sign struct {
	typist
	name  string
	from  source
	tabs  bool // signs came from other sockets of theirs too: all of them are to see the end
	until time.Time
}

func newTyping(limits Limits, cast func(int64, realtime.Message, *realtime.Conn), gossip func(int64, typingNews)) *typing {
	return &typing{
		lapses: limits.TypingLapses, cast: cast, gossip: gossip, typists: make(map[typist]*list.Element),
		pace: pace{pause: limits.TypingPause, last: make(map[typist]time.Time)},
	}
}

// Typing passes on that somebody without a socket types in a thread, or stopped, to
// all sockets of the thread. The rules are those of the frame: of several signs
// within a second one is passed on, and it lapses. The caller has checked that they
// may see the thread. It is safe for concurrent use and does not block.
func (l *Live) Typing(user parley.User, threadID int64, is bool) {
	seat := app.Seat{Viewer: user.Viewer(), Name: user.Author().Name, ThreadID: threadID}
	if !is {
		l.typing.stopped(seat, nil)
	} else if l.typing.passes(typist{threadID, user.ID}) {
		l.typing.started(seat, nil)
	}
}

// passes reports whether a sign of somebody without a socket may be passed on.
func (t *typing) passes(who typist) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pace.allow(who, time.Now())
}

// started tells a thread's other sockets that somebody types, unless they may not
// write. conn is nil for somebody without one.
func (t *typing) started(seat app.Seat, conn *realtime.Conn) {
	if seat.Viewer.Silenced(parley.At(time.Now())) {
		return
	}
	t.begin(typist{seat.ThreadID, seat.Viewer.ID}, seat.Name, source{conn: conn})
}

// stopped tells that somebody types no more, if anybody was told that they do.
// Of several sockets of theirs, the one that typed last counts.
func (t *typing) stopped(seat app.Seat, conn *realtime.Conn) {
	t.cease(typist{seat.ThreadID, seat.Viewer.ID}, source{conn: conn})
}

// hear tells this replica's sockets what another replica told.
func (t *typing) hear(threadID int64, replica uint64, n typingNews) {
	who, from := typist{threadID, n.UserID}, source{replica: replica}
	if n.IsTyping {
		t.begin(who, n.Username, from)
	} else {
		t.cease(who, from)
	}
}

func (t *typing) begin(who typist, name string, from source) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := &sign{typist: who, name: name, from: from, until: time.Now().Add(t.lapses)}
	if e := t.typists[who]; e != nil {
		last := e.Value.(*sign)
		s.tabs = last.tabs || last.from != from
		t.order.Remove(e)
	}
	t.typists[who] = t.order.PushBack(s)
	if t.order.Len() == 1 {
		t.await(t.lapses)
	}
	t.tell(s, true, from.conn)
}

func (t *typing) cease(who typist, from source) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.typists[who]; e != nil && e.Value.(*sign).from == from {
		t.end(e)
	}
}

// lapse ends what nobody renewed.
func (t *typing) lapse() {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for e := t.order.Front(); e != nil; e = t.order.Front() {
		if left := e.Value.(*sign).until.Sub(now); left > 0 {
			t.await(left)
			return
		}
		t.end(e)
	}
}

// stop ends the waiting for signs to lapse: nobody is there who could see it.
func (t *typing) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
}

// await has lapse called. t.mu is held.
func (t *typing) await(d time.Duration) {
	if t.timer == nil {
		t.timer = time.AfterFunc(d, t.lapse)
	} else {
		t.timer.Reset(d)
	}
}

// end forgets a typist and tells the thread. t.mu is held.
func (t *typing) end(e *list.Element) {
	s := t.order.Remove(e).(*sign)
	delete(t.typists, s.typist)
	if t.order.Len() == 0 {
		t.timer.Stop()
	}
	except := s.from.conn
	if s.tabs {
		except = nil
	}
	t.tell(s, false, except)
}

// tell sends a frame to the thread's sockets here, and tells the other replicas what
// they do not know. It is state: of what waits for a slow reader only the last word
// about each typist counts.
func (t *typing) tell(s *sign, is bool, except *realtime.Conn) {
	frame := parley.TypingFrame{
		Type: "user_typing", ThreadID: s.threadID, UserID: s.userID, Username: s.name, IsTyping: is,
	}
	key := "typing:" + strconv.FormatInt(s.userID, 10)
	t.cast(s.threadID, realtime.Message{Lane: realtime.State, Key: key, Frame: encode(frame)}, except)
	if s.from.replica == 0 {
		t.gossip(s.threadID, typingNews{s.userID, s.name, is})
	}
}
