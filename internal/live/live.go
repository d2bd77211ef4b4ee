package live

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"parley"
	"parley/internal/app"
	"parley/realtime"
)

// Live serves the streams of one hub.
type Live struct {
	app        *app.App
	hub        *realtime.Hub
	config     Config
	log        *slog.Logger
	refusals   *refusals
	handshakes *handshakes
	typing     *typing
	presence   *presence
	activity   uint64 // how far tellActivity has looked; it alone uses this
	draining   draining

	serving    context.Context // ends when event streams are to
	endStreams context.CancelFunc
}

// Config adjusts a Live; its zero value is usable.
type Config struct {
	// CookieName is the cookie that holds the session; empty: session_id.
	CookieName string
	// AllowOrigin reports whether pages of another origin than this host, given as
	// in the Origin header, may open sockets. It may change its mind while the
	// server runs. nil: none may.
	AllowOrigin func(origin string) bool
	Limits      Limits
	// Places count each person's sockets on all replicas, of which there may be MaxPerUser;
	// nil: there are no other replicas, and the hub's limit is all.
	Places     Places
	MaxPerUser int
	Metrics    Metrics      // nil: nothing is counted
	Logger     *slog.Logger // nil: slog.Default()
}

// Limits bounds what one client costs. Zero fields take the protocol's values;
// another one is meant for tests.
type Limits struct {
	// These three bound what the server bears, and 0 nothing. Who is beyond them is
	// asked to come back, without a look at the database.
	Sockets              int // of all clients; like realtime.Config.MaxConnections, which counts exactly
	Handshakes           int // sockets opened a second, of all clients
	HandshakesPerAddress int // sockets opened a second from one address

	Admit        time.Duration // how long the database may take to admit a client; 0: 3 s
	Frames       int           // frames a second from one client, on average; 0: 20
	FrameBurst   int           // frames that may come at once; 0: 100
	Malformed    int           // malformed frames that end a connection; 0: 5
	TypingPause  time.Duration // between two "is typing" of one client; surplus is dropped; 0: 1 s
	TypingLapses time.Duration // how long somebody who says no more is shown as typing; 0: 6 s
	StatePause   time.Duration // between two looks at who watches and what happens where; 0: 1 s
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Sockets: l.Sockets, Handshakes: l.Handshakes, HandshakesPerAddress: l.HandshakesPerAddress,

		Admit:        orDefault(l.Admit, 3*time.Second),
		Frames:       orDefault(l.Frames, 20),
		FrameBurst:   orDefault(l.FrameBurst, 100),
		Malformed:    orDefault(l.Malformed, 5),
		TypingPause:  orDefault(l.TypingPause, time.Second),
		TypingLapses: orDefault(l.TypingLapses, 6*time.Second),
		StatePause:   orDefault(l.StatePause, time.Second),
	}
}

func orDefault[T comparable](value, fallback T) T {
	if value == *new(T) {
		return fallback
	}
	return value
}

// New returns the streams of a hub that follows the app's log and whose authority
// is the one given. It is called before the hub runs, and starts nothing: see Run.
func New(a *app.App, hub *realtime.Hub, authority *Authority, config Config) *Live {
	if config.CookieName == "" {
		config.CookieName = "session_id"
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	if config.Metrics == nil {
		config.Metrics = uncounted{}
	}
	config.Limits = config.Limits.withDefaults()
	authority.hub = hub
	l := &Live{
		app: a, hub: hub, config: config, log: config.Logger, refusals: newRefusals(),
		handshakes: newHandshakes(config.Limits.Handshakes, config.Limits.HandshakesPerAddress),
	}
	l.serving, l.endStreams = context.WithCancel(context.Background())
	// Each replica casts to its own sockets alone, and tells the others what they need
	// to know to do the same: they, too, end what nobody renews.
	cast := func(threadID int64, m realtime.Message, except *realtime.Conn) {
		hub.CastTo(string(parley.ThreadChannel(threadID)), m, func(c *realtime.Conn) bool { return c != except })
	}
	l.typing = newTyping(config.Limits, cast, func(threadID int64, n typingNews) { l.gossip(threadID, typingTopic, n) })
	l.presence = newPresence(presenceConfig{
		count:  l.viewers,
		cast:   func(threadID int64, m realtime.Message) { cast(threadID, m, nil) },
		gossip: func(threadID int64, n presenceNews) { l.gossip(threadID, presenceTopic, n) },
	})
	hear(hub, typingTopic, l.typing.hear)
	hear(hub, presenceTopic, l.presence.hear)
	return l
}

// Run tells sockets, now and then until ctx ends, what is not worth a frame for
// every change: how many people watch a thread, and where messages come and go; and
// at once, whether other replicas' events come late. It is called once.
func (l *Live) Run(ctx context.Context) error {
	var watching sync.WaitGroup
	watching.Go(func() { l.watchBus(ctx) })
	again(ctx, l.config.Limits.StatePause, l.tellState)
	watching.Wait()
	l.typing.stop()
	return nil
}

// again calls fn until ctx ends, with a pause in between however long it takes.
func again(ctx context.Context, pause time.Duration, fn func(context.Context)) {
	fn(ctx)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		fn(ctx)
		timer.Reset(pause)
	}
}

// tellState tells what has changed since it was last called.
func (l *Live) tellState(ctx context.Context) {
	l.presence.tell(time.Now())
	l.tellActivity(ctx)
}

// Register adds the endpoints to mux.
func (l *Live) Register(mux *http.ServeMux) {
	for kind, serve := range map[string]func(http.ResponseWriter, *http.Request, int64){"ws": l.serve, "events": l.serveEvents} {
		mux.HandleFunc("GET /api/forum/"+kind+"/thread/{thread_id}", func(w http.ResponseWriter, r *http.Request) {
			serve(w, r, threadOf(r))
		})
		mux.HandleFunc("GET /api/forum/"+kind+"/global", func(w http.ResponseWriter, r *http.Request) {
			serve(w, r, globalStream)
		})
	}
}

func threadOf(r *http.Request) int64 {
	id, err := strconv.ParseInt(r.PathValue("thread_id"), 10, 64)
	if err != nil || id < 1 {
		return noThread
	}
	return id
}

// What a socket follows instead of a thread's id.
const (
	globalStream = 0
	noThread     = -1 // what was asked for cannot be a thread's id
)

// userKey names a user to the hub, as app does.
func userKey(id int64) string { return strconv.FormatInt(id, 10) }

// clientAddress returns the IP address of a request, whose RemoteAddr the server has
// made the client's own, whatever proxies stand between.
func clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
