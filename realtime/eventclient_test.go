package realtime

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// dialEvents makes an event stream of a real HTTP server, over a pipe.
func dialEvents(t *testing.T) dial {
	listener := &pipeListener{sockets: make(chan net.Conn), closed: make(chan struct{})}
	requests := make(chan eventRequest, 1)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request := <-requests
		err := Events(w, r, EventsConfig{OnClose: request.config.OnClose}, func(c *Conn) {
			request.made <- c
			request.join(c)
		})
		var refused Refused
		if errors.As(err, &refused) {
			w.WriteHeader(http.StatusForbidden)
			w.Write(refused.lines())
		} else if err != nil {
			t.Error(err)
		}
	})}
	served := make(chan error)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		<-served
	})
	return func(config UpgradeConfig, join func(*Conn)) (net.Conn, *Conn) {
		ours, theirs := net.Pipe()
		request := eventRequest{config, join, make(chan *Conn)}
		requests <- request
		listener.sockets <- ours
		io.WriteString(theirs, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		return &eventClient{Conn: theirs}, <-request.made
	}
}

// eventRequest is how a request to a server is to be answered.
type eventRequest struct {
	config UpgradeConfig
	join   func(*Conn)
	made   chan *Conn
}

// pipeListener accepts pipes.
type pipeListener struct {
	sockets chan net.Conn
	closed  chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case socket := <-l.sockets:
		return socket, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { close(l.closed); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{} }

// eventClient is the client's end of an event stream. It reads like a WebSocket's: each message is a
// text frame, the event close and a refusal are close frames.
type eventClient struct {
	net.Conn
	reader *eventReader
	frames bytes.Buffer
}

// open reads the head of the answer.
func (c *eventClient) open() *eventReader {
	if c.reader == nil {
		response, err := http.ReadResponse(bufio.NewReader(c.Conn), nil)
		if err != nil {
			return newEventReader(strings.NewReader(""))
		}
		c.reader = newEventReader(response.Body)
	}
	return c.reader
}

func (c *eventClient) Read(p []byte) (int, error) {
	for c.frames.Len() == 0 {
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	return c.frames.Read(p)
}

// Write does nothing: a client says nothing.
func (c *eventClient) Write(p []byte) (int, error) { return len(p), nil }

func (c *eventClient) fill() error {
	m, err := c.open().next()
	if err != nil {
		return err
	}
	if m.event == "close" {
		var reason CloseReason
		if err := json.Unmarshal([]byte(m.data), &reason); err != nil {
			return err
		}
		c.frames.Write(reason.frame())
		return nil
	}
	var stands struct {
		ID string `json:"event_id"`
	}
	if json.Unmarshal([]byte(m.data), &stands) == nil && stands.ID != m.id {
		return fmt.Errorf("message with id %q: %s", m.id, m.data)
	}
	c.frames.Write(encode(ws.OpText, []byte(m.data)))
	return nil
}

// eventMessage is one message of an event stream. Its id is its own, not the last one of the stream.
type eventMessage struct{ id, event, data string }

// eventReader reads an event stream as the HTML standard says.
type eventReader struct {
	lines *bufio.Scanner
	retry string
	last  string // the last event id
}

func newEventReader(body io.Reader) *eventReader {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	return &eventReader{lines: lines}
}

// next returns the next message that a browser would dispatch.
func (r *eventReader) next() (m eventMessage, err error) {
	var data []string
	for r.lines.Scan() {
		field, value, _ := strings.Cut(r.lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "":
			if r.lines.Text() == "" && data != nil {
				m.data = strings.Join(data, "\n")
				return m, nil
			}
			if r.lines.Text() == "" {
				m = eventMessage{}
			}
		case "id":
			m.id, r.last = value, value
		case "event":
			m.event = value
		case "data":
			data = append(data, value)
		case "retry":
			r.retry = value
		default:
			return m, fmt.Errorf("line %q", r.lines.Text())
		}
	}
	if err := r.lines.Err(); err != nil {
		return m, err
	}
	return m, io.EOF
}

func TestEventReaderUnderstandsTheStandardsExamples(t *testing.T) {
	r := newEventReader(strings.NewReader(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\ndata\n\n"))
	for _, want := range []eventMessage{{"1", "", "first event"}, {"", "", "second event"}, {"", "", " third event\n"}} {
		if got, err := r.next(); err != nil || got != want {
			t.Errorf("got %q %v, want %q", got, err, want)
		}
	}
}
