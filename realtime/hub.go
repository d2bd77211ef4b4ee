package realtime

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// Config says how a hub works. Only Log is required.
type Config struct {
	Log       Log
	Authority Authority // nil: barriers are ignored
	Control   string    // the channel whose events change rights; it is never joined. Empty: none

	MaxPerUser     int // live connections of one user on this hub; 0: no limit
	MaxConnections int // joined connections of this hub; 0: no limit

	// Heartbeat is how long a client may be silent before it is sent a ping and HeartbeatFrame; after twice as long its connection
	// ends. 0: 30 s.
	Heartbeat time.Duration
	// HeartbeatFrame returns the JSON to send with a ping; nil: the ping alone.
	HeartbeatFrame func(now time.Time) []byte

	// Follow is the pause between two looks at the log. 0: 500 ms.
	Follow time.Duration

	Logger *slog.Logger // nil: slog.Default()
}

// Errors of [Hub.Join].
var (
	ErrTooManyConnections = errors.New("realtime: too many connections of this user")
	ErrOverCapacity       = errors.New("realtime: too many connections")
	ErrClosed             = errors.New("realtime: connection or hub is closed")
)

// Hub delivers the events of a [Log] to connections.
type Hub struct{}

// New returns a hub. It does nothing until [Hub.Run]. It panics without a Log.
func New(config Config) *Hub { return &Hub{} }

// Run follows the log, repairs, applies the authority and sends heartbeats until ctx ends; then it closes all connections with
// [CloseGoingAway], waits for them (5 s at most) and returns nil. No goroutine of the hub survives it. It is called once.
func (h *Hub) Run(ctx context.Context) error { return nil }

// Publish tells the hub of events that were committed, so that it need not wait to find them in the log. It never blocks on a
// socket or the database; events may come in any order, twice, or never. Events of channels nobody is joined to are ignored.
func (h *Hub) Publish(events ...Event) {}

// Notice tells the hub that channels have these heads, for somebody who knows that something was committed but not what; the hub reads
// the log. It never blocks.
func (h *Hub) Notice(heads ...Head) {}

// Cast sends m to all live subscribers of the channel but except (nil: to all).
func (h *Hub) Cast(channel string, m Message, except *Conn) {}

// SendUser sends m to all connections of the user.
func (h *Hub) SendUser(user string, m Message) {}

// Connected reports whether the user has a live connection.
func (h *Hub) Connected(user string) bool { return false }

// Each calls f for every live connection until it returns false. No lock is held meanwhile; connections that join or
// end meanwhile may be left out.
func (h *Hub) Each(f func(*Conn) bool) {}

// EachUser is Each for the connections of one user.
func (h *Hub) EachUser(user string, f func(*Conn) bool) {}

// EachSubscriber is Each for the live subscribers of a channel.
func (h *Hub) EachSubscriber(channel string, f func(*Conn) bool) {}

// Stats are a hub's gauges and, from Delivered on, counters since it was made.
type Stats struct {
	Connections int // joined and live
	Users       int // with at least one of them
	Channels    int // held, including those emptied less than 30 s ago

	Delivered  uint64 // frames of events queued for connections
	Duplicates uint64 // published events dropped because they were known
	Repairs    uint64 // reads of the log that found events nobody had published
	Repaired   uint64 // those events
	Overflows  uint64 // connections closed because their queue was full
	Dropped    uint64 // ephemeral messages dropped
}

// Stats returns a snapshot of the hub's figures.
func (h *Hub) Stats() Stats { return Stats{} }

// Sync looks at the log once more and returns when everything that was committed before the call has been queued for the
// connections that were live then. Run must be running.
func (h *Hub) Sync(ctx context.Context) error { return nil }

// LastSync returns when the last successful look at the log ended, the zero time if there was none.
func (h *Hub) LastSync() time.Time { return time.Time{} }

// Admission is what the application's database says of a connection, read in one snapshot.
type Admission struct {
	User      string // who it is; "" for nobody in particular, whom MaxPerUser does not limit
	Value     any    // becomes Conn.Value
	Channels  []Head // what it subscribes to, with each channel's newest event in the snapshot; 1 to MaxChannels
	Authority uint64 // position of the control channel in the snapshot
}

// Greeting tells how a connection starts.
type Greeting struct {
	Recovered bool   // it continues where LastEventID stood; otherwise it starts at the snapshot and must fetch state anew
	EventID   string // where it starts
}

// JoinRequest says what a connection wants of a hub.
type JoinRequest struct {
	// LastEventID is the last event id the client saw, "" if none.
	LastEventID string

	// Admit reads the snapshot. It is called again when rights changed meanwhile.
	Admit func(ctx context.Context) (Admission, error)

	// Greet returns the messages that go out before anything else of the hub, in order, whatever their lanes; nil: none.
	Greet func(Greeting) []Message
}

// Join makes conn a connection of the hub. It returns nil when all that conn missed is queued and it gets events live; a client that reads slowly
// is fed at its own speed, so that can take a while: ctx bounds it.
//
// Errors: what Admit returned, untouched; ErrTooManyConnections, ErrOverCapacity: conn is still open, for the caller to
// close with a fitting reason. Any other error, ErrClosed among them, means that it has been closed.
func (h *Hub) Join(ctx context.Context, conn *Conn, req JoinRequest) error { return nil }

// Lane says what may happen to a message while it waits for a slow reader.
type Lane uint8

const (
	Durable   Lane = iota // never dropped; if the queue is full the connection is closed with CloseTooSlow
	State                 // of those with the same Key only the latest is kept, in the place of the first
	Ephemeral             // dropped when the queue is more than half full
)

// Message is a frame of the application's own beside the events of channels. Frame is a JSON text; nobody may change it afterwards.
type Message struct {
	Lane  Lane
	Key   string // of a State message: which state it is
	Frame []byte
}

// Conn is one client. All methods may be called from any goroutine and never block on the socket.
type Conn struct{}

// ID returns a number no other connection of this process has.
func (c *Conn) ID() uint64 { return 0 }

// User returns Admission.User, "" before the connection is joined.
func (c *Conn) User() string { return "" }

// Value returns what the application last set, at first Admission.Value; nil before.
func (c *Conn) Value() any { return nil }

// SetValue replaces the value.
func (c *Conn) SetValue(v any) {}

// Channels returns the names of the connection's channels in the order of its event ids, nil before it is joined. Do not modify.
func (c *Conn) Channels() []string { return nil }

// Send queues a message. On a closed connection it does nothing.
func (c *Conn) Send(m Message) {}

// Close ends the connection: what is queued is still sent, for 5 s at most, then the close frame. Only the first reason counts.
func (c *Conn) Close(reason CloseReason) {}

// Done returns a channel that is closed when the connection is gone and OnClose has returned.
func (c *Conn) Done() <-chan struct{} { return nil }

// UpgradeConfig says how a WebSocket connection works. Callbacks come from any goroutine, one at a time per connection, and must not block:
// other connections may wait behind them.
type UpgradeConfig struct {
	// ReadLimit is the longest message accepted from the client, in bytes; longer ones close with CloseTooBig. 0: 4 KiB.
	ReadLimit int

	// OnMessage gets each text message; the bytes are valid until it returns. It may be called before Upgrade returns and before the connection is joined.
	OnMessage func(c *Conn, text []byte)

	// OnClose is called exactly once, when the connection has left its hub and the socket is closed; no other callback comes after it.
	OnClose func(c *Conn, reason CloseReason)
}

// Upgrade makes a WebSocket of the request. The caller has checked Origin. On an error the response has been written. The handler may
// return at once; the connection lives on until it is closed by either side, also if it never joins a hub.
func Upgrade(w http.ResponseWriter, r *http.Request, config UpgradeConfig) (*Conn, error) {
	return nil, nil
}
