package app_test

import (
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
)

// doors is an app with a clock, for tests of who gets in.
type doors struct {
	*app.App
	t     *testing.T
	store *store.Store
	now   atomic.Int64 // microseconds
}

func openDoors(t *testing.T) *doors {
	t.Helper()
	d := &doors{t: t}
	d.now.Store(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC).UnixMicro())
	var err error
	clock := func() time.Time { return time.UnixMicro(d.now.Load()) }
	d.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "parley.db"), store.Options{Now: clock, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.store.Close(); err != nil {
			t.Error(err)
		}
	})
	d.App = app.New(d.store, app.Options{})
	return d
}

func (d *doors) pass(time time.Duration) { d.now.Add(time.Microseconds()) }

const goodPassword = "correct horse battery"

var (
	laptop = app.Client{UserAgent: "Chromium", Address: "192.0.2.1"}
	phone  = app.Client{UserAgent: "Firefox", Address: "192.0.2.2"}
)

// add makes an account with goodPassword.
func (d *doors) add(name string, role parley.Role) int64 {
	d.t.Helper()
	id, err := d.AddUser(d.t.Context(), app.NewUser{
		NewAccount: app.NewAccount{Username: name, Password: goodPassword, Email: name + "@example.org"}, Role: role,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return id
}

func (d *doors) login(name string, c app.Client) app.SignIn {
	d.t.Helper()
	in, err := d.Login(d.t.Context(), name, goodPassword, c)
	if err != nil {
		d.t.Fatal(err)
	}
	return in
}

// opens reports whether a token opens a session.
func (d *doors) opens(token string) bool {
	d.t.Helper()
	_, err := d.Authenticate(d.t.Context(), token)
	if err != nil && parley.KindOf(err) != parley.Unauthenticated {
		d.t.Fatal(err)
	}
	return err == nil
}

// logged returns the events of a channel.
func (d *doors) logged(channel parley.Channel) (events []parley.Event) {
	d.t.Helper()
	err := d.store.View(d.t.Context(), func(s *store.Snapshot) error {
		logged, err := s.Events(channel, 0, 100)
		for _, l := range logged {
			events = append(events, l.Event)
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return events
}

// account returns an account as it is stored.
func (d *doors) account(name string) (account store.Account) {
	d.t.Helper()
	err := d.store.View(d.t.Context(), func(s *store.Snapshot) (err error) {
		account, _, err = s.AccountByName(name)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return account
}

func wantKind(t testing.TB, err error, kind parley.Kind) {
	t.Helper()
	if err == nil || parley.KindOf(err) != kind {
		t.Errorf("got %v, want an error of kind %d", err, kind)
	}
}
