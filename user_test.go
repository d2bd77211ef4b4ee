package parley_test

import (
	"strings"
	"testing"

	"parley"
)

func TestADisplayRoleTellsPayingMembersApartByWhereTheyPay(t *testing.T) {
	for _, tc := range []struct {
		role   parley.Role
		member parley.Membership
		want   parley.DisplayRole
		color  string
	}{
		{parley.RoleCreator, parley.Membership{}, "Creator", "#f59e0b"},
		{parley.RoleCreator, parley.Membership{AmountCents: 500, Source: "patreon"}, "Creator", "#f59e0b"},
		{parley.RoleTeam, parley.Membership{AmountCents: 500, Source: "kofi"}, "Team", "#3b82f6"},
		{parley.RoleMember, parley.Membership{AmountCents: 500, Source: "patreon"}, "Patron", "#f97316"},
		{parley.RoleMember, parley.Membership{AmountCents: 500, Source: "kofi"}, "Supporter", "#10b981"},
		{parley.RoleMember, parley.Membership{AmountCents: 1, Source: "manual"}, "Supporter", "#10b981"},
		{parley.RoleMember, parley.Membership{AmountCents: 1}, "Supporter", "#10b981"},
		{parley.RoleMember, parley.Membership{Source: "patreon"}, "Member", "#6b7280"},
		{parley.RoleMember, parley.Membership{}, "Member", "#6b7280"},
	} {
		got := parley.NewAuthor(7, "Mina", tc.role, tc.member)
		want := parley.Author{ID: 7, Name: "Mina", Role: tc.want, BadgeColor: tc.color}
		if got != want {
			t.Errorf("%s paying %+v: %+v, want %+v", tc.role, tc.member, got, want)
		}
	}
}

func TestAUserIsSeenAsAuthorAndAsViewer(t *testing.T) {
	u := parley.User{
		ID: 3, Username: "Mina", Email: "mina@example.org", Role: parley.RoleMember, Active: true,
		Membership: parley.Membership{AmountCents: 500, TierID: 2, Source: "patreon"},
	}
	if got := u.Viewer(); got != mina {
		t.Errorf("viewer %+v, want %+v", got, mina)
	}
	if got, want := u.Author(), (parley.Author{ID: 3, Name: "Mina", Role: "Patron", BadgeColor: "#f97316"}); got != want {
		t.Errorf("author %+v, want %+v", got, want)
	}
	if got := u.TierAmount(); got != 500 {
		t.Errorf("Mina's amount is %d, want 500", got)
	}
	u.Role = parley.RoleTeam
	if got := u.TierAmount(); got != 999_999_999 {
		t.Errorf("the team's amount is %d, want 999999999", got)
	}
}

func TestThereAreThreeRoles(t *testing.T) {
	for role, want := range map[parley.Role]bool{"creator": true, "team": true, "member": true, "": false, "Creator": false, "admin": false} {
		if got := role.Valid(); got != want {
			t.Errorf("%q valid: %v, want %v", role, got, want)
		}
	}
}

func TestUsernames(t *testing.T) {
	for name, good := range map[string]bool{
		"Mina": true, "ab": true, "mina_7": true, "_x": true, "1234": true, strings.Repeat("m", 32): true, "everyones": true,
		"": false, "a": false, strings.Repeat("m", 33): false, "Zoë": false, "mina ": false, "mi na": false, "mina\n": false,
		"mina@example.org": false, "mi-na": false, "mina\x00": false,
		"everyone": false, "Creator": false, "TEAM": false, "here": false, "All": false,
	} {
		err := parley.CheckUsername(name)
		if (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
		if err != nil && parley.KindOf(err) != parley.Unprocessable {
			t.Errorf("%q is refused as kind %v, want Unprocessable", name, parley.KindOf(err))
		}
	}
}

func TestNamesThatDifferInCaseAloneAreOne(t *testing.T) {
	for _, names := range [][]string{{"Mina", "mina", " MINA "}, {"Жанна", "жанна", "ЖАННА"}} {
		for _, name := range names {
			if got, want := parley.FoldName(name), parley.FoldName(names[0]); got != want {
				t.Errorf("%q folds to %q, want %q", name, got, want)
			}
		}
	}
}
