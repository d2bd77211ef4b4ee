package server

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"parley"
)

// repeatInterval is how often the log says the same of what is away.
const repeatInterval = time.Minute

// repeatedLog says once a minute that something in the background does not work because
// the database or another dependency is away. All that looks there now and then would
// say so each time, several times a second together, and an hour of that hides what
// else happened. At the level debug every line is there.
type repeatedLog struct {
	slog.Handler
	said *said
}

// said is when each message may be said again. Messages are the program's own: there
// are few of them.
type said struct {
	mu    sync.Mutex
	again map[string]time.Time
}

func newRepeatedLog(h slog.Handler) slog.Handler {
	return repeatedLog{h, &said{again: make(map[string]time.Time)}}
}

func (h repeatedLog) Handle(ctx context.Context, line slog.Record) error {
	if ofBackground(ctx) && line.Level == slog.LevelWarn && tellsOfAbsence(line) && h.said.lately(line.Message, line.Time) {
		if line.Level = slog.LevelDebug; !h.Enabled(ctx, line.Level) {
			return nil
		}
	}
	return h.Handler.Handle(ctx, line)
}

func ofBackground(ctx context.Context) bool { return ctx.Value(requestIDKey{}) == nil }

// tellsOfAbsence reports whether a line has an error of something that is away.
func tellsOfAbsence(line slog.Record) (tells bool) {
	line.Attrs(func(a slog.Attr) bool {
		err, is := a.Value.Any().(error)
		tells = is && parley.KindOf(err) == parley.Unavailable
		return !tells
	})
	return tells
}

// lately reports whether a message was said within the interval. If not, it is now.
func (s *said) lately(message string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.again[message]) {
		return true
	}
	s.again[message] = now.Add(repeatInterval)
	return false
}

func (h repeatedLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return repeatedLog{h.Handler.WithAttrs(attrs), h.said}
}

func (h repeatedLog) WithGroup(name string) slog.Handler {
	return repeatedLog{h.Handler.WithGroup(name), h.said}
}
