package live_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/coder/websocket"

	"parley/realtime"
)

// eventReader reads an event stream. It tells how it was closed, or refused, as a
// WebSocket would.
type eventReader struct {
	response *http.Response
	close    func()
	lines    *bufio.Scanner
	last     string // the last event id
	marker   string // what is awaited
}

// eventsOf returns the address that streams what a WebSocket's address does.
func eventsOf(path string) string { return strings.Replace(path, "/ws/", "/events/", 1) }

// listens opens an event stream with the headers as they are.
func (f *forum) listens(path string, header http.Header) *socket {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.within(), http.MethodGet, f.url+path, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header = header.Clone()
	transport := &http.Transport{}
	response, err := transport.RoundTrip(r)
	if err != nil {
		f.t.Fatal(err)
	}
	gone := func() {
		response.Body.Close()
		transport.CloseIdleConnections()
	}
	f.t.Cleanup(gone)
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return &socket{t: f.t, f: f, events: &eventReader{response: response, close: gone, lines: lines}}
}

// statuses is what event streams are answered with instead of a close frame.
var statuses = map[int]end{
	http.StatusUnauthorized:       {1008, "No authentication"},
	http.StatusForbidden:          {1008, "Access denied"},
	http.StatusNotFound:           {1008, "Thread not found"},
	http.StatusTooManyRequests:    {1008, "Too many connections"},
	http.StatusServiceUnavailable: {1001, "Server is going away"},
}

func (e *eventReader) read() (f frame, err error) {
	if refused := e.response.StatusCode; refused != http.StatusOK {
		as, known := statuses[refused]
		if !known {
			return nil, fmt.Errorf("answered %d", refused)
		}
		return nil, websocket.CloseError{Code: websocket.StatusCode(as.code), Reason: as.reason}
	}
	for {
		message, err := e.message()
		if err != nil {
			return nil, err
		}
		f = nil
		if err := json.Unmarshal([]byte(message["data"]), &f); err != nil {
			return nil, fmt.Errorf("%w: %q", err, message)
		}
		if message["event"] == "close" {
			return nil, websocket.CloseError{Code: websocket.StatusCode(f.number("code")), Reason: f.text("reason")}
		}
		if message["id"] != f.text("event_id") {
			return nil, fmt.Errorf("a message with the id %q: %v", message["id"], f)
		}
		if f.kind() != "marker" || f.text("of") == e.marker {
			return f, nil
		}
	}
}

// message reads the fields of the next message with data.
func (e *eventReader) message() (map[string]string, error) {
	fields := map[string]string{}
	for e.lines.Scan() {
		name, value, _ := strings.Cut(e.lines.Text(), ": ")
		if id, is := fields["id"]; is {
			e.last = id
		}
		if _, is := fields["data"]; is && name == "" {
			return fields, nil
		}
		fields[name] = value
	}
	if err := e.lines.Err(); err != nil {
		return nil, err
	}
	return nil, io.EOF
}

var markers atomic.Int64

// castMarker sends everybody a frame that one of them will not pass over.
func (f *forum) castMarker(to *eventReader) {
	to.marker = fmt.Sprint(markers.Add(1))
	text := fmt.Appendf(nil, `{"type":"marker","of":%q}`, to.marker)
	f.hub.Each(func(c *realtime.Conn) bool {
		c.Send(realtime.Message{Frame: text})
		return true
	})
}
