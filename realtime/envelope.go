package realtime

import (
	"encoding/binary"
	"errors"
	"time"
)

// What one hub tells the others through the bus is a few bytes that say what kind of thing it is,
// from whom and of which generation of the log, and then its fields: numbers as varints, texts with
// their length in front. The channel is that of the bus.
//
// A hub that does not know a version or a kind drops the message: so hubs of several releases can
// share a bus, and what they do not understand of each other they find in the log.

// envelopeVersion is the first byte of every message.
const envelopeVersion = 1

// kind is what a message on the bus is.
type kind uint8

const (
	eventKind  kind = iota + 1 // an event, complete: for all subscribers
	noticeKind                 // the channel has an event of that number, which the log has to be asked for
	castKind                   // a message for the channel's subscribers that is no event
	gossipKind                 // something between programs, see Hub.Gossip
)

// Flags of an event.
const (
	rewritesFlag = 1 << iota
	freshFlag
	finalFlag
)

// envelope is a message on the bus.
type envelope struct {
	kind       kind
	origin     uint64 // the hub that sent it
	generation string // of the log; of events and notices

	event  Event   // of an event; of a notice its number
	cast   Message // of a cast
	topic  string  // of gossip
	gossip []byte
}

// errEnvelope is what all messages are that nobody of this release wrote.
var errEnvelope = errors.New("realtime: not a message of this release")

// encode returns the message. An event's audience cannot be encoded.
func (m envelope) encode() []byte {
	const numbers = 64 // what all numbers of a message need at most
	size := numbers + len(m.generation) + len(m.event.Frame) + len(m.event.Also) + len(m.cast.Key) + len(m.cast.Frame) + len(m.topic) + len(m.gossip)
	b := append(make([]byte, 0, size), envelopeVersion, byte(m.kind))
	b = binary.BigEndian.AppendUint64(b, m.origin)
	switch m.kind {
	case eventKind:
		return m.appendEvent(b)
	case noticeKind:
		b = appendText(b, m.generation)
		return binary.AppendUvarint(b, m.event.Seq)
	case castKind:
		b = append(b, byte(m.cast.Lane))
		b = appendText(b, m.cast.Key)
		return appendText(b, m.cast.Frame)
	default:
		b = appendText(b, m.topic)
		return appendText(b, m.gossip)
	}
}

func (m envelope) appendEvent(b []byte) []byte {
	e, flags := m.event, byte(0)
	if e.Rewrites {
		flags |= rewritesFlag
	}
	if e.Fresh {
		flags |= freshFlag
	}
	if e.Final != nil {
		flags |= finalFlag
	}
	committed := int64(0)
	if !e.Committed.IsZero() {
		committed = e.Committed.UnixNano()
	}
	b = append(appendText(b, m.generation), flags)
	b = binary.AppendUvarint(b, e.Seq)
	b = binary.AppendUvarint(b, e.Barrier)
	b = binary.AppendVarint(b, committed)
	if e.Final != nil {
		b = binary.AppendUvarint(b, uint64(e.Final.Code))
		b = appendText(b, e.Final.Reason)
	}
	return appendText(appendText(b, e.Frame), e.Also)
}

func appendText[T ~string | ~[]byte](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// decodeEnvelope reads a message that came over a channel. Its texts are parts of message.
func decodeEnvelope(channel string, message []byte) (m envelope, err error) {
	if len(message) < 10 || message[0] != envelopeVersion {
		return m, errEnvelope
	}
	m.kind, m.origin = kind(message[1]), binary.BigEndian.Uint64(message[2:])
	d := decoder{rest: message[10:]}
	switch m.kind {
	case eventKind:
		d.event(&m)
	case noticeKind:
		m.generation = string(d.text())
		m.event.Seq = d.number()
	case castKind:
		m.cast = Message{Lane: Lane(d.byte()), Key: string(d.text()), Frame: d.text()}
		d.failed = d.failed || m.cast.Lane > Ephemeral
	case gossipKind:
		m.topic = string(d.text())
		m.gossip = d.text()
	default:
		d.failed = true
	}
	if d.failed || len(d.rest) > 0 {
		return m, errEnvelope
	}
	m.event.Channel = channel
	return m, nil
}

// decoder takes fields from the front of a message; once one is missing, all that follow are zero.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) event(m *envelope) {
	m.generation = string(d.text())
	flags := d.byte()
	m.event.Rewrites, m.event.Fresh = flags&rewritesFlag != 0, flags&freshFlag != 0
	m.event.Seq, m.event.Barrier = d.number(), d.number()
	if committed := d.signed(); committed != 0 {
		m.event.Committed = time.Unix(0, committed)
	}
	if flags&finalFlag != 0 {
		m.event.Final = &CloseReason{Code: int(d.number() & 0xffff), Reason: string(d.text())}
	}
	m.event.Frame, m.event.Also = d.text(), d.text()
	d.failed = d.failed || flags >= 2*finalFlag // it says what this release would not heed
}

func (d *decoder) take(n uint64) []byte {
	if d.failed || n > uint64(len(d.rest)) {
		d.failed = true
		return nil
	}
	taken := d.rest[:n:n]
	d.rest = d.rest[n:]
	return taken
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) number() uint64 {
	value, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.failed = true
	}
	d.take(uint64(max(0, n)))
	return value
}

func (d *decoder) signed() int64 {
	value, n := binary.Varint(d.rest)
	if n <= 0 {
		d.failed = true
	}
	d.take(uint64(max(0, n)))
	return value
}

// text returns a text, nil if it is empty.
func (d *decoder) text() []byte {
	if text := d.take(d.number()); len(text) > 0 {
		return text
	}
	return nil
}
