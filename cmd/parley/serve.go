package main

import (
	"context"
	"errors"
	"net"
	"os"
	"os/signal"
	"syscall"

	"parley/internal/app"
	"parley/internal/config"
	"parley/internal/preview"
	"parley/internal/server"
)

type serveCommand struct{ config.Serve }

// Run serves until a signal ends it. The addresses come first: a second process
// started by mistake must not touch the first one's database.
func (c *serveCommand) Run(e *environment) error {
	ctx, stop := untilSignal()
	defer stop()
	listener, err := server.Listen("addr", c.Addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	admin, err := c.listenAdmin()
	if err != nil {
		return err
	}
	uploads, closeUploads, err := openStorage(c.Serve, e.line.DB)
	if err != nil {
		return err
	}
	defer closeUploads()
	if c.Demo {
		if err := fillIfEmpty(ctx, e); err != nil {
			return err
		}
	}
	err = e.withApp(ctx, func(a *app.App) error {
		a.StoreUploads(uploads)
		if c.LinkPreviews {
			a.PreviewLinks(preview.New(preview.Options{}))
		}
		return c.serve(ctx, e, a, listener, admin)
	})
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // asked to end while it began
	}
	return err
}

// untilSignal returns a context that ends with the first signal to stop, with
// server.ErrAtKeyboard as its cause if somebody pressed Ctrl-C. A second signal ends the
// process at once.
func untilSignal() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case asked := <-signals:
			signal.Stop(signals)
			if asked == os.Interrupt && isTerminal(os.Stdin) {
				cancel(server.ErrAtKeyboard)
			}
			cancel(nil)
		case <-ctx.Done():
			signal.Stop(signals)
		}
	}()
	return ctx, func() { cancel(nil) }
}

// isTerminal reports whether somebody may sit behind a file: a device, other than the
// one that supervisors give to what they start.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	nobody, err := os.Stat(os.DevNull)
	return err == nil && !os.SameFile(info, nobody)
}

// listenAdmin returns nil if operators have no address.
func (c *serveCommand) listenAdmin() (net.Listener, error) {
	if c.AdminAddr == "" {
		return nil, nil
	}
	return server.Listen("admin-addr", c.AdminAddr)
}

func (c *serveCommand) serve(ctx context.Context, e *environment, a *app.App, listener, admin net.Listener) error {
	if c.Demo {
		if err := a.OfferDemo(ctx); err != nil {
			return e.inDatabase(err)
		}
	}
	s, err := server.New(a, c.Serve, e.counts, version(), e.logger)
	if err != nil {
		return err
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	go reloadOn(ctx, hangups, e, s)
	e.logger.Info("the forum is open", "url", "http://"+listener.Addr().String()+"/forum", "db", e.database(), "version", version())
	err = s.Run(ctx, listener, admin)
	e.logger.Info("the forum is closed")
	return err
}

// reloadOn reads the configuration anew at every signal. One that is wrong is
// left aside: the forum goes on with what it has.
func reloadOn(ctx context.Context, hangups <-chan os.Signal, e *environment, s *server.Server) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
		}
		var next commandLine
		_, err := parse(&next, e.args)
		if err == nil {
			err = s.Reload(next.Serve.Serve)
		}
		if err != nil {
			e.logger.Error("configuration not reloaded", "error", oneLine(err))
			continue
		}
		e.level.Set(next.LogLevel.Level)
		e.logger.Info("configuration reloaded")
	}
}
