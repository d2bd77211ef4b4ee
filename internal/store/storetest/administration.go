package storetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

var administrationTests = map[string]func(*testing.T, Open){
	"people are listed newest first, by name, address and role": usersListed,
	"an e-mail address is one person's":                         emailsUnique,
	"acts are kept with what was and what became":               actsKept,
	"acts are found by actor, kind and scope, in pages":         actsFound,
	"a tier that a thread or a member has is in use":            tiersInUse,
	"the threads that a tier was set for are read in batches":   threadsOfTier,
}

func usersListed(t *testing.T, open Open) {
	c := community(t, open)
	Update(t, c.Store, func(tx *store.Tx) error {
		if err := tx.SetEmail(c.Finn.ID, "Jo_Hn@Example.org"); err != nil {
			return err
		}
		return tx.SetActive(c.Mina.ID, false)
	})
	for _, tc := range []struct {
		name   string
		filter store.UserFilter
		want   string
		total  int64
	}{
		{"all", store.UserFilter{Limit: 10}, "[Finn Mina Tomas Ada]", 4},
		{"a page", store.UserFilter{Limit: 2}, "[Finn Mina]", 4},
		{"the next page", store.UserFilter{Limit: 2, Before: c.Mina.ID}, "[Tomas Ada]", 4},
		{"part of a name", store.UserFilter{Limit: 10, Part: "in"}, "[Finn Mina]", 2},
		{"part of an address", store.UserFilter{Limit: 10, Part: "jo_hn@"}, "[Finn]", 1},
		{"no pattern", store.UserFilter{Limit: 10, Part: "m%a"}, "[]", 0},
		{"a role", store.UserFilter{Limit: 10, Role: parley.RoleMember}, "[Finn Mina]", 2},
		{"a role and a name", store.UserFilter{Limit: 10, Role: parley.RoleTeam, Part: "o"}, "[Tomas]", 1},
	} {
		names := []string{}
		for _, u := range Read(t, c.Store, func(s *store.Snapshot) ([]parley.User, error) { return s.Users(tc.filter) }) {
			names = append(names, u.Username)
		}
		total := Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.CountUsersOf(tc.filter) })
		if fmt.Sprint(names) != tc.want || total != tc.total {
			t.Errorf("%s: %v of %d, want %s of %d", tc.name, names, total, tc.want, tc.total)
		}
	}
}

func emailsUnique(t *testing.T, open Open) {
	c := community(t, open)
	set := func(v parley.Viewer, email string) error {
		_, err := c.Store.Update(t.Context(), func(tx *store.Tx) error { return tx.SetEmail(v.ID, email) })
		return err
	}
	if err := set(c.Mina, "Mina@example.org"); err != nil {
		t.Fatal(err)
	}
	if err := set(c.Finn, "mina@EXAMPLE.org"); parley.KindOf(err) != parley.Conflict {
		t.Errorf("a taken address: %v", err)
	}
	for _, email := range []string{"mina@example.org", ""} {
		if err := set(c.Mina, email); err != nil {
			t.Errorf("her own as %q: %v", email, err)
		}
	}
	if err := set(c.Finn, ""); err != nil {
		t.Errorf("two without an address: %v", err)
	}
}

func actsKept(t *testing.T, open Open) {
	c := community(t, open)
	Update(t, c.Store, func(tx *store.Tx) error {
		return tx.Audit(c.Ada.ID, parley.ActThreadUpdated, c.Free.ID, map[string]string{"title": "Welcome"}, map[string]string{"title": "Hello"})
	})
	Update(t, c.Store, func(tx *store.Tx) error { return tx.Audit(0, parley.ActUserPassword, c.Finn.ID, nil, nil) })
	got := Read(t, c.Store, func(s *store.Snapshot) ([]parley.AuditEntry, error) { return s.AuditLog(store.AuditFilter{Limit: 10}) })
	at := parley.At(c.Clock.Now())
	want := []parley.AuditEntry{
		{ID: 2, Action: parley.ActUserPassword, SubjectType: "user", SubjectID: c.Finn.ID, Before: []byte("null"), After: []byte("null"), CreatedAt: at},
		{
			ID: 1, Actor: &parley.PersonRef{ID: c.Ada.ID, Username: "Ada"}, Action: parley.ActThreadUpdated, SubjectType: "thread", SubjectID: c.Free.ID,
			Before: []byte(`{"title":"Welcome"}`), After: []byte(`{"title":"Hello"}`), CreatedAt: at,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func actsFound(t *testing.T, open Open) {
	c := community(t, open)
	for _, act := range []struct {
		actor parley.Viewer
		act   parley.Act
	}{
		{c.Ada, parley.ActUserUpdated},
		{c.Tomas, parley.ActMessageDeleted},
		{c.Ada, parley.ActMessageDeleted},
		{c.Ada, parley.ActTierCreated},
		{c.Ada, parley.ActEveryoneSettings},
	} {
		Update(t, c.Store, func(tx *store.Tx) error { return tx.Audit(act.actor.ID, act.act, 1, nil, nil) })
	}
	for _, tc := range []struct {
		filter store.AuditFilter
		want   string
	}{
		{store.AuditFilter{Limit: 2}, "[5 4]"},
		{store.AuditFilter{Limit: 2, Before: 3}, "[2 1]"},
		{store.AuditFilter{Limit: 9, ActorID: c.Tomas.ID}, "[2]"},
		{store.AuditFilter{Limit: 9, Action: parley.ActMessageDeleted}, "[3 2]"},
		{store.AuditFilter{Limit: 9, Action: parley.ActMessageDeleted, ActorID: c.Ada.ID}, "[3]"},
		{store.AuditFilter{Limit: 9, InForum: true}, "[5 3 2]"},
	} {
		ids := []int64{}
		for _, e := range Read(t, c.Store, func(s *store.Snapshot) ([]parley.AuditEntry, error) { return s.AuditLog(tc.filter) }) {
			ids = append(ids, e.ID)
		}
		if fmt.Sprint(ids) != tc.want {
			t.Errorf("%+v: %v, want %s", tc.filter, ids, tc.want)
		}
	}
}

func tiersInUse(t *testing.T, open Open) {
	c := community(t, open)
	add := func(title string, cents int64) int64 {
		return Write(t, c.Store, func(tx *store.Tx) (int64, error) {
			return tx.InsertTier(parley.Tier{Title: title, AmountCents: cents, Active: true})
		})
	}
	gold, bronze, tin := add("Gold", 1000), add("Bronze", 300), add("Tin", 100)
	Update(t, c.Store, func(tx *store.Tx) error {
		if err := tx.SetRights(c.Finn.ID, parley.RoleMember, parley.Membership{TierID: gold}); err != nil {
			return err
		}
		gone, err := tx.InsertThread(store.NewThread{Title: "gone", AuthorID: c.Ada.ID, TierID: bronze})
		if err != nil {
			return err
		}
		return tx.DeleteThread(store.ThreadState{ID: gone})
	})
	for id, want := range map[int64]bool{c.Silver.ID: true, gold: true, bronze: true, tin: false} {
		if used := Read(t, c.Store, func(s *store.Snapshot) (bool, error) { return s.TierInUse(id) }); used != want {
			t.Errorf("tier %d is in use: %v, want %v", id, used, want)
		}
	}
	Update(t, c.Store, func(tx *store.Tx) error {
		if err := tx.SetTier(parley.Tier{ID: gold, Title: "Golden", Color: "#ffd700", AmountCents: 1100}); err != nil {
			return err
		}
		return tx.DeleteTier(tin)
	})
	left := Read(t, c.Store, func(s *store.Snapshot) ([]parley.Tier, error) { return s.Tiers() })
	want := []parley.Tier{{ID: bronze, Title: "Bronze", AmountCents: 300, Active: true}, c.Silver, {ID: gold, Title: "Golden", Color: "#ffd700", AmountCents: 1100}}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

func threadsOfTier(t *testing.T, open Open) {
	c := community(t, open)
	more := Write(t, c.Store, func(tx *store.Tx) (ids []int64, err error) {
		for range 3 {
			id, err := tx.InsertThread(store.NewThread{Title: "more", AuthorID: c.Ada.ID, TierID: c.Silver.ID})
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		return ids, tx.DeleteThread(store.ThreadState{ID: ids[1]})
	})
	batch := func(after int64) (ids []int64) {
		for _, state := range Read(t, c.Store, func(s *store.Snapshot) ([]store.ThreadState, error) { return s.ThreadsOfTier(c.Silver.ID, after, 2) }) {
			ids = append(ids, state.ID)
		}
		return ids
	}
	if first, second := batch(0), batch(more[0]); fmt.Sprint(first, second) != fmt.Sprint([]int64{c.Paid.ID, more[0]}, []int64{more[2]}) {
		t.Errorf("read %v, then %v", first, second)
	}
}
