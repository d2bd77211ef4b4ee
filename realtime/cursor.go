package realtime

import (
	"errors"
	"strconv"
	"strings"
)

// Bounds that keep an event id short whatever the application does: 64 + 8 × (1 + 32 + 1 + 20)
// bytes at most.
const (
	MaxChannels   = 8 // channels of one connection
	maxChannel    = 32
	maxGeneration = 64
	maxCursor     = maxGeneration + MaxChannels*(1+maxChannel+1+20)
)

// Position is a place in a channel: everything up to and including Seq has been seen.
type Position struct {
	Channel string
	Seq     uint64
}

// Cursor is what an event id means: a place in each channel of a connection, in the order of its
// channels, within one generation of the log. Its text form is `<generation>.<channel>:<seq>`,
// further positions following after a dot: `k3x.t5:1042`, `k3x.f:88.u7:93`. To clients it is
// opaque.
type Cursor struct {
	Generation string // 1 to 64 of A-Z a-z 0-9 _ -
	Positions  []Position
}

// ErrCursor is returned by [ParseCursor] for whatever is not an event id.
var ErrCursor = errors.New("realtime: malformed event id")

// ParseCursor reads an event id. It accepts exactly what [Cursor.String] writes, so an id has one
// spelling; anything else, also one that names a channel twice or more than [MaxChannels], is
// [ErrCursor].
func ParseCursor(id string) (Cursor, error) {
	if len(id) > maxCursor {
		return Cursor{}, ErrCursor
	}
	generation, rest, found := strings.Cut(id, ".")
	if !found || !validGeneration(generation) {
		return Cursor{}, ErrCursor
	}
	c := Cursor{Generation: generation}
	for part := range strings.SplitSeq(rest, ".") {
		p, ok := parsePosition(part)
		if !ok || len(c.Positions) == MaxChannels || c.names(p.Channel) {
			return Cursor{}, ErrCursor
		}
		c.Positions = append(c.Positions, p)
	}
	return c, nil
}

func parsePosition(part string) (p Position, ok bool) {
	name, digits, _ := strings.Cut(part, ":")
	seq, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || !ValidChannel(name) || strconv.FormatUint(seq, 10) != digits {
		return Position{}, false
	}
	return Position{name, seq}, true
}

// String returns the event id.
func (c Cursor) String() string { return string(c.append(nil)) }

func (c Cursor) append(dst []byte) []byte {
	dst = append(dst, c.Generation...)
	for _, p := range c.Positions {
		dst = appendPosition(dst, p.Channel, p.Seq)
	}
	return dst
}

func appendPosition(dst []byte, channel string, seq uint64) []byte {
	dst = append(append(dst, '.'), channel...)
	return strconv.AppendUint(append(dst, ':'), seq, 10)
}

func (c Cursor) names(channel string) bool {
	for _, p := range c.Positions {
		if p.Channel == channel {
			return true
		}
	}
	return false
}

// ValidChannel reports whether name can be a channel's: 1 to 32 of a-z 0-9.
func ValidChannel(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(name) > 0 && len(name) <= maxChannel
}

func validGeneration(g string) bool {
	for i := range len(g) {
		c := g[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return len(g) > 0 && len(g) <= maxGeneration
}
