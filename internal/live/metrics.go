package live

import "parley/realtime"

// Metrics counts sockets. Its methods may be called concurrently and must not block.
type Metrics interface {
	// Opened notes a socket whose client was told that it is connected. recovered
	// tells whether one that resumes could go on where it was.
	Opened(kind Kind, recovered bool)
	// Closed notes the end of a socket that was opened. The reason may be the
	// client's, with any code and text.
	Closed(kind Kind, reason realtime.CloseReason)
	// Refused notes a client that got no socket, with one of the reasons of this
	// package: the text of a CloseReason, RefusedOrigin or RefusedHandshake.
	Refused(reason string)
}

// Kind is what sockets are told apart by.
type Kind struct {
	Stream   Stream
	Resuming bool // it came with a last_event_id; clients in the field never do
}

// Stream is one of the two streams.
type Stream string

const (
	ThreadStream Stream = "forum_threads" // of all threads alike
	GlobalStream Stream = "forum_global"
)

// Why clients are refused before there is a socket to close.
const (
	RefusedOrigin    = "Origin"
	RefusedHandshake = "Handshake"
)

// uncounted is for who wants no metrics.
type uncounted struct{}

func (uncounted) Opened(Kind, bool)                 {}
func (uncounted) Closed(Kind, realtime.CloseReason) {}
func (uncounted) Refused(string)                    {}

func (s *socket) kind() Kind {
	if s.threadID == globalStream {
		return Kind{GlobalStream, s.resuming}
	}
	return Kind{ThreadStream, s.resuming}
}

// What has been counted of a socket. A client may leave while it is being let in:
// whoever comes first decides, so that what was opened, and only that, is closed.
const (
	pending int32 = iota
	opened
	ended
)

// open counts the socket as open, unless it has ended.
func (s *socket) open(recovered bool) {
	if s.counted.CompareAndSwap(pending, opened) {
		s.live.config.Metrics.Opened(s.kind(), recovered)
	}
}

// refuse closes a connection that is not let in. That it is going away, or we are,
// is no refusal.
func (s *socket) refuse(c *realtime.Conn, reason realtime.CloseReason) {
	if reason != realtime.CloseGoingAway && s.counted.CompareAndSwap(pending, ended) {
		s.live.config.Metrics.Refused(reason.Reason)
	}
	c.Close(reason)
}

// end counts the socket as closed if it was open.
func (s *socket) end(reason realtime.CloseReason) {
	if s.counted.Swap(ended) == opened {
		s.live.config.Metrics.Closed(s.kind(), reason)
	}
}
