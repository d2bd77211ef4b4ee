package server

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

// requestIDHeader carries a request's id: to the client, who can name it when
// something went wrong, and from a trusted proxy, whose own log has it too.
const requestIDHeader = "X-Request-Id"

type requestIDKey struct{}

// withRequestID gives every request an id, for all lines the log has of it.
func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !peerOf(r).viaProxy || !isRequestID(id) {
			id = strings.ToLower(rand.Text()[:16])
		}
		w.Header().Set(requestIDHeader, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
	})
}

// isRequestID refuses what could forge a line of the log.
func isRequestID(id string) bool {
	return id != "" && len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool {
		return !(r == '-' || r == '_' || r == '.' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
	})
}

// NewLogger returns the process's log, in the format "text" or "json". Lines that
// belong to a request carry its id; what is said again and again in the background while
// the database is away is said once a minute. level may be changed at any time.
func NewLogger(w io.Writer, format string, level *slog.LevelVar) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(newRepeatedLog(requestLog{slog.NewJSONHandler(w, options)}))
	}
	return slog.New(newRepeatedLog(requestLog{slog.NewTextHandler(w, options)}))
}

// requestLog adds the request's id to what is logged with its context.
type requestLog struct{ slog.Handler }

func (h requestLog) Handle(ctx context.Context, line slog.Record) error {
	if id, ok := ctx.Value(requestIDKey{}).(string); ok {
		line.AddAttrs(slog.String("request", id))
	}
	return h.Handler.Handle(ctx, line)
}

func (h requestLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestLog{h.Handler.WithAttrs(attrs)}
}

func (h requestLog) WithGroup(name string) slog.Handler {
	return requestLog{h.Handler.WithGroup(name)}
}
