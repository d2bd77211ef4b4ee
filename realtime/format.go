package realtime

import (
	"bytes"
	"encoding/json"

	"github.com/gobwas/ws"
)

// format is how what is said to a connection looks on its wire.
type format uint8

const (
	socketFrames format = iota // a WebSocket's
	eventLines                 // those of Server-Sent Events
	formats
)

// message returns a text of the application's own as it is sent; id is the event id that the
// connection stands at from then on, "" for where it stood.
func (f format) message(text []byte, id string) []byte {
	if f == eventLines {
		return appendLines(make([]byte, 0, len(idField)+len(id)+len(dataField)+len(text)+3), text, id)
	}
	return encode(ws.OpText, text)
}

// event returns an event as the connections of its channel alone get it, and what follows it, nil if
// nothing does. They share it.
func (f format) event(d *delivery) (wire, also []byte) {
	if f == eventLines {
		l := d.asLines()
		return l.wire, l.also
	}
	return d.wire, d.also
}

// addressed returns an event as the one connection gets it whose event id this makes.
func (f format) addressed(d *delivery, id []byte) (wire, also []byte) {
	if f == eventLines {
		text := append(append(append(bytes.Clone(d.body), eventMember(d.body)...), id...), eventEnd...)
		return f.message(text, string(id)), d.asLines().also
	}
	wire, _ = encodeEvent(d.body, id)
	return wire, d.also
}

// ping returns what shows that we are there. A browser answers a WebSocket's; an event stream that
// takes it is there.
func (f format) ping() []byte {
	if f == eventLines {
		return pingLine
	}
	return pingFrame
}

// farewell returns what says why the connection ends, nil if that never travels.
func (f format) farewell(r CloseReason) []byte {
	if f == eventLines {
		return r.lines()
	}
	return r.frame()
}

// casting is a message on its way to many connections, encoded once for each format. It is used by
// one goroutine.
type casting struct {
	Message
	wires [formats][]byte
}

// to queues the message for one of them.
func (m *casting) to(c *Conn) {
	f := c.transport.format()
	if m.wires[f] == nil {
		m.wires[f] = f.message(m.Frame, "")
	}
	c.push(entry{wire: m.wires[f], lane: m.Lane, key: m.Key})
}

// What the lines of an event stream begin with.
const (
	idField   = "id: "
	dataField = "data: "
)

var (
	pingFrame = encode(ws.OpPing, nil)
	pingLine  = []byte(":\n\n") // a comment: scripts do not see it
)

// appendLines appends a message of an event stream.
func appendLines(dst, text []byte, id string) []byte {
	if id != "" {
		dst = append(append(append(dst, idField...), id...), '\n')
	}
	dst = append(dst, dataField...)
	for {
		// A line ends with what JSON takes for white space; what follows has to be on a line of
		// its own, or a client could take it for a field.
		end := bytes.IndexAny(text, "\r\n")
		if end < 0 {
			return append(append(dst, text...), '\n', '\n')
		}
		dst = append(append(append(dst, text[:end]...), '\n'), dataField...)
		if bytes.HasPrefix(text[end:], []byte("\r\n")) {
			end++
		}
		text = text[end+1:]
	}
}

// lines are an event as event streams get it.
type lines struct{ wire, also []byte }

// asLines returns them; they are made when the first event stream needs them, most channels never
// having one.
func (d *delivery) asLines() *lines {
	if made := d.lines.Load(); made != nil {
		return made
	}
	made := new(lines)
	if d.wire != nil {
		text := payloadOf(d.wire)
		id := text[:len(text)-len(eventEnd)]
		made.wire = eventLines.message(text, string(id[bytes.LastIndexByte(id, '"')+1:]))
	}
	if d.also != nil {
		made.also = eventLines.message(payloadOf(d.also), "")
	}
	d.lines.Store(made) // if two made them, either will do
	return made
}

// payloadOf returns what stands in a frame made by encode.
func payloadOf(wire []byte) []byte {
	switch wire[1] {
	case 126:
		return wire[4:]
	case 127:
		return wire[10:]
	default:
		return wire[2:]
	}
}

// lines returns the last message of an event stream that is closed for r: an event called close, so
// that it is no message to scripts that do not know it.
func (r CloseReason) lines() []byte {
	if r.Code == codeLost {
		return nil
	}
	text, err := json.Marshal(struct {
		Code   int    `json:"code"`
		Reason string `json:"reason"`
	}{r.Code, r.Reason})
	if err != nil {
		panic(err) // of a number and a string
	}
	return appendLines([]byte("event: close\n"), text, "")
}
