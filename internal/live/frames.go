package live

import (
	"encoding/json"
	"fmt"
	"time"

	"parley"
	"parley/internal/app"
	"parley/realtime"
)

// connectedFrame is the first frame of a socket.
type connectedFrame struct {
	Type      string `json:"type"` // connected
	ThreadID  int64  `json:"thread_id,omitempty"`
	Message   string `json:"message"`
	UserID    int64  `json:"user_id"`
	SessionID string `json:"session_id,omitempty"`
	Recovered bool   `json:"recovered"`
	EventID   string `json:"event_id"`
}

// shownSession is how much of a session's public id the global stream shows.
const shownSession = 8

func connected(adm *app.Admission, threadID int64, g realtime.Greeting) connectedFrame {
	frame := connectedFrame{
		Type: "connected", UserID: adm.Principal.User.ID, Recovered: g.Recovered, EventID: g.EventID,
	}
	if threadID == globalStream {
		public := adm.Principal.Session.PublicID
		frame.Message = "Connected to global forum updates"
		frame.SessionID = public[:min(shownSession, len(public))] + "..."
	} else {
		frame.Message = fmt.Sprintf("Connected to thread %d live updates", threadID)
		frame.ThreadID = threadID
	}
	return frame
}

func countMessage(c app.Count) realtime.Message {
	return realtime.Message{Frame: encode(parley.NotificationCountFrame{
		Type: "forum_notification_count", Count: c.Count, CountVersion: c.CountVersion,
	})}
}

// timedFrame is a frame of the protocol's own with the server's clock, in Unix
// seconds.
type timedFrame struct {
	Type      string `json:"type"` // pong, heartbeat
	Timestamp int64  `json:"timestamp"`
}

// HeartbeatFrame is what a hub sends to silent clients: see realtime.Config.
func HeartbeatFrame(now time.Time) []byte { return encode(timedFrame{"heartbeat", now.Unix()}) }

func pongFrame(now time.Time) []byte { return encode(timedFrame{"pong", now.Unix()}) }

var heartbeatAck = encode(struct {
	Type string `json:"type"`
}{"heartbeat_ack"})

// errorFrame tells a client's author what is wrong with its frames.
type errorFrame struct {
	Type   string `json:"type"` // error
	Detail string `json:"detail"`
}

// encode is JSON of a frame, which always has one.
func encode(frame any) []byte {
	text, err := json.Marshal(frame)
	if err != nil {
		panic(fmt.Sprintf("live: frame %T: %v", frame, err))
	}
	return text
}
