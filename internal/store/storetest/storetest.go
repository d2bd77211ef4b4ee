// Package storetest is what every database that package store speaks to must
// hold to, and the small community that tests of the store and of what stands on
// it talk about.
package storetest

import (
	"sync"
	"testing"
	"time"

	"parley/internal/store"
)

// Open opens a database for one test: empty, and isolated from all others. What
// it opens is closed when the test ends.
type Open func(t *testing.T, opts store.Options) *store.Store

// Run checks the promises of package store on the databases that open opens.
func Run(t *testing.T, open Open) {
	for _, group := range []struct {
		name  string
		tests map[string]func(*testing.T, Open)
	}{
		{"access", accessTests},
		{"threads", threadTests},
		{"messages", messageTests},
		{"uploads", uploadTests},
		{"restoring", restoreTests},
		{"counters", counterTests},
		{"people", peopleTests},
		{"administration", administrationTests},
		{"keys", keyTests},
		{"settings", settingsTests},
		{"standing", standingTests},
		{"everyone", everyoneTests},
		{"search", searchTests},
		{"notifications", notificationTests},
		{"calls", callTests},
		{"log", logTests},
		{"keeping", keepingTests},
		{"transactions", transactionTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			for name, test := range group.tests {
				t.Run(name, func(t *testing.T) { test(t, open) })
			}
		})
	}
}

// Clock is a clock that stands still until a test moves it.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock at nine in the morning of the first of March 2026.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} }

// Now returns the clock's time; it is for store.Options.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Pass moves the clock forwards.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Update runs a transaction that must succeed and returns the events it logged.
// fn must return its errors: it runs on a goroutine of the store's.
func Update(t testing.TB, s *store.Store, fn func(*store.Tx) error) []store.Logged {
	t.Helper()
	logged, err := s.Update(t.Context(), fn)
	if err != nil {
		t.Fatal(err)
	}
	return logged
}

// Write returns what a transaction that must succeed makes.
func Write[T any](t testing.TB, s *store.Store, fn func(*store.Tx) (T, error)) (made T) {
	t.Helper()
	Update(t, s, func(tx *store.Tx) (err error) {
		made, err = fn(tx)
		return err
	})
	return made
}

// Read returns what fn reads in a snapshot of its own.
func Read[T any](t testing.TB, s *store.Store, fn func(*store.Snapshot) (T, error)) (value T) {
	t.Helper()
	err := s.View(t.Context(), func(snapshot *store.Snapshot) (err error) {
		value, err = fn(snapshot)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// Found returns what fn finds in a snapshot of its own, and that it did.
func Found[T any](t testing.TB, s *store.Store, fn func(*store.Snapshot) (T, bool, error)) T {
	t.Helper()
	found := false
	value := Read(t, s, func(s *store.Snapshot) (value T, err error) {
		value, found, err = fn(s)
		return value, err
	})
	if !found {
		t.Fatal("not found")
	}
	return value
}
