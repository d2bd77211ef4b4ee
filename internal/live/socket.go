package live

import (
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"parley/internal/app"
	"parley/internal/live/wire"
	"parley/realtime"
)

// socket is what is known of one client's frames. The connection calls its
// methods one at a time.
type socket struct {
	live      *Live
	threadID  int64
	frames    *rate.Limiter
	malformed int
	typed     time.Time // when the last sign of typing was passed on
	resuming  bool
	counted   atomic.Int32 // pending, opened or ended
	place     place
}

func newSocket(l *Live, threadID int64, lastEventID string) *socket {
	limits := l.config.Limits
	return &socket{
		live: l, threadID: threadID, resuming: lastEventID != "",
		frames: rate.NewLimiter(rate.Limit(limits.Frames), limits.FrameBurst),
	}
}

// receive answers one frame of the client. It needs neither database nor hub to
// answer a ping.
func (s *socket) receive(c *realtime.Conn, text []byte) {
	frame, ok := wire.ParseFrame(text)
	if ok && frame.Type == "typing" && s.threadID != globalStream {
		s.typing(c, frame.IsTyping == true)
		return // clients in the field send one per keystroke: they count for no limit
	}
	if !s.frames.Allow() {
		s.complain(c, "Too many frames: send at most 20 a second.")
		c.Close(CloseRateLimit)
		return
	}
	switch {
	case !ok:
		s.refuseMalformed(c)
	case frame.Type == "ping":
		c.Send(realtime.Message{Frame: pongFrame(time.Now())})
	case frame.Type == "heartbeat":
		c.Send(realtime.Message{Frame: heartbeatAck})
	}
}

// typing passes on that the client's person types, or stopped.
func (s *socket) typing(c *realtime.Conn, is bool) {
	seat, joined := c.Value().(app.Seat)
	if !joined {
		return
	}
	if !is {
		s.live.typing.stopped(seat, c)
		return
	}
	if now := time.Now(); now.Sub(s.typed) >= s.live.config.Limits.TypingPause {
		s.typed = now
		s.live.typing.started(seat, c)
	}
}

func (s *socket) refuseMalformed(c *realtime.Conn) {
	s.complain(c, "Each frame must be a JSON object.")
	if s.malformed++; s.malformed >= s.live.config.Limits.Malformed {
		c.Close(CloseMalformed)
	}
}

func (s *socket) complain(c *realtime.Conn, detail string) {
	c.Send(realtime.Message{Frame: encode(errorFrame{"error", detail})})
}

// joined notes that the client has all it missed and what happens now.
func (s *socket) joined(c *realtime.Conn) {
	if s.threadID != globalStream {
		s.live.presence.came(s.threadID, c)
	}
}

// closed ends what the connection's person was seen doing.
func (s *socket) closed(c *realtime.Conn, reason realtime.CloseReason) {
	s.end(reason)
	s.place.leave()
	s.live.draining.gone(c)
	seat, joined := c.Value().(app.Seat)
	if joined && s.threadID != globalStream {
		s.live.typing.stopped(seat, c)
		s.live.presence.left(s.threadID)
	}
	s.live.log.Debug("socket closed", "thread", s.threadID, "user", seat.Viewer.ID, "code", reason.Code, "reason", reason.Reason)
}
