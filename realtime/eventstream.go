package realtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"time"
)

// defaultRetry is about how long browsers wait before they open an event stream again.
const defaultRetry = 2 * time.Second

// EventsConfig says how a stream of Server-Sent Events works.
type EventsConfig struct {
	// Retry is about how long a browser whose stream has ended waits before it opens another one,
	// between half of it and half as much again, so that not all come at once; 0: 2 s.
	Retry time.Duration

	// OnClose is called exactly once, when the connection has left its hub. No other callback comes
	// after it. It must not block.
	OnClose func(c *Conn, reason CloseReason)
}

// Refused is the error of [Events] for a connection that ended before anything was sent on it.
type Refused struct{ CloseReason }

func (r Refused) Error() string { return "realtime: event stream refused: " + r.Reason }

// Events answers a GET with a stream of Server-Sent Events, which any HTTP client can read and a
// browser's EventSource opens again by itself, going on where it was. It is the sibling of [Upgrade]:
// a hub makes no difference between the two. Only that the client says nothing here, and that it is
// taken to be there as long as it takes what is sent, heartbeats when there is nothing else.
//
// Events calls join on this goroutine, which hands the connection to [Hub.Join], with the header
// Last-Event-ID as LastEventID, or closes it. Then Events serves until the connection ends, and
// returns nil. If it ends before anything was sent, because join closed it or the client left, nothing
// has been written: Events returns [Refused], and the caller answers with a status that says why.
// EventSource takes any but 200 as final. Any other error leaves the answer to the caller, too: w has
// no deadlines (see [http.ResponseController]).
//
// Each frame is a message; the id of an event's and of the greeting's first is the event id, others
// have none. Before a stream that was closed ends comes an event named "close" with the data
// {"code":…,"reason":…}. Middleware may wrap w if it passes on at once, uncompressed, what is flushed.
//
// [http.Server.Shutdown] waits for event streams as for all requests: let the hub's Run end before, or
// close them in a function given to RegisterOnShutdown.
func Events(w http.ResponseWriter, r *http.Request, config EventsConfig, join func(c *Conn)) error {
	s := newEventStream(w, r, config)
	// A server that bounds how long a request may take to arrive would end the stream then.
	if err := s.response.control.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("realtime: event stream: %w", err)
	}
	left := make(chan struct{})
	stays := context.AfterFunc(r.Context(), func() {
		s.leave()
		close(left)
	})
	defer func() { // also if join panics
		if !stays() {
			<-left
		}
		s.finish()
	}()
	join(s.conn)
	s.open()
	<-s.response.over
	s.writing.Wait()
	if !s.response.begun {
		return Refused{*s.conn.reason}
	}
	return nil
}

// eventStream is the transport of one stream of Server-Sent Events: a stream that is not read. The
// goroutine of the request's handler waits for its end, another one writes while there is something
// to write.
type eventStream struct {
	stream
	response *response
	lost     bool // the client has left: nothing is written any more; guarded by conn.mu
}

func newEventStream(w http.ResponseWriter, r *http.Request, config EventsConfig) *eventStream {
	c := newConn(UpgradeConfig{OnClose: config.OnClose})
	c.greeted = false // whoever is refused gets a status instead of a stream
	if config.Retry == 0 {
		config.Retry = defaultRetry
	}
	body := &response{
		conn: c, w: w, control: http.NewResponseController(w), retry: config.Retry,
		keepAlive: r.ProtoMajor > 1, over: make(chan struct{}),
	}
	s := &eventStream{stream: stream{conn: c, socket: body}, response: body}
	c.transport = s
	return s
}

func (s *eventStream) format() format { return eventLines }

func (s *eventStream) wake() {
	switch {
	case s.lost:
	case s.conn.reason != nil && !s.conn.greeted:
		s.response.end() // refused
	default:
		s.stream.wake()
	}
}

// open begins the stream of a connection that joined no hub.
func (s *eventStream) open() {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason == nil && !c.greeted {
		c.greeted = true
		c.enqueue(entry{wire: pingLine})
	}
}

// leave ends a connection whose client has left, or whose server cannot write any more.
func (s *eventStream) leave() {
	s.conn.mu.Lock()
	s.lost = true
	s.conn.mu.Unlock()
	s.response.cut()
	s.writing.Wait() // who writes may know better why it ends
	if s.conn.live() {
		s.conn.measureLoss(CloseLost)
		s.conn.abandon(CloseLost)
	}
	s.response.end()
}

// finish ends the connection, if nothing else has, and leaves the request to its handler.
func (s *eventStream) finish() {
	if s.conn.live() {
		s.conn.sever(CloseLost)
	}
	s.writing.Wait()
	s.response.Close()
	s.conn.finish()
}

// response is the answer to a request as a stream's socket: it cannot be read, and to stop reading
// ends it. Once it is closed nobody touches the request's answer any more.
type response struct {
	conn      *Conn
	w         http.ResponseWriter
	control   *http.ResponseController
	retry     time.Duration
	keepAlive bool // the client's connection carries other requests too
	begun     bool // something has been written; of the goroutine that writes

	over chan struct{} // closed when the stream has ended

	mu       sync.Mutex
	deadline time.Time // for writing
	severed  bool      // nothing can be written any more
	ended    bool      // over is closed
	closed   bool      // the handler is about to return
}

var errSevered = errors.New("event stream was cut off")

// Write sends what an event stream's client is to get at once.
func (r *response) Write(batch []byte) (n int, err error) {
	if !r.begun {
		r.begun = true
		r.begin()
	}
	if n, err = r.w.Write(batch); err == nil {
		err = r.control.Flush()
	}
	if err == nil {
		r.conn.hear(instant()) // it takes what it gets: it is there
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && !r.patient() {
		err = errSevered
	}
	return n, err
}

// begin writes the head.
func (r *response) begin() {
	h := r.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would wait for more
	if !r.keepAlive {
		h.Set("Connection", "close") // the deadlines are not those of the next request
	}
	r.w.WriteHeader(http.StatusOK)
	wait := r.retry/2 + rand.N(r.retry+1)
	fmt.Fprintf(r.w, "retry: %d\n", wait.Milliseconds()) // what fails here fails again
}

// patient reports whether the deadline that has passed was one for the client, not that of cut.
func (r *response) patient() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.deadline.IsZero() && !time.Now().Before(r.deadline)
}

// Read is not called: there is nothing to be read.
func (r *response) Read([]byte) (int, error) { return 0, io.EOF }

func (r *response) SetWriteDeadline(at time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.severed || r.closed {
		return nil
	}
	r.deadline = at
	return r.control.SetWriteDeadline(at)
}

// SetReadDeadline ends the stream: at once if the time is over, else when all has been written,
// which it has.
func (r *response) SetReadDeadline(at time.Time) error {
	if !at.After(time.Now()) {
		r.cut()
	}
	r.end()
	return nil
}

// cut calls off what is being written.
func (r *response) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.severed && !r.closed {
		r.severed = true
		_ = r.control.SetWriteDeadline(time.Unix(1, 0))
	}
}

func (r *response) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.ended = true
		close(r.over)
	}
}

// Close leaves the request to its handler.
func (r *response) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return nil
}
