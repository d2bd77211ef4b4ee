package matrix

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/coder/websocket"
)

// feed is a stream that somebody follows, and all that came on it.
type feed struct {
	by     *person
	thread *thread // nil: the global one
	ended  chan struct{}

	mu     sync.Mutex
	frames []frame
	looked int // at so many of them
}

// frame is what came.
type frame struct {
	kind  string
	value map[string]any
	text  []byte
}

// address is where a feed is, as a WebSocket or as an event stream.
func address(kind string, t *thread) string {
	if t == nil {
		return "/api/forum/" + kind + "/global"
	}
	return fmt.Sprintf("/api/forum/%s/thread/%d", kind, t.id)
}

// follow opens a feed, or returns the status of the refusal.
func (s *site) follow(p *person, kind string, t *thread) (*feed, int) {
	s.t.Helper()
	f := &feed{by: p, thread: t, ended: make(chan struct{})}
	read := s.socket
	if kind == "events" {
		read = s.events
	}
	next, status := read(p, address(kind, t))
	if status != 200 {
		return nil, status
	}
	go func() {
		defer close(f.ended)
		for {
			text, err := next()
			if err != nil {
				return
			}
			f.took(text)
		}
	}()
	return f, 200
}

// took notes a frame.
func (f *feed) took(text []byte) {
	got := frame{text: text}
	if err := json.Unmarshal(text, &got.value); err != nil {
		got.value = map[string]any{"type": "not JSON"}
	}
	got.kind, _ = got.value["type"].(string)
	f.mu.Lock()
	f.frames = append(f.frames, got)
	f.mu.Unlock()
}

// came returns what came since the last look.
func (f *feed) came() []frame {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.frames[f.looked:len(f.frames):len(f.frames)]
}

// look returns it too, and passes over it from then on.
func (f *feed) look() []frame {
	f.mu.Lock()
	defer f.mu.Unlock()
	came := f.frames[f.looked:len(f.frames):len(f.frames)]
	f.looked = len(f.frames)
	return came
}

// refusals are the reasons with which a WebSocket ends that an event stream would
// have been refused with a status.
var refusals = map[string]int{
	"No authentication": 401, "No session ID": 401, "Invalid session": 401, "Access denied": 403, "Thread not found": 404,
}

// socket opens a WebSocket: its first frame says whether it may be followed.
func (s *site) socket(p *person, path string) (next func() ([]byte, error), status int) {
	s.t.Helper()
	header := http.Header{}
	if p.token != "" {
		header.Set("Cookie", "session_id="+p.token)
	}
	conn, _, err := websocket.Dial(s.ctx, "ws"+strings.TrimPrefix(s.url, "http")+path, &websocket.DialOptions{HTTPHeader: header, HTTPClient: s.client})
	if err != nil {
		s.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	s.t.Cleanup(func() { conn.CloseNow() })
	next = func() ([]byte, error) {
		_, text, err := conn.Read(s.ctx)
		return text, err
	}
	_, err = next()
	var closed websocket.CloseError
	switch {
	case err == nil:
		return next, 200
	case errors.As(err, &closed) && closed.Code == 1008:
		return nil, refusals[closed.Reason]
	default:
		s.t.Fatalf("%s: %s: %v", p.name, path, err)
		return nil, 0
	}
}

// events opens an event stream.
func (s *site) events(p *person, path string) (next func() ([]byte, error), status int) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if p.token != "" {
		request.AddCookie(&http.Cookie{Name: "session_id", Value: p.token})
	}
	response, err := s.client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { response.Body.Close() })
	if response.StatusCode != http.StatusOK {
		return nil, response.StatusCode
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return func() ([]byte, error) {
		ends := false
		for lines.Scan() {
			if lines.Text() == "event: close" {
				ends = true
			}
			if text, is := strings.CutPrefix(lines.Text(), "data: "); is && ends {
				return nil, errors.New(text)
			} else if is {
				return []byte(text), nil
			}
		}
		return nil, errors.Join(lines.Err(), context.Canceled)
	}, 200
}
