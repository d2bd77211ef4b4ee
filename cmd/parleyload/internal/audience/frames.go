//go:build linux

package audience

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"parley/cmd/parleyload/internal/ledger"
	"parley/cmd/parleyload/internal/swarm"
)

// frame is a durable frame that viewers of one hall got. A thread's frames are the
// same for everybody, byte for byte, so they are understood once: whoever comes
// next compares with the successor of the last frame it got, and takes over what is
// known. Nothing holds frames that all have passed.
type frame struct {
	raw      []byte
	position uint64
	eventID  string
	next     *frame

	sent  time.Duration // when it was posted, 0 if by somebody else
	round *Round        // who waits for it, nil if nobody
	seen  int           // viewers of the hall who got it
}

// channel is what a hall knows of a thread.
type channel struct {
	members int    // viewers who are there
	newest  *frame // of the highest position
}

func (h *hall) channel(thread int64) *channel {
	c := h.channels[thread]
	if c == nil {
		c = &channel{}
		h.channels[thread] = c
	}
	return c
}

// come counts viewers that come, or go.
func (c *channel) come(n int) {
	if c != nil {
		c.members += n
	}
}

// start returns the frame at which a viewer starts, whatever it was.
func (c *channel) start(position uint64, eventID string) *frame {
	if c == nil { // the global stream has other event ids for each person
		return &frame{eventID: eventID}
	}
	if c.newest != nil && c.newest.position == position {
		return c.newest
	}
	f := &frame{position: position, eventID: eventID}
	if c.newest == nil || c.newest.position < position {
		c.newest = f
	}
	return f
}

// add returns the frame that stands for f: the one that others of the hall have got
// already, if they did and it is the newest.
func (c *channel) add(f *frame) *frame {
	switch n := c.newest; {
	case n == nil || n.position < f.position:
		c.newest = f
	case n.position == f.position && n.raw == nil: // where somebody started
		n.raw, n.sent, n.round = f.raw, f.sent, f.round
		return n
	case n.position == f.position && bytes.Equal(n.raw, f.raw):
		return n
	}
	return f
}

// message is what is read of a frame.
type message struct {
	Type      string          `json:"type"`
	EventID   string          `json:"event_id"`
	ThreadID  int64           `json:"thread_id"`
	Recovered bool            `json:"recovered"`
	MessageID int64           `json:"message_id"`
	Message   json.RawMessage `json:"message"` // an object, or the greeting's sentence
	Detail    string          `json:"detail"`  // of type error

	Count        int64    `json:"count"` // of type forum_notification_count
	CountVersion int64    `json:"count_version"`
	Notified     int64    `json:"notification_count"` // of type everyone_mention
	Notification *message `json:"notification"`       // of type forum_notification
}

// post is what is read of a posted message.
type post struct {
	ID      int64  `json:"id"`
	Content string `json:"content"`
}

// handler makes an audience the handler of its swarm, out of its users' sight.
type handler struct{ *Audience }

// Closed implements swarm.Handler.
func (handler) Closed(s *swarm.Socket, why swarm.Ending) { s.Owner.(*Viewer).left(why) }

// Text implements swarm.Handler.
func (handler) Text(s *swarm.Socket, text []byte, at time.Duration) {
	v := s.Owner.(*Viewer)
	if v.last != nil && v.seated {
		if next := v.last.next; next != nil && bytes.Equal(next.raw, text) {
			v.take(next, at)
			return
		}
	}
	v.understand(text, at)
}

// understand reads a frame that is not the expected one.
func (v *Viewer) understand(text []byte, at time.Duration) {
	var m message
	var err error
	if v.thread == 0 {
		m, err = v.hall.read(text)
	} else {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		v.fault(ledger.Unreadable, "%v in %.200q", err, text)
		return
	}
	switch {
	case m.Type == "connected" && !v.seated:
		v.seat(&m, at)
	case m.Type == "error", m.Type == "resync":
		v.fault(ledger.Unreadable, "the server says %s: %s", m.Type, m.Detail)
	case m.Type == countFrame && v.badge != nil:
		v.count(&m, at)
	case m.EventID == "": // typing, heartbeats, counts where no calls are: state, which nobody checks
	case !v.seated:
		v.fault(ledger.Unreadable, "%s came before connected", m.Type)
	case v.thread == 0:
		v.follow(&m, len(text), at)
	default:
		v.learn(&m, bytes.Clone(text), at)
	}
}

// beforeEventID stands before the last field of a durable frame. No string in a frame
// holds it: quotes are escaped there.
const beforeEventID = `,"event_id":"`

// maxRead bounds what a hall has read and keeps: what comes to all comes close together.
const maxRead = 16

// read reads a frame of the global stream. What concerns everybody differs in the event
// id alone, and equal counts not at all: those are read once, or reading them would take
// the machine from the server that is writing them to a thousand sockets.
func (h *hall) read(text []byte) (m message, err error) {
	head, id := text, ""
	if i := bytes.LastIndex(text, []byte(beforeEventID)); i >= 0 {
		event, last := strings.CutSuffix(string(text[i+len(beforeEventID):]), `"}`)
		if last {
			head, id = text[:i], event
		}
	}
	m, known := h.known[string(head)]
	if known {
		m.EventID = id
		return m, nil
	}
	if err = json.Unmarshal(text, &m); err != nil {
		return m, err
	}
	if len(h.known) == maxRead {
		clear(h.known)
	}
	h.known[string(head)] = m
	return m, nil
}

// learn adds a durable frame to what the hall knows.
func (v *Viewer) learn(m *message, raw []byte, at time.Duration) {
	position, ok := positionIn(m.EventID, v.thread)
	if !ok || m.ThreadID != v.thread {
		v.fault(ledger.Unreadable, "%s of thread %d with the event id %q in thread %d", m.Type, m.ThreadID, m.EventID, v.thread)
		return
	}
	f := &frame{raw: raw, position: position, eventID: m.EventID}
	about := m.MessageID
	if m.Type == "new_message" {
		var p post
		if err := json.Unmarshal(m.Message, &p); err != nil {
			v.fault(ledger.Unreadable, "%v in %.200q", err, raw)
			return
		}
		about = p.ID
		f.sent, f.round = v.audience.recognise(p.Content)
	}
	v.reader.Channel().Learn(ledger.Event{Position: position, Kind: m.Type, Message: about, Size: len(raw)}, v.id)
	f = v.channel.add(f)
	v.last.next = f
	v.take(f, at)
}

// take notes that the viewer got a frame.
func (v *Viewer) take(f *frame, at time.Duration) {
	v.reader.Read(f.position)
	v.last = f
	v.hall.count(len(f.raw), at)
	// What was sent before it came is a replay: how long that took tells how long it was away.
	if f.sent > v.opened && int64(f.sent) >= v.audience.measured.Load() {
		v.hall.latency.Record(at - f.sent)
	}
	f.seen++
	if f.round != nil && f.seen == v.channel.members {
		f.round.hallDone()
	}
}

// follow checks a durable frame of the global stream, which merges two channels: no
// position falls, and one grows.
func (v *Viewer) follow(m *message, size int, at time.Duration) {
	if !advances(v.last.eventID, m.EventID) {
		v.fault(ledger.Reordered, "%s with the event id %q came after %q", m.Type, m.EventID, v.last.eventID)
	}
	v.last = &frame{eventID: m.EventID}
	v.hall.count(size, at)
	if v.badge != nil {
		v.hear(m, size, at)
	}
}

// count notes that a frame was delivered, in the read at that time.
func (h *hall) count(size int, at time.Duration) {
	h.delivered.Add(1)
	h.bytes.Add(uint64(size))
	if at != h.lastRead {
		h.lastRead = at
		h.reads.Add(1)
	}
}

// channelName is how event ids call a thread.
func channelName(thread int64) string { return "t" + strconv.FormatInt(thread, 10) }

// forumChannel is how event ids call what concerns the whole forum.
const forumChannel = "f"

// positionIn returns the position of a thread in an event id, or, if thread is 0, that
// of the forum, 0 where there is none: the global stream's positions are compared as a
// whole, see advances.
func positionIn(eventID string, thread int64) (position uint64, ok bool) {
	if thread == 0 {
		for part := range strings.SplitSeq(eventID, ".") {
			if channel, at := component(part); channel == forumChannel {
				position = at
			}
		}
		return position, eventID != ""
	}
	generation, rest, _ := strings.Cut(eventID, ".")
	digits, found := strings.CutPrefix(rest, channelName(thread)+":")
	position, err := strconv.ParseUint(digits, 10, 64)
	return position, found && err == nil && generation != ""
}

// advances reports whether an event id of the global stream may follow another.
func advances(before, after string) bool {
	was, is := strings.Split(before, "."), strings.Split(after, ".")
	if len(was) != len(is) || was[0] != is[0] {
		return false
	}
	grown := false
	for i := 1; i < len(was); i++ {
		old, then := component(was[i])
		now, at := component(is[i])
		if old != now || at < then {
			return false
		}
		grown = grown || at > then
	}
	return grown
}

func component(part string) (channel string, position uint64) {
	channel, digits, _ := strings.Cut(part, ":")
	position, _ = strconv.ParseUint(digits, 10, 64) // 0 of what is no number, which never grows
	return channel, position
}
