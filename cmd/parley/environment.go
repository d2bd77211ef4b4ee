package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"parley/internal/app"
	"parley/internal/metrics"
	"parley/internal/server"
	"parley/internal/store"
)

// environment is what commands run in.
type environment struct {
	args   []string
	line   *commandLine
	level  *slog.LevelVar // of logger; may change
	logger *slog.Logger
	counts *metrics.Metrics
}

func newEnvironment(args []string, line *commandLine) *environment {
	e := &environment{args: args, line: line, level: new(slog.LevelVar), counts: metrics.New()}
	e.level.Set(line.LogLevel.Level)
	e.logger = server.NewLogger(os.Stderr, line.LogFormat, e.level)
	slog.SetDefault(e.logger)
	return e
}

// withApp opens the database and calls fn with the use cases on it.
func (e *environment) withApp(ctx context.Context, fn func(*app.App) error) error {
	s, err := store.Open(ctx, e.line.DB, store.Options{Logger: e.logger, Patience: e.line.DBWait, Observe: e.counts.Query})
	if err != nil {
		return err
	}
	return errors.Join(fn(app.New(s, app.Options{Logger: e.logger, Committed: e.counts.Committed, Drifted: e.counts.Drifted})), s.Close())
}

// database is the database's name, without a password.
func (e *environment) database() string { return store.Name(e.line.DB) }

// inDatabase says of an error which database it is about.
func (e *environment) inDatabase(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("database %s: %w", e.database(), err)
}

// version is what the program was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
