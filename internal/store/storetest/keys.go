package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

var keyTests = map[string]func(*testing.T, Open){
	"a key is found by its hash until it expires":     keysExpire,
	"a revoked key is found no more, but is named":    keysRevoked,
	"a key's use is noted once in a while":            keysTouched,
	"people are found by their ids in another app":    externalIDs,
	"a username is free unless somebody has or is it": nameHolders,
	"a new username is compared like any other":       usernamesSet,
}

// makeKey adds a key with its name for a hash.
func (c *Community) makeKey(t *testing.T, name string, expires *parley.Time) int64 {
	t.Helper()
	return Write(t, c.Store, func(tx *store.Tx) (int64, error) {
		return tx.CreateKey(parley.APIKey{
			PublicID: "id of " + name, Name: name, Scopes: []parley.Scope{parley.ScopeAdminRead, parley.ScopeMembersWrite},
			MadeBy: parley.PersonRef{ID: c.Ada.ID}, ExpiresAt: expires,
		}, []byte(name))
	})
}

// keyBy reads a key by its hash and by its id, which have to agree.
func (c *Community) keyBy(t *testing.T, hash string, id int64) (parley.APIKey, bool) {
	t.Helper()
	found := map[bool]parley.APIKey{}
	byHash := Read(t, c.Store, func(s *store.Snapshot) (there bool, err error) {
		found[true], there, err = s.KeyByHash([]byte(hash))
		return there, err
	})
	byID := Read(t, c.Store, func(s *store.Snapshot) (there bool, err error) {
		found[false], there, err = s.Key(id)
		return there, err
	})
	if diff := cmp.Diff(found[true], found[false]); byHash != byID || diff != "" {
		t.Errorf("key %d is there by its hash %v, by its id %v:\n%s", id, byHash, byID, diff)
	}
	return found[true], byHash
}

func keysExpire(t *testing.T, open Open) {
	c := community(t, open)
	at := parley.At(c.Clock.Now()).Add(time.Hour)
	shop, forever := c.makeKey(t, "shop", &at), c.makeKey(t, "forever", nil)
	want := parley.APIKey{
		ID: shop, PublicID: "id of shop", Name: "shop", Scopes: []parley.Scope{parley.ScopeAdminRead, parley.ScopeMembersWrite},
		MadeBy: parley.PersonRef{ID: c.Ada.ID, Username: "Ada"}, CreatedAt: parley.At(c.Clock.Now()), ExpiresAt: &at,
	}
	got, found := c.keyBy(t, "shop", shop)
	if diff := cmp.Diff(want, got); !found || diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c.Clock.Pass(time.Hour)
	if _, found := c.keyBy(t, "shop", shop); found {
		t.Error("a key holds when it has expired")
	}
	if _, found := c.keyBy(t, "forever", forever); !found {
		t.Error("a key expires that never does")
	}
	if _, found := c.keyBy(t, "nonsense", 4711); found {
		t.Error("a key was found that there is not")
	}
	keys := Read(t, c.Store, func(s *store.Snapshot) ([]parley.APIKey, error) { return s.Keys(9) })
	if len(keys) != 2 || keys[0].ID != forever || keys[1].ID != shop {
		t.Errorf("listed %+v", keys)
	}
}

func keysRevoked(t *testing.T, open Open) {
	c := community(t, open)
	shop := c.makeKey(t, "shop", nil)
	Update(t, c.Store, func(tx *store.Tx) error {
		tx.ActBy(shop)
		return tx.Audit(0, parley.ActUserUpdated, c.Finn.ID, nil, nil)
	})
	Update(t, c.Store, func(tx *store.Tx) error { return tx.Audit(c.Ada.ID, parley.ActUserUpdated, c.Finn.ID, nil, nil) })
	for _, want := range []bool{true, false} {
		revoked := Write(t, c.Store, func(tx *store.Tx) (bool, error) {
			key, found, err := tx.RevokeKey(shop)
			if found && key.Name != "shop" {
				t.Errorf("revoked %+v", key)
			}
			return found, err
		})
		if revoked != want {
			t.Errorf("revoked: %v, want %v", revoked, want)
		}
	}
	if _, found := c.keyBy(t, "shop", shop); found {
		t.Error("a revoked key holds")
	}
	acts := Read(t, c.Store, func(s *store.Snapshot) ([]parley.AuditEntry, error) {
		return s.AuditLog(store.AuditFilter{KeyID: shop, Limit: 9})
	})
	if len(acts) != 1 || acts[0].Actor != nil || acts[0].Key == nil || *acts[0].Key != (parley.KeyRef{ID: shop, Name: "shop"}) {
		t.Errorf("it did %+v", acts)
	}
}

func keysTouched(t *testing.T, open Open) {
	c := community(t, open)
	shop := c.makeKey(t, "shop", nil)
	touch := func() parley.Time {
		Update(t, c.Store, func(tx *store.Tx) error { return tx.TouchKey(shop, tx.Now().Add(-time.Minute)) })
		key, _ := c.keyBy(t, "shop", shop)
		return *key.LastUsedAt
	}
	first := touch()
	c.Clock.Pass(59 * time.Second)
	if again := touch(); first != parley.At(NewClock().Now()) || again != first {
		t.Errorf("used at %v, then at %v", first, again)
	}
	c.Clock.Pass(time.Second)
	if later := touch(); later != first.Add(time.Minute) {
		t.Errorf("a minute later it was used at %v", later)
	}
}

func externalIDs(t *testing.T, open Open) {
	c := community(t, open)
	set := func(v parley.Viewer, id string) error {
		_, err := c.Store.Update(t.Context(), func(tx *store.Tx) error { return tx.SetExternalID(v.ID, id) })
		return err
	}
	if err := set(c.Mina, "m-1"); err != nil {
		t.Fatal(err)
	}
	if err := set(c.Finn, "m-1"); parley.KindOf(err) != parley.Conflict {
		t.Errorf("a taken id: %v", err)
	}
	if err := set(c.Mina, "m-1"); err != nil {
		t.Errorf("her own: %v", err)
	}
	mina := Found(t, c.Store, func(s *store.Snapshot) (parley.User, bool, error) { return s.UserByExternalID("m-1") })
	if mina.ID != c.Mina.ID || mina.ExternalID != "m-1" {
		t.Errorf("found %+v", mina)
	}
	for _, v := range []parley.Viewer{c.Mina, c.Finn} {
		if err := set(v, ""); err != nil {
			t.Errorf("none: %v", err)
		}
	}
	if _, found, err := readExternal(t, c, "m-1"); found || err != nil {
		t.Errorf("an id that was taken away is found: %v", err)
	}
	if _, found, err := readExternal(t, c, ""); found || err != nil {
		t.Errorf("no id is somebody's: %v", err)
	}
	id := Write(t, c.Store, func(tx *store.Tx) (int64, error) {
		if err := tx.HoldMembers([]string{"m-2", "m-1", "m-2"}); err != nil {
			return 0, err
		}
		return tx.CreateUser(store.Account{User: parley.User{Username: "Olga", Role: parley.RoleMember, Active: true, ExternalID: "m-2"}})
	})
	if olga, _, err := readExternal(t, c, "m-2"); err != nil || olga.ID != id {
		t.Errorf("Olga is %+v: %v", olga, err)
	}
}

func readExternal(t *testing.T, c *Community, id string) (u parley.User, found bool, err error) {
	err = c.Store.View(t.Context(), func(s *store.Snapshot) error {
		u, found, err = s.UserByExternalID(id)
		return err
	})
	return u, found, err
}

func nameHolders(t *testing.T, open Open) {
	c := community(t, open)
	alias := "Finch"
	Update(t, c.Store, func(tx *store.Tx) error {
		settings := parley.DefaultSettings()
		settings.DisplayAlias = &alias
		return tx.SetSettings(c.Finn.ID, settings)
	})
	for _, tc := range []struct {
		name  string
		user  int64
		holds int64 // 0: nobody
	}{
		{"Olga", 0, 0}, {"mina", 0, c.Mina.ID}, {"MINA", c.Mina.ID, 0}, {"F1nch", 0, c.Finn.ID}, {"finch", c.Finn.ID, 0}, {"M1na", 0, 0},
	} {
		holder := Read(t, c.Store, func(s *store.Snapshot) (int64, error) {
			u, _, err := s.NameHolder(tc.name, tc.user)
			return u.ID, err
		})
		if holder != tc.holds {
			t.Errorf("%s is kept from %d by %d, want %d", tc.name, tc.user, holder, tc.holds)
		}
	}
}

func usernamesSet(t *testing.T, open Open) {
	c := community(t, open)
	Update(t, c.Store, func(tx *store.Tx) error { return tx.SetUsername(c.Mina.ID, "Minna") })
	account := Found(t, c.Store, func(s *store.Snapshot) (store.Account, bool, error) { return s.AccountByName("MINNA") })
	if account.ID != c.Mina.ID || account.DisplayName != "Minna" {
		t.Errorf("she is %+v", account)
	}
	people := Read(t, c.Store, func(s *store.Snapshot) (map[string]parley.Mention, error) {
		people, _, err := s.MentionedUsers([]string{"mina", "minna"})
		return people, err
	})
	if fmt.Sprint(len(people), people["minna"].UserID) != fmt.Sprint(1, c.Mina.ID) {
		t.Errorf("mentioned %v", people)
	}
	like := Read(t, c.Store, func(s *store.Snapshot) (bool, error) { return s.AliasTaken("M1nna", c.Finn.ID) })
	if !like {
		t.Error("an alias may look like her new name")
	}
}
