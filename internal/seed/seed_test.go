package seed_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley"
	"parley/internal/app"
	"parley/internal/seed"
	"parley/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fill tells the story to a new database, which a second store on the true clock
// then reads.
func fill(t testing.TB) *app.App {
	t.Helper()
	file := filepath.Join(t.TempDir(), "parley.db")
	clock := seed.NewClock()
	logger := slog.New(slog.DiscardHandler)
	told, err := store.Open(t.Context(), file, store.Options{Now: clock.Now, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	err = seed.Fill(t.Context(), app.New(told, app.Options{Logger: logger}), clock)
	if err = errors.Join(err, told.Close()); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), file, store.Options{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	a := app.New(s, app.Options{Logger: logger})
	if err := a.OfferDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// viewer signs in as one of the demo's people.
func viewer(t testing.TB, a *app.App, name string) parley.Viewer {
	t.Helper()
	in, err := a.DemoLogin(t.Context(), name, app.Client{Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	return in.User.Viewer()
}

func TestTheDemoIsALivelyCommunity(t *testing.T) {
	a := fill(t)
	now := parley.At(time.Now())
	seen := map[string]int{}
	for _, name := range []string{"Ada", "Tomas", "Mina", "Finn"} {
		v := viewer(t, a, name)
		threads, _, err := a.Threads(t.Context(), v, app.ThreadQuery{Page: 1, Limit: 50, Filter: "main", Type: "all"})
		if err != nil {
			t.Fatal(err)
		}
		unread, messages := int64(0), int64(0)
		for _, th := range threads {
			unread += th.UnreadMessages
			messages += th.MessageCount
			if th.LastMessageAt > now {
				t.Errorf("%s goes on in the future: %s", th.Title, th.LastMessageAt)
			}
			if th.ViewCount == 0 {
				t.Errorf("nobody has ever looked at %s", th.Title)
			}
		}
		seen[name] = len(threads)
		if unread == 0 || unread > 30 {
			t.Errorf("%s has %d unread messages, want a few", name, unread)
		}
		count, err := a.NotificationCount(t.Context(), v)
		if err != nil || count.Count == 0 || count.Count > 30 {
			t.Errorf("%s has %d unread notifications, want a few (%v)", name, count.Count, err)
		}
		if len(threads) < 10 || messages < 150 {
			t.Errorf("%s sees %d threads with %d messages: that is no lively place", name, len(threads), messages)
		}
	}
	if !(seen["Ada"] == seen["Tomas"] && seen["Tomas"] > seen["Mina"] && seen["Mina"] > seen["Finn"]) {
		t.Errorf("threads seen: %v; want more with every tier", seen)
	}
}

func TestADatabaseWithPeopleIsLeftAlone(t *testing.T) {
	clock := seed.NewClock()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "parley.db"), store.Options{Now: clock.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a := app.New(s, app.Options{})
	if _, err := a.AddUser(t.Context(), app.NewUser{NewAccount: app.NewAccount{Username: "Ada"}, Role: parley.RoleCreator}); err != nil {
		t.Fatal(err)
	}
	if err := seed.Fill(t.Context(), a, clock); !errors.Is(err, app.ErrNotEmpty) {
		t.Errorf("filling a real community: %v", err)
	}
}

func BenchmarkFill(b *testing.B) {
	for b.Loop() {
		fill(b)
	}
}
