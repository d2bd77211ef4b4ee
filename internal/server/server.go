// Package server assembles the forum: the use cases, the hub, the API, the
// sockets and the page behind one address, with what every request goes through.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"parley"
	"parley/internal/api"
	"parley/internal/app"
	"parley/internal/config"
	"parley/internal/live"
	"parley/internal/metrics"
	"parley/realtime"
)

// Server is a forum that answers requests. Its methods may be called
// concurrently.
type Server struct {
	app    *app.App
	hub    *realtime.Hub
	api    *api.API
	live   *live.Live
	logger *slog.Logger
	counts *metrics.Metrics
	rules  atomic.Pointer[rules]
	shared bool // there is a Redis, which makes the replicas one

	draining atomic.Bool // about to stop: new connections should go elsewhere

	mu       sync.Mutex
	settings config.Serve
}

// New assembles a server around the use cases, which tell counts what they commit.
// version is what it tells of the program. If a Redis is set it tries for some
// seconds to reach it.
func New(a *app.App, settings config.Serve, counts *metrics.Metrics, version string, logger *slog.Logger) (*Server, error) {
	s := &Server{app: a, settings: settings, counts: counts, logger: logger}
	if err := s.setRules(settings); err != nil {
		return nil, err
	}
	authority := live.NewAuthority(a)
	hub := realtime.Config{
		Log: a.Log(), Authority: authority, Control: string(parley.ControlChannel),
		MaxPerUser: settings.MaxSocketsPerUser, MaxConnections: settings.MaxSockets, HeartbeatFrame: live.HeartbeatFrame, Group: metrics.Group, Logger: logger,
	}
	streams := live.Config{
		CookieName: settings.CookieName, AllowOrigin: s.allowsOrigin, Metrics: counts, Logger: logger,
		Limits: live.Limits{
			Sockets: settings.MaxSockets, Handshakes: settings.HandshakesPerSecond, HandshakesPerAddress: settings.HandshakesPerAddress,
		},
	}
	routes := api.Config{
		CookieName: settings.CookieName, Secure: Secure, PostsPerMinute: settings.PostsPerMinute, MaxUpload: int64(settings.MaxUpload) << 20,
		Version: version, Logger: logger,
	}
	redis, err := openRedis(a, settings, logger)
	if err != nil {
		return nil, err
	}
	if redis != nil {
		s.shared = true
		share(redis, a, settings, &hub, &streams, &routes)
	}
	s.hub = realtime.New(hub)
	counts.Watch(s.hub)
	a.Connect(s.hub)
	a.Reports(newReplica(authority, s.hub, s.shared, version))
	s.live = live.New(a, s.hub, authority, streams)
	routes.Typing = s.live
	s.api = api.New(a, routes)
	return s, nil
}

// Reload takes from settings what can change while the server runs, and logs what
// needs a restart.
func (s *Server) Reload(settings config.Serve) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.setRules(settings); err != nil {
		return err
	}
	s.api.SetPostsPerMinute(settings.PostsPerMinute)
	if restart := s.settings.Adopt(settings); len(restart) > 0 {
		s.logger.Warn("settings changed that need a restart", "settings", restart)
	}
	return nil
}

// listening has the kernel ask whether peers are still there, at its own pace: to set
// another one, as Go does, is three system calls for each connection. Requests have
// deadlines, and sockets ask by themselves; event streams, whose clients say nothing,
// are given up by bindPeers.
var listening = net.ListenConfig{Control: bindPeers, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: -1, Interval: -1, Count: -1}}

// Listen opens the address that a flag names.
func Listen(flag, address string) (net.Listener, error) {
	listener, err := listening.Listen(context.Background(), "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("the address %s is in use by another process: end that, or choose another address with --%s", address, flag)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on --%s %s: %w", flag, address, err)
	}
	return listener, nil
}

// How long clients and requests may take.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 30 * time.Second
	answerTimeout = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	// finishTimeout is how long requests under way may take after the signal to
	// stop: less than the time most supervisors wait before they kill.
	finishTimeout = 20 * time.Second
	// peerTimeout is how long a peer may acknowledge nothing of what was sent to it. The
	// kernel's own is a quarter of an hour. Heartbeats come every half a minute, so that
	// an event stream whose client is gone without a word ends within a minute or so.
	peerTimeout = 30 * time.Second

	maxHeaderBytes = 32 << 10
)

// ErrAtKeyboard is the cause with which the context of Run ends when somebody who
// waits for it asks the server to stop. There is nobody then to send clients to
// another one meanwhile.
var ErrAtKeyboard = errors.New("asked to stop from a terminal")

// atKeyboardDrain is how long such a person waits for the sockets at most.
const atKeyboardDrain = time.Second

// errUnfinished means that requests were cut off at the end.
var errUnfinished = fmt.Errorf("some requests did not finish within %s and were cut off", finishTimeout)

// Run serves on listener, and what is for operators on admin unless that is nil,
// until ctx ends or a part fails. When ctx ends it sends the sockets elsewhere over
// the time that is set for that, and still answers all who come; readyz tells that
// it is about to stop. Then it accepts nothing more, finishes the requests under
// way, closes the sockets that are left and returns. It is called once.
func (s *Server) Run(ctx context.Context, listener, admin net.Listener) error {
	parts, failed := errgroup.WithContext(ctx)
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	parts.Go(func() error { return s.hub.Run(background) })
	parts.Go(func() error { return s.live.Run(background) })
	parts.Go(func() error { return s.app.Run(background) })

	main := s.httpServer(s.Handler())
	main.RegisterOnShutdown(s.live.EndStreams)
	parts.Go(func() error { return serve(main, listener) })
	operators := s.httpServer(s.adminHandler())
	operators.WriteTimeout = 0 // a profile takes as long as it is asked to
	if admin != nil {
		parts.Go(func() error { return serve(operators, admin) })
	}
	parts.Go(func() error {
		<-failed.Done()
		defer stop() // the sockets stay until the last request's events are out
		if ctx.Err() != nil {
			s.drain(background, context.Cause(ctx))
		}
		return errors.Join(s.finish(main), operators.Close())
	})
	return parts.Wait()
}

// drain sends the sockets elsewhere before a stop for this cause.
func (s *Server) drain(ctx context.Context, cause error) {
	s.draining.Store(true)
	s.mu.Lock()
	over := s.settings.Drain
	s.mu.Unlock()
	if errors.Is(cause, ErrAtKeyboard) {
		over = min(over, atKeyboardDrain)
	}
	s.live.Drain(ctx, over)
}

func (s *Server) httpServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
	}
}

func serve(server *http.Server, listener net.Listener) error {
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// finish waits for the requests under way.
func (s *Server) finish(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(errUnfinished, server.Close())
	}
	return err
}
