package realtime

import (
	"bytes"
	"encoding/binary"
	"sync/atomic"

	"github.com/gobwas/ws"
)

// appendHeader appends the header of an unfragmented, unmasked frame with n bytes of payload.
func appendHeader(dst []byte, op ws.OpCode, n int) []byte {
	dst = append(dst, 0x80|byte(op))
	switch {
	case n < 126:
		return append(dst, byte(n))
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
	}
}

// encode returns a complete frame.
func encode(op ws.OpCode, payload []byte) []byte {
	wire := make([]byte, 0, ws.MaxHeaderSize+len(payload))
	return append(appendHeader(wire, op, len(payload)), payload...)
}

// delivery is an event as channels keep it and connections share it.
type delivery struct {
	seq      uint64
	barrier  uint64
	body     []byte // the event's JSON without its closing brace; nil: nothing to show
	wire     []byte // the complete frame for connections of this channel alone; body is part of it
	also     []byte // a complete frame that goes out behind wire; nil: none
	audience func(*Conn) bool
	rewrites bool
	fresh    bool
	final    *CloseReason

	committed int64 // when, in Unix nanoseconds; 0: unknown
	via       path  // how it came here

	lines atomic.Pointer[lines] // nil until an event stream gets it
}

// deliveryOverhead is what an event costs beside its frame: the delivery itself, and the longer
// event id of a connection with several channels. Counting it bounds the number of events too.
const deliveryOverhead = 128

func (d *delivery) size() int { return len(d.wire) + len(d.also) + deliveryOverhead }

// shownTo reports whether the connection gets a frame of the event.
func (d *delivery) shownTo(c *Conn) bool {
	return d.wire != nil && (d.audience == nil || d.audience(c))
}

// newDelivery encodes an event whose frame is an object or nil.
func newDelivery(generation string, e Event) *delivery {
	d := &delivery{seq: e.Seq, barrier: e.Barrier, audience: e.Audience, rewrites: e.Rewrites, fresh: e.Fresh, final: e.Final}
	if !e.Committed.IsZero() {
		d.committed = e.Committed.UnixNano()
	}
	if n := len(e.Frame); n > 0 {
		id := appendPosition([]byte(generation), e.Channel, e.Seq)
		wire, start := encodeEvent(e.Frame[:n-1], id)
		d.wire, d.body = wire, wire[start:start+n-1]
		if len(e.Also) > 0 {
			d.also = encode(ws.OpText, e.Also)
		}
	}
	return d
}

// encodeEvent returns the text frame of body, a JSON object without its closing brace, with the
// event id as its last member, and where in it body starts.
func encodeEvent(body, id []byte) (wire []byte, start int) {
	wire = appendEvent(make([]byte, 0, ws.MaxHeaderSize+len(body)+len(eventID)+len(id)+len(eventEnd)), body, id)
	return wire, len(wire) - len(body) - len(eventMember(body)) - len(id) - len(eventEnd)
}

// What an event id stands in.
const (
	eventID  = `,"event_id":"`
	eventEnd = `"}`
)

// eventMember returns what comes between body and its event id.
func eventMember(body []byte) string {
	if len(bytes.TrimRight(body, " \t\r\n")) == 1 { // {}
		return eventID[1:]
	}
	return eventID
}

// appendEvent appends such a frame.
func appendEvent(dst, body, id []byte) []byte {
	member := eventMember(body)
	dst = appendHeader(dst, ws.OpText, len(body)+len(member)+len(id)+len(eventEnd))
	dst = append(append(dst, body...), member...)
	return append(append(dst, id...), eventEnd...)
}
