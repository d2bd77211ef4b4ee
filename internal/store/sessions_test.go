package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

func signIn(t *testing.T, s *store.Store, userID int64, name string, c *clock, lasts time.Duration) store.Session {
	t.Helper()
	session := store.Session{
		PublicID: name, UserID: userID, UserAgent: "Chromium", Address: "192.0.2.1",
		CreatedAt: parley.At(c.now), LastSeenAt: parley.At(c.now), ExpiresAt: parley.At(c.now.Add(lasts)),
	}
	update(t, s, func(tx *store.Tx) (err error) {
		session.ID, err = tx.CreateSession(session, []byte("hash of "+name))
		return err
	})
	return session
}

func sessionNames(t *testing.T, s *store.Store, userID int64) []string {
	t.Helper()
	names := []string{}
	if err := s.View(t.Context(), func(s *store.Snapshot) error {
		sessions, err := s.Sessions(userID, 100)
		for _, session := range sessions {
			names = append(names, session.PublicID)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return names
}

func TestASessionIsFoundByItsTokensHashUntilItExpires(t *testing.T) {
	c := newClock()
	s := openAt(t, c)
	id := add(t, s, mina())
	want := signIn(t, s, id, "laptop", c, time.Hour)
	find := func() (session store.Session, user parley.User, found bool) {
		user, found = read(t, s, func(s *store.Snapshot) (user parley.User, found bool, err error) {
			session, user, found, err = s.SessionByToken([]byte("hash of laptop"))
			return user, found, err
		})
		return session, user, found
	}
	got, user, found := find()
	if diff := cmp.Diff(want, got); !found || user.Username != "Mina" || diff != "" {
		t.Errorf("found %v, of %q (-want +got):\n%s", found, user.Username, diff)
	}
	c.pass(time.Hour)
	if _, _, found := find(); found {
		t.Error("an expired session still opens")
	}
	update(t, s, func(tx *store.Tx) error {
		users, err := tx.ExpireSessions()
		if diff := cmp.Diff([]int64{id}, users); diff != "" {
			t.Errorf("expired sessions of (-want +got):\n%s", diff)
		}
		return err
	})
}

func TestOfRequestsThatComeTogetherOneNotesTheUse(t *testing.T) {
	c := newClock()
	s := openAt(t, c)
	session := signIn(t, s, add(t, s, mina()), "laptop", c, 2*time.Hour)
	c.pass(time.Hour)
	first, second := parley.At(c.now.Add(2*time.Hour)), parley.At(c.now.Add(9*time.Hour))
	for _, expires := range []parley.Time{first, second} {
		update(t, s, func(tx *store.Tx) error { return tx.TouchSession(session.ID, parley.At(c.now), expires) })
	}
	got, _ := read(t, s, func(s *store.Snapshot) (store.Session, bool, error) {
		session, _, found, err := s.SessionByToken([]byte("hash of laptop"))
		return session, found, err
	})
	if got.LastSeenAt != parley.At(c.now) || got.ExpiresAt != first {
		t.Errorf("seen %v, expires %v; want %v, %v", got.LastSeenAt, got.ExpiresAt, c.now, first)
	}
}

func TestSessionsEndOneByOneOrTogether(t *testing.T) {
	c := newClock()
	s := openAt(t, c)
	minaID := add(t, s, mina())
	finn := mina()
	finn.Username, finn.Email = "Finn", ""
	finnID := add(t, s, finn)
	var last store.Session
	for _, name := range []string{"laptop", "phone", "tablet"} {
		last = signIn(t, s, minaID, name, c, time.Hour)
		c.pass(time.Second)
	}
	signIn(t, s, finnID, "Finn's", c, time.Hour)

	end := func(userID int64, name string) (ended bool) {
		update(t, s, func(tx *store.Tx) (err error) { ended, err = tx.DeleteSession(userID, name); return err })
		return ended
	}
	if end(minaID, "Finn's") {
		t.Error("Mina ended Finn's session")
	}
	if !end(minaID, "phone") || end(minaID, "phone") {
		t.Error("ending a session once: want true, then false")
	}
	if diff := cmp.Diff([]string{"tablet", "laptop"}, sessionNames(t, s, minaID)); diff != "" {
		t.Errorf("one ended (-want +got):\n%s", diff)
	}
	update(t, s, func(tx *store.Tx) error { _, err := tx.DeleteSessions(minaID, last.ID); return err })
	if diff := cmp.Diff([]string{"tablet"}, sessionNames(t, s, minaID)); diff != "" {
		t.Errorf("all but one ended (-want +got):\n%s", diff)
	}
	update(t, s, func(tx *store.Tx) error { _, err := tx.DeleteSessions(minaID, 0); return err })
	if left := append(sessionNames(t, s, minaID), sessionNames(t, s, finnID)...); !cmp.Equal(left, []string{"Finn's"}) {
		t.Errorf("left are %v, want Finn's", left)
	}
}
