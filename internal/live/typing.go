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
// whoever shows it ends it, some seconds after the last sign.
//
// It casts under its lock, so that a sign and its end are never told in the wrong
// order; casting blocks on nothing.
type typing struct {
	lapses time.Duration
	cast   func(threadID int64, m realtime.Message, except *realtime.Conn)

	mu      sync.Mutex
	typists map[typist]*list.Element
	order   list.List // of *sign, the one that lapses first at the front: all last equally long
	timer   *time.Timer
	pace    pace // of those without a socket
}

// typist is somebody in a thread, on whatever socket.
type typist struct{ threadID, userID int64 }

// sign is the last that was seen of a typist.
type sign struct {
	typist
	name  string
	conn  *realtime.Conn // the socket it came from
	tabs  bool           // signs came from other sockets of theirs too: all of them are to see the end
	until time.Time
}

func newTyping(limits Limits, cast func(int64, realtime.Message, *realtime.Conn)) *typing {
	return &typing{
		lapses: limits.TypingLapses, cast: cast, typists: make(map[typist]*list.Element),
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

// started tells a thread's other sockets that somebody types. conn is nil for
// somebody without one.
func (t *typing) started(seat app.Seat, conn *realtime.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	who := typist{seat.ThreadID, seat.Viewer.ID}
	s := &sign{typist: who, name: seat.Name, conn: conn, until: time.Now().Add(t.lapses)}
	if e := t.typists[who]; e != nil {
		last := e.Value.(*sign)
		s.tabs = last.tabs || last.conn != conn
		t.order.Remove(e)
	}
	t.typists[who] = t.order.PushBack(s)
	if t.order.Len() == 1 {
		t.await(t.lapses)
	}
	t.tell(s, true, conn)
}

// stopped tells that somebody types no more, if anybody was told that they do.
// Of several sockets of theirs, the one that typed last counts.
func (t *typing) stopped(seat app.Seat, conn *realtime.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.typists[typist{seat.ThreadID, seat.Viewer.ID}]; e != nil && e.Value.(*sign).conn == conn {
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
	except := s.conn
	if s.tabs {
		except = nil
	}
	t.tell(s, false, except)
}

// tell sends a frame to the thread's sockets. It is state: of what waits for a
// slow reader only the last word about each typist counts.
func (t *typing) tell(s *sign, is bool, except *realtime.Conn) {
	frame := parley.TypingFrame{
		Type: "user_typing", ThreadID: s.threadID, UserID: s.userID, Username: s.name, IsTyping: is,
	}
	key := "typing:" + strconv.FormatInt(s.userID, 10)
	t.cast(s.threadID, realtime.Message{Lane: realtime.State, Key: key, Frame: encode(frame)}, except)
}
