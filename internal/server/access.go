package server

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"parley"
)

// withAccessLog counts every request and writes one line for it: never its query,
// headers or body, which may hold what is secret or private.
func (s *Server) withAccessLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rec := &recorder{ResponseWriter: w, began: began}
		defer func() {
			took := time.Since(began)
			if rec.streamed > 0 { // a stream lasts for as long as somebody listens
				s.counts.Request(r.Pattern, rec.status, rec.streamed)
			} else {
				s.counts.Request(r.Pattern, rec.status, took)
			}
			s.logRequest(r, rec, took)
		}()
		s.recovered(rec, r, next)
	})
}

func (s *Server) logRequest(r *http.Request, rec *recorder, took time.Duration) {
	level := levelOf(r)
	if !s.logger.Enabled(r.Context(), level) {
		return
	}
	s.logger.LogAttrs(r.Context(), level, "request",
		slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.Int("status", rec.status), slog.Int64("bytes", rec.bytes),
		slog.Duration("took", took.Round(time.Microsecond)), slog.String("client", r.RemoteAddr))
}

// levelOf keeps what browsers and probes ask for all the time out of the way.
func levelOf(r *http.Request) slog.Level {
	if strings.HasPrefix(r.URL.Path, "/assets/") || r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// recovered serves a request; a panic in it is answered and logged, and ends
// nobody else's. An answer that has begun is cut off: its client must not take
// it for complete.
func (s *Server) recovered(rec *recorder, r *http.Request, next http.Handler) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p)
		}
		err := fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		if rec.status != 0 {
			s.logger.ErrorContext(r.Context(), "answer cut off", "error", err)
			panic(http.ErrAbortHandler)
		}
		s.api.WriteError(rec, r, &parley.Error{Kind: parley.Internal, Message: "Something went wrong on our side. Try again in a moment.", Err: err})
	}()
	next.ServeHTTP(rec, r)
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	began    time.Time
	streamed time.Duration // how long it took until an event stream began; 0: it is none
	status   int           // 0: nothing yet
	bytes    int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 || r.status < 200 {
		r.status = status
	}
	if r.Header().Get("Content-Type") == "text/event-stream" {
		r.streamed = time.Since(r.began)
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Hijack hands the connection to a WebSocket.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.status = http.StatusSwitchingProtocols
	return http.NewResponseController(r.ResponseWriter).Hijack()
}

// Unwrap lets an http.ResponseController find what the connection can do.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
