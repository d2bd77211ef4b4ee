package server_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"parley"
	"parley/internal/server"
)

// TestTheLogSaysOnceAMinuteThatTheDatabaseIsAway: whatever looks there now and then would
// fill it.
func TestTheLogSaysOnceAMinuteThatTheDatabaseIsAway(t *testing.T) {
	away := &parley.Error{Kind: parley.Unavailable, Message: "The database cannot be reached."}
	began := time.Now()
	tell := func(level slog.Level, lines ...slog.Record) int {
		j, least := &journal{}, new(slog.LevelVar)
		least.Set(level)
		h := server.NewLogger(j, "json", least).With("part", "log").Handler()
		for _, line := range lines {
			if err := h.Handle(context.Background(), line); err != nil {
				t.Fatal(err)
			}
		}
		return strings.Count(j.String(), "\n")
	}
	line := func(after time.Duration, level slog.Level, message string, err error) slog.Record {
		r := slog.NewRecord(began.Add(after), level, message, 0)
		r.Add("error", err)
		return r
	}
	jobs := func(after time.Duration) slog.Record { return line(after, slog.LevelWarn, "jobs not read", away) }
	for name, step := range map[string]struct {
		level slog.Level
		lines []slog.Record
		want  int
	}{
		"the same again":           {slog.LevelInfo, []slog.Record{jobs(0), jobs(time.Second), jobs(59 * time.Second)}, 1},
		"a minute later":           {slog.LevelInfo, []slog.Record{jobs(0), jobs(time.Minute), jobs(61 * time.Second)}, 2},
		"something else":           {slog.LevelInfo, []slog.Record{jobs(0), line(0, slog.LevelWarn, "counts not sent", away)}, 2},
		"whoever wants all of it":  {slog.LevelDebug, []slog.Record{jobs(0), jobs(1), jobs(2)}, 3},
		"what is a fault":          {slog.LevelInfo, []slog.Record{line(0, slog.LevelWarn, "jobs not read", errors.New("a bug")), line(1, slog.LevelWarn, "jobs not read", errors.New("a bug"))}, 2},
		"what cannot wait":         {slog.LevelInfo, []slog.Record{line(0, slog.LevelError, "job failed", away), line(1, slog.LevelError, "job failed", away)}, 2},
		"what has no error at all": {slog.LevelInfo, []slog.Record{slog.NewRecord(began, slog.LevelWarn, "again", 0), slog.NewRecord(began, slog.LevelWarn, "again", 0)}, 2},
	} {
		if got := tell(step.level, step.lines...); got != step.want {
			t.Errorf("%s: %d lines, want %d", name, got, step.want)
		}
	}
}
