package live_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// frame is what arrives on a socket.
type frame map[string]any

func (f frame) kind() string { return f.text("type") }

func (f frame) text(field string) string {
	s, _ := f[field].(string)
	return s
}

func (f frame) number(field string) int64 {
	n, _ := f[field].(float64)
	return int64(n)
}

// object returns a field that is an object itself.
func (f frame) object(field string) frame {
	o, _ := f[field].(map[string]any)
	return o
}

// kind is what the client's end of a connection is.
type kind string

const (
	webSocket   kind = "WebSocket"
	eventStream kind = "event stream"
)

// onBothKinds runs a test for each kind of socket: what holds for one holds for the
// other.
func onBothKinds(t *testing.T, test func(t *testing.T, kind kind)) {
	t.Helper()
	for _, kind := range []kind{webSocket, eventStream} {
		t.Run(string(kind), func(t *testing.T) { test(t, kind) })
	}
}

// socket is a client's end of a connection, of either kind.
type socket struct {
	t      *testing.T
	f      *forum
	ws     *websocket.Conn // nil: it is an event stream
	events *eventReader
}

// end is how a connection ended.
type end struct {
	code   int
	reason string
}

// dial opens a socket with the headers as they are.
func (f *forum) dial(path string, header http.Header) *socket {
	f.t.Helper()
	if f.kind == eventStream {
		return f.listens(eventsOf(path), header)
	}
	ws, res, err := websocket.Dial(f.within(), f.url+path, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		f.t.Fatalf("dial %s: %v", path, err)
	}
	ws.SetReadLimit(1 << 20)
	_ = res
	f.t.Cleanup(func() { ws.CloseNow() })
	return &socket{t: f.t, f: f, ws: ws}
}

func cookie(token string) http.Header { return http.Header{"Cookie": {"session_id=" + token}} }

// knocks opens a socket that may be refused.
func (p *person) knocks(path string) *socket {
	p.f.t.Helper()
	return p.f.dial(path, cookie(p.token))
}

// opens opens a socket and reads its greeting.
func (p *person) opens(path string) *socket {
	p.f.t.Helper()
	s := p.knocks(path)
	s.expect("connected")
	if path == globalPath {
		s.expect("forum_notification_count")
	}
	return s
}

func (p *person) watches(threadID int64) *socket {
	p.f.t.Helper()
	return p.opens(threadPath(threadID))
}

// resumes opens a socket that goes on after an event, and returns its greeting.
func (p *person) resumes(path, eventID string) (*socket, frame) {
	p.f.t.Helper()
	s := p.knocks(path + "?last_event_id=" + url.QueryEscape(eventID))
	return s, s.expect("connected")
}

// next reads a frame.
func (s *socket) next() frame {
	s.t.Helper()
	f, err := s.read()
	if err != nil {
		s.t.Fatalf("reading: %v", err)
	}
	return f
}

func (s *socket) read() (f frame, err error) {
	if s.events != nil {
		return s.events.read()
	}
	_, text, err := s.ws.Read(s.f.within())
	if err != nil {
		return nil, err
	}
	return f, json.Unmarshal(text, &f)
}

// expect reads a frame, which must be of a type.
func (s *socket) expect(kind string) frame {
	s.t.Helper()
	f := s.next()
	if f.kind() != kind {
		s.t.Fatalf("got %v, want %s", f, kind)
	}
	return f
}

// until reads frames up to the first of a type, and returns it.
func (s *socket) until(kind string) frame {
	s.t.Helper()
	for {
		if f := s.next(); f.kind() == kind {
			return f
		}
	}
}

// sends sends a text as it is.
func (s *socket) sends(text string) {
	s.t.Helper()
	if err := s.ws.Write(s.f.within(), websocket.MessageText, []byte(text)); err != nil {
		s.t.Fatalf("sending: %v", err)
	}
}

// settled waits until the server has dealt with all that was sent before, and
// fails if anything else came meanwhile.
func (s *socket) settled() {
	s.t.Helper()
	if rest := s.rest(); len(rest) > 0 {
		s.t.Fatalf("got %v, want nothing more", rest)
	}
}

// rest returns what comes until the server has dealt with all that was sent before:
// answers come in order, and so does what the server sends to everybody.
func (s *socket) rest() (frames []frame) {
	s.t.Helper()
	last := "pong"
	if s.events == nil {
		s.sends(`{"type":"ping"}`)
	} else {
		last = "marker"
		s.f.castMarker(s.events)
	}
	for {
		f := s.next()
		if f.kind() == last {
			return frames
		}
		frames = append(frames, f)
	}
}

// ended reads until the connection ends; frames says which were left to read.
func (s *socket) ended() (e end, frames []string) {
	s.t.Helper()
	for {
		f, err := s.read()
		var closed websocket.CloseError
		switch {
		case errors.As(err, &closed):
			return end{int(closed.Code), closed.Reason}, frames
		case err != nil:
			s.t.Fatalf("the connection broke instead of being closed: %v", err)
		}
		frames = append(frames, f.kind())
	}
}

// endsWith fails unless the connection ends so, with these frames before.
func (s *socket) endsWith(code int, reason string, frames ...string) {
	s.t.Helper()
	got, before := s.ended()
	if want := (end{code, reason}); got != want {
		s.t.Fatalf("closed with %v, want %v", got, want)
	}
	if strings.Join(before, " ") != strings.Join(frames, " ") {
		s.t.Fatalf("got %v before, want %v", before, frames)
	}
}

// leaves closes the connection from the client's end.
func (s *socket) leaves() {
	if s.events != nil {
		s.events.close()
		return
	}
	s.ws.Close(websocket.StatusNormalClosure, "")
}

// drops loses the connection.
func (s *socket) drops() {
	if s.events != nil {
		s.events.close()
		return
	}
	s.ws.CloseNow()
}
