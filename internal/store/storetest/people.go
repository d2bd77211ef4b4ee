package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

var peopleTests = map[string]func(*testing.T, Open){
	"names in messages are found without regard to case": mentionedUsers,
	"a search finds parts of names, beginnings first":    usersSearched,
	"recipients are followers, named and meant ones":     recipients,
	"recipients come in batches, each once":              recipientBatches,
}

func mentionedUsers(t *testing.T, open Open) {
	c := community(t, open)
	Update(t, c.Store, func(tx *store.Tx) error { return tx.SetActive(c.Finn.ID, false) })
	mentioned := func(names ...string) (people map[string]parley.Mention, behind []int64) {
		people = Read(t, c.Store, func(s *store.Snapshot) (people map[string]parley.Mention, err error) {
			people, behind, err = s.MentionedUsers(names)
			return people, err
		})
		return people, behind
	}
	got, _ := mentioned("MINA", "ada", "Finn", "nobody", "Mina")
	want := map[string]parley.Mention{"mina": {Name: "Mina", UserID: c.Mina.ID}, "ada": {Name: "Ada", UserID: c.Ada.ID}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, _ := mentioned(); len(got) != 0 {
		t.Errorf("without names: %v", got)
	}
	c.alias(t, c.Mina, "Стелла", true)
	got, behind := mentioned("mina", "СТЕЛЛА")
	want = map[string]parley.Mention{"стелла": {Name: "Стелла", UserID: c.Mina.ID}}
	if diff := cmp.Diff(want, got); diff != "" || fmt.Sprint(behind) != fmt.Sprint([]int64{c.Mina.ID}) {
		t.Errorf("by an alias and what is behind it: %v (-want +got):\n%s", behind, diff)
	}
	c.alias(t, c.Mina, "Стелла", false)
	if got, behind = mentioned("mina", "Стелла"); len(got) != 1 || got["mina"].Name != "Mina" || len(behind) != 0 {
		t.Errorf("by an alias that is not in use: %v, %v", got, behind)
	}
}

func usersSearched(t *testing.T, open Open) {
	c := community(t, open)
	Update(t, c.Store, func(tx *store.Tx) error {
		for _, name := range []string{"Min_7", "Minx7", "Jasmin", "Amina"} {
			if _, err := AddPerson(tx, name, parley.RoleMember, parley.Membership{}); err != nil {
				return err
			}
		}
		left, err := AddPerson(tx, "MinaWhoLeft", parley.RoleMember, parley.Membership{})
		if err != nil {
			return err
		}
		return tx.SetActive(left.ID, false)
	})
	for _, tc := range []struct {
		part  string
		limit int
		want  []string
	}{
		{"min", 10, []string{"Min_7", "Mina", "Minx7", "Amina", "Jasmin"}},
		{"min", 2, []string{"Min_7", "Mina"}},
		{"n_", 10, []string{"Min_7"}}, // means itself, not any character
		{"%", 10, []string{}},
		{`\`, 10, []string{}},
		{"zzz", 10, []string{}},
	} {
		got := []string{}
		for _, a := range Read(t, c.Store, func(s *store.Snapshot) ([]parley.Author, error) { return s.SearchUsers(tc.part, tc.limit) }) {
			got = append(got, a.Name)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.part, diff)
		}
	}
}

func recipientIDs(all []parley.Recipient) []int64 {
	ids := []int64{}
	for _, r := range all {
		ids = append(ids, r.Viewer.ID)
	}
	return ids
}

func recipients(t *testing.T, open Open) {
	c := community(t, open)
	left := Write(t, c.Store, func(tx *store.Tx) (parley.Viewer, error) {
		v, err := AddPerson(tx, "Left", parley.RoleTeam, parley.Membership{})
		if err != nil {
			return v, err
		}
		if err := tx.Follow(c.Free.ID, c.Finn.ID, parley.Follow{Reply: true}); err != nil {
			return v, err
		}
		return v, tx.SetActive(v.ID, false)
	})
	const none = 1 << 40
	for _, tc := range []struct {
		name  string
		query store.RecipientQuery
		want  []int64
	}{
		{"followers", store.RecipientQuery{Followers: true}, []int64{c.Finn.ID}},
		{"named", store.RecipientQuery{Named: []int64{c.Mina.ID, none, 0}}, []int64{c.Mina.ID}},
		{"both, each once", store.RecipientQuery{Followers: true, Named: []int64{c.Finn.ID, c.Ada.ID}}, []int64{c.Ada.ID, c.Finn.ID}},
		{"the creator", store.RecipientQuery{Specials: []parley.SpecialMention{parley.MentionCreator}}, []int64{c.Ada.ID}},
		{"the creator and the team", store.RecipientQuery{Specials: []parley.SpecialMention{parley.MentionCreator, parley.MentionTeam}}, []int64{c.Ada.ID, c.Tomas.ID, left.ID}},
		{"nobody", store.RecipientQuery{}, []int64{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.query.ThreadID, tc.query.Limit = c.Free.ID, 10
			got := Read(t, c.Store, func(s *store.Snapshot) ([]parley.Recipient, error) { return s.Recipients(tc.query) })
			if diff := cmp.Diff(tc.want, recipientIDs(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, r := range got {
				if follows := r.Follow != nil; follows != (r.Viewer.ID == c.Finn.ID) {
					t.Errorf("%d follows: %v", r.Viewer.ID, follows)
				}
				if r.Viewer.ID == left.ID && r.Viewer.Active {
					t.Error("who left is shown as active")
				}
			}
		})
	}
}

func recipientBatches(t *testing.T, open Open) {
	c := community(t, open)
	want := Write(t, c.Store, func(tx *store.Tx) (ids []int64, err error) {
		for i := range 10 {
			v, err := AddPerson(tx, fmt.Sprintf("member%d", i), parley.RoleMember, parley.Membership{})
			if err != nil {
				return nil, err
			}
			ids = append(ids, v.ID)
			if err := tx.Follow(c.Free.ID, v.ID, parley.Follow{}); err != nil {
				return nil, err
			}
		}
		return ids, nil
	})
	for _, everyone := range []bool{false, true} {
		query := store.RecipientQuery{ThreadID: c.Free.ID, Followers: true, Named: want[:3], Limit: 4}
		if everyone {
			query.Specials, query.After = []parley.SpecialMention{parley.MentionEveryone}, c.Finn.ID
		}
		var got []int64
		for {
			batch := recipientIDs(Read(t, c.Store, func(s *store.Snapshot) ([]parley.Recipient, error) { return s.Recipients(query) }))
			got = append(got, batch...)
			if len(batch) < query.Limit {
				break
			}
			query.After = batch[len(batch)-1]
		}
		if !slices.Equal(got, want) {
			t.Errorf("everyone %v: got %v, want %v", everyone, got, want)
		}
	}
}
