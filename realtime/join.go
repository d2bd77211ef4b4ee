package realtime

import (
	"context"
	"errors"
	"fmt"
)

// Errors of [Hub.Join].
var (
	ErrTooManyConnections = errors.New("realtime: too many connections of this user")
	ErrOverCapacity       = errors.New("realtime: too many connections")
	ErrClosed             = errors.New("realtime: connection or hub is closed")
	ErrStaleAdmission     = errors.New("realtime: admission shows less than has been applied")
)

// Admission is what the application's database says of a connection, read in one snapshot.
type Admission struct {
	User      string // who it is; "" for nobody in particular, whom MaxPerUser does not limit
	Value     any    // becomes Conn.Value
	Channels  []Head // what it subscribes to, with each channel's newest event in the snapshot; 1 to MaxChannels
	Authority uint64 // newest event of the control channel in the snapshot
}

// Greeting tells how a connection starts.
type Greeting struct {
	// Recovered: it goes on where LastEventID stood. Otherwise it starts at the snapshot, and the
	// client fetches state anew.
	Recovered bool
	EventID   string // where it starts
}

// JoinRequest says what a connection wants of a hub.
type JoinRequest struct {
	// LastEventID is the last event id the client saw, "" if none. It may be anything a client
	// sends.
	LastEventID string

	// Admit reads the snapshot. It is called again if rights changed meanwhile. An error refuses
	// the connection.
	Admit func(ctx context.Context) (Admission, error)

	// Greet returns the messages that go out before anything else of the hub, in order and whatever
	// their lanes; nil: none.
	Greet func(Greeting) []Message
}

// A connection resumes if it lacks no more than this in sum; otherwise fetching state anew is
// cheaper for everybody.
const (
	resumeEvents = pageLimit
	resumeBytes  = 1 << 20
)

// Join makes conn a connection of the hub. It returns nil once everything conn lacked is queued and
// it gets events live. A client that reads slowly is fed at its own speed, which may take a while;
// ctx bounds it.
//
// Errors: what Admit returned, untouched; [ErrTooManyConnections]; [ErrOverCapacity]; [ErrClosed];
// [ErrStaleAdmission], which a database that shows its own commits cannot cause; or that of a
// context or log. The caller answers with a Close that fits; where Join has closed conn itself,
// because it could not bring it up to date, that changes nothing.
func (h *Hub) Join(ctx context.Context, conn *Conn, req JoinRequest) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn.whileOpen(cancel) // whoever leaves meanwhile waits for nothing
	defer conn.whileOpen(nil)
	a, err := h.admit(ctx, conn, req.Admit)
	if err != nil {
		return err
	}
	if err := h.bring(ctx, conn, a, req); err != nil {
		if !conn.live() {
			return ErrClosed
		}
		conn.Close(CloseInterrupted)
		return err
	}
	return nil
}

// bring greets a registered connection and brings it up to date.
func (h *Hub) bring(ctx context.Context, c *Conn, a Admission, req JoinRequest) error {
	s := c.seat.Load()
	greeting, backlog, err := h.resume(ctx, s, a, req.LastEventID)
	if err != nil {
		return err
	}
	var messages []Message
	if req.Greet != nil {
		messages = req.Greet(greeting)
	}
	c.greet(messages, greeting.EventID)
	for i := range s.subs {
		if len(backlog[i].events) == 0 {
			s.subs[i].channel.attach(&s.subs[i]) // who has nothing to catch up on is live when it reads its greeting
		}
	}
	c.begin()
	return h.attach(ctx, s, backlog)
}

// admit reads the admission and registers the connection under it. See rights for the race this is
// about.
//
// Rights change seldom: the first snapshot nearly always holds. If two did not, the third is read
// while the gate is held, so that a stream of changes cannot keep anybody out.
func (h *Hub) admit(ctx context.Context, c *Conn, admit admitFunc) (Admission, error) {
	for range 2 {
		if a, ok, err := h.attempt(ctx, c, admit); ok || err != nil {
			return a, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, applyTimeout)
	defer cancel()
	if err := h.rights.enter(ctx); err != nil {
		return Admission{}, err
	}
	defer h.rights.leave()
	a, generation, err := h.snapshot(ctx, admit)
	if err != nil {
		return a, err
	}
	ok, err := h.enrol(c, a, generation)
	if !ok && err == nil {
		err = ErrStaleAdmission
	}
	return a, err
}

type admitFunc = func(context.Context) (Admission, error)

func (h *Hub) attempt(ctx context.Context, c *Conn, admit admitFunc) (a Admission, ok bool, err error) {
	if err := h.checkGeneration(ctx); err != nil {
		return a, false, err
	}
	a, generation, err := h.snapshot(ctx, admit)
	if err != nil {
		return a, false, err
	}
	if err := h.rights.enter(ctx); err != nil {
		return a, false, err
	}
	defer h.rights.leave()
	ok, err = h.enrol(c, a, generation)
	return a, ok, err
}

// snapshot reads an admission, and the generation of the log it belongs to if that is still the
// same when the connection is registered.
func (h *Hub) snapshot(ctx context.Context, admit admitFunc) (a Admission, generation string, err error) {
	generation = h.currentGeneration()
	if a, err = admit(ctx); err == nil {
		if h.own != nil {
			h.own.complete(&a)
		}
		err = a.check(h)
	}
	return a, generation, err
}

// check refuses admissions no event id could be made for.
func (a Admission) check(h *Hub) error {
	var cursor Cursor
	for _, head := range a.Channels {
		if !ValidChannel(head.Channel) || h.controls(head.Channel) || cursor.names(head.Channel) {
			return fmt.Errorf("realtime: admission to channel %q", head.Channel)
		}
		cursor.Positions = append(cursor.Positions, Position(head))
	}
	if n := len(a.Channels); n == 0 || n > MaxChannels {
		return fmt.Errorf("realtime: admission to %d channels", n)
	}
	return nil
}

// resume decides where a registered connection starts: where it was if that is possible, else at
// the snapshot it was admitted in. backlog is what was read from the log to find out, for each
// channel.
func (h *Hub) resume(ctx context.Context, s *seat, a Admission, id string) (start Greeting, backlog []page, err error) {
	backlog = make([]page, len(s.subs))
	cursor, ok := s.recognise(id, a.Channels)
	size := 0
	for i, p := range cursor.Positions {
		if !ok {
			break
		}
		var lacks int
		lacks, backlog[i], ok, err = h.lacks(ctx, &s.subs[i], p.Seq, a.Channels[i].Seq)
		if err != nil {
			return start, nil, err
		}
		size += lacks
		ok = ok && size <= resumeBytes
	}
	if !ok {
		cursor = Cursor{Generation: s.generation()}
		for _, head := range a.Channels {
			cursor.Positions = append(cursor.Positions, Position(head))
		}
		clear(backlog)
	}
	s.start(cursor)
	return Greeting{Recovered: ok, EventID: cursor.String()}, backlog, nil
}

// recognise reads an event id; ok is false unless it is of this generation and these channels, not
// beyond their heads and not too far behind.
func (s *seat) recognise(id string, heads []Head) (cursor Cursor, ok bool) {
	cursor, err := ParseCursor(id)
	if err != nil || cursor.Generation != s.generation() || len(cursor.Positions) != len(heads) {
		return Cursor{}, false
	}
	lacks := uint64(0)
	for i, p := range cursor.Positions {
		if p.Channel != heads[i].Channel || p.Seq > heads[i].Seq {
			return Cursor{}, false
		}
		lacks += min(heads[i].Seq-p.Seq, resumeEvents+1) // the sum cannot overflow
	}
	return cursor, lacks <= resumeEvents
}

// lacks measures what the connection has to be shown of a channel between two numbers, in bytes; ok
// is false if that is too much or the log does not reach back. What had to be read for it comes as
// first, as far as it fits into half a queue.
func (h *Hub) lacks(ctx context.Context, s *subscription, after, head uint64) (size int, first page, ok bool, err error) {
	begin := after
	for after < head && size <= resumeBytes {
		if events, held := s.channel.since(after); held {
			return size + shownSize(s.conn, events), first, true, nil
		}
		p, err := h.reads.fetch(ctx, s.channel, after, head, pageLimit)
		if err != nil {
			return 0, first, false, err
		}
		if p.broken() {
			return 0, first, false, nil
		}
		size += shownSize(s.conn, p.events)
		if after == begin {
			first = p.clip(queueLimit / 2)
		}
		after += uint64(len(p.events))
	}
	return size, first, true, nil
}

func shownSize(c *Conn, events []*delivery) (size int) {
	for _, d := range events {
		if d.shownTo(c) {
			size += len(d.wire) + len(d.also)
		}
	}
	return size
}
