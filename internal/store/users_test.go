package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

// clock is a time that a test moves.
type clock struct{ now time.Time }

func (c *clock) read() time.Time      { return c.now }
func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }

func openAt(t *testing.T, c *clock) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "parley.db"), store.Options{Now: c.read})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newClock() *clock { return &clock{time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} }

func update(t *testing.T, s *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if _, err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// read returns what fn reads, in a snapshot of its own.
func read[T any](t *testing.T, s *store.Store, fn func(*store.Snapshot) (T, bool, error)) (value T, found bool) {
	t.Helper()
	err := s.View(t.Context(), func(snapshot *store.Snapshot) (err error) {
		value, found, err = fn(snapshot)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return value, found
}

func mina() store.Account {
	return store.Account{User: parley.User{
		Username: "Mina", DisplayName: "Mina", Email: "Mina@Example.org", Role: parley.RoleMember, Active: true,
		Membership: parley.Membership{AmountCents: 500, Source: "patreon"},
	}, PasswordHash: "hash of Mina's"}
}

func add(t *testing.T, s *store.Store, a store.Account) (id int64) {
	t.Helper()
	update(t, s, func(tx *store.Tx) (err error) {
		id, err = tx.CreateUser(a)
		return err
	})
	return id
}

func TestAPersonIsFoundByIDNameAndAddressWithoutRegardToCase(t *testing.T) {
	c := newClock()
	s := openAt(t, c)
	want := mina()
	want.ID = add(t, s, want)
	want.CreatedAt = parley.At(c.now)

	for _, name := range []string{"Mina", "mINA", " mina ", "mina@example.org", "Mina@Example.org"} {
		got, found := read(t, s, func(s *store.Snapshot) (store.Account, bool, error) { return s.AccountByName(name) })
		if diff := cmp.Diff(want, got); !found || diff != "" {
			t.Errorf("AccountByName(%q) found %v (-want +got):\n%s", name, found, diff)
		}
	}
	user, _ := read(t, s, func(s *store.Snapshot) (parley.User, bool, error) { return s.User(want.ID) })
	if diff := cmp.Diff(want.User, user); diff != "" {
		t.Errorf("User (-want +got):\n%s", diff)
	}
	viewer, _ := read(t, s, func(s *store.Snapshot) (parley.Viewer, bool, error) { return s.Viewer(want.ID) })
	if diff := cmp.Diff(want.Viewer(), viewer); diff != "" {
		t.Errorf("Viewer (-want +got):\n%s", diff)
	}
	if _, found := read(t, s, func(s *store.Snapshot) (parley.Viewer, bool, error) { return s.Viewer(want.ID + 1) }); found {
		t.Error("somebody who is not there has a viewer")
	}
}

func TestATakenNameOrAddressIsAConflictWithASentence(t *testing.T) {
	s := openAt(t, newClock())
	add(t, s, mina())
	for _, tc := range []struct{ name, username, email, want string }{
		{"name", "MINA", "other@example.org", "The username MINA is taken: choose another one."},
		{"address", "Other", "MINA@example.org", "There is an account with this e-mail address already: sign in, or use another address."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := mina()
			a.Username, a.Email = tc.username, tc.email
			_, err := s.Update(t.Context(), func(tx *store.Tx) error { _, err := tx.CreateUser(a); return err })
			if parley.KindOf(err) != parley.Conflict || err.Error() != tc.want {
				t.Errorf("got %v, want a conflict: %s", err, tc.want)
			}
		})
	}
}

func TestPeopleWithoutAnAddressDoNotConflict(t *testing.T) {
	s := openAt(t, newClock())
	for _, name := range []string{"Ada", "Finn"} {
		a := mina()
		a.Username, a.Email = name, ""
		add(t, s, a)
	}
	n, _ := read(t, s, func(s *store.Snapshot) (int64, bool, error) { n, err := s.CountUsers(); return n, true, err })
	if n != 2 {
		t.Errorf("%d people, want 2", n)
	}
}

func TestRightsPasswordAndActivityChange(t *testing.T) {
	s := openAt(t, newClock())
	id := add(t, s, mina())
	update(t, s, func(tx *store.Tx) error { return tx.SetRights(id, parley.RoleTeam, parley.Membership{}) })
	update(t, s, func(tx *store.Tx) error { return tx.ReplacePasswordHash(id, "another", "lost the race") })
	update(t, s, func(tx *store.Tx) error { return tx.ReplacePasswordHash(id, "hash of Mina's", "rehashed") })
	account := func() store.Account {
		a, _ := read(t, s, func(s *store.Snapshot) (store.Account, bool, error) { return s.AccountByName("Mina") })
		return a
	}
	if a := account(); a.Role != parley.RoleTeam || a.Membership != (parley.Membership{}) || a.PasswordHash != "rehashed" {
		t.Errorf("after the changes: %+v", a)
	}
	team := func() []parley.User {
		users, _ := read(t, s, func(s *store.Snapshot) ([]parley.User, bool, error) {
			users, err := s.UsersByRole(parley.RoleTeam)
			return users, true, err
		})
		return users
	}
	if users := team(); len(users) != 1 || users[0].ID != id {
		t.Errorf("the team is %+v, want Mina", users)
	}
	update(t, s, func(tx *store.Tx) error { return tx.SetActive(id, false) })
	update(t, s, func(tx *store.Tx) error { return tx.SetPasswordHash(id, "new") })
	if a := account(); a.Active || a.PasswordHash != "new" {
		t.Errorf("after deactivation: %+v", a)
	}
	if users := team(); len(users) != 0 {
		t.Errorf("the team is %+v, want nobody who is active", users)
	}
}
