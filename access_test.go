package parley_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"parley"
)

// The small community of these tests.
var (
	ada   = parley.Viewer{ID: 1, Role: parley.RoleCreator, Active: true}
	tomas = parley.Viewer{ID: 2, Role: parley.RoleTeam, Active: true}
	mina  = parley.Viewer{ID: 3, Role: parley.RoleMember, AmountCents: 500, Active: true}
	finn  = parley.Viewer{ID: 4, Role: parley.RoleMember, Active: true}
)

// inactive is v after being deactivated.
func inactive(v parley.Viewer) parley.Viewer {
	v.Active = false
	return v
}

func TestEveryoneSeesWhatTheirRoleAndMembershipInclude(t *testing.T) {
	free, paid, dear := parley.Access{}, parley.Access{MinTierCents: 500}, parley.Access{MinTierCents: 501}
	private, privateAndPaid := parley.Access{Private: true}, parley.Access{Private: true, MinTierCents: 100}
	for _, tc := range []struct {
		name string
		who  parley.Viewer
		sees []parley.Access // and nothing else
	}{
		{"Ada, the creator", ada, []parley.Access{free, paid, dear, private, privateAndPaid}},
		{"Tomas of the team", tomas, []parley.Access{free, paid, dear, private, privateAndPaid}},
		{"Mina, who pays $5", mina, []parley.Access{free, paid}},
		{"Finn, who pays nothing", finn, []parley.Access{free}},
		{"Ada, deactivated", inactive(ada), nil},
		{"Tomas, deactivated", inactive(tomas), nil},
		{"Mina, deactivated", inactive(mina), nil},
		{"somebody not signed in", parley.Viewer{}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sees := map[parley.Access]bool{}
			for _, a := range tc.sees {
				sees[a] = true
			}
			for _, a := range []parley.Access{free, paid, dear, private, privateAndPaid} {
				if got := a.Admits(tc.who); got != sees[a] {
					t.Errorf("%+v admits: %v, want %v", a, got, sees[a])
				}
			}
		})
	}
}

// TestAccessFollowsOneRule compares Admits with the contract's sentence for
// every role, amount and access that could make a difference.
func TestAccessFollowsOneRule(t *testing.T) {
	roles := []parley.Role{parley.RoleCreator, parley.RoleTeam, parley.RoleMember}
	amounts := []int64{0, 1, 499, 500, 501, 1000}
	for _, role := range roles {
		for _, amount := range amounts {
			for _, active := range []bool{true, false} {
				v := parley.Viewer{ID: 7, Role: role, AmountCents: amount, Active: active}
				for _, asked := range amounts {
					for _, private := range []bool{true, false} {
						a := parley.Access{Private: private, MinTierCents: asked}
						staff := role == parley.RoleCreator || role == parley.RoleTeam
						want := active && (staff || !private && amount >= asked)
						if got := a.Admits(v); got != want {
							t.Errorf("%+v admits %+v: %v, want %v", a, v, got, want)
						}
					}
				}
			}
		}
	}
}

func anyViewer() *rapid.Generator[parley.Viewer] {
	return rapid.Custom(func(t *rapid.T) parley.Viewer {
		return parley.Viewer{
			ID:          rapid.Int64Range(1, 9).Draw(t, "id"),
			Role:        rapid.SampledFrom([]parley.Role{parley.RoleCreator, parley.RoleTeam, parley.RoleMember}).Draw(t, "role"),
			AmountCents: rapid.Int64Range(0, 5).Draw(t, "amount"),
			Active:      rapid.IntRange(0, 3).Draw(t, "inactive if 0") > 0,
		}
	})
}

func anyAccess() *rapid.Generator[parley.Access] {
	return rapid.Custom(func(t *rapid.T) parley.Access {
		return parley.Access{
			Private:      rapid.Bool().Draw(t, "private"),
			MinTierCents: rapid.Int64Range(0, 5).Draw(t, "cents"),
		}
	})
}

func TestASubThreadAdmitsExactlyWhomItAndItsParentAdmit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sub, parent, v := anyAccess().Draw(t, "sub"), anyAccess().Draw(t, "parent"), anyViewer().Draw(t, "viewer")
		if got, want := sub.Within(parent).Admits(v), sub.Admits(v) && parent.Admits(v); got != want {
			t.Fatalf("within: %v, want %v", got, want)
		}
	})
}

func TestAChangeConcernsExactlyThoseWhoCouldOrCan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after, v := anyAccess().Draw(t, "before"), anyAccess().Draw(t, "after"), anyViewer().Draw(t, "viewer")
		if got, want := before.Or(after).Admits(v), before.Admits(v) || after.Admits(v); got != want {
			t.Fatalf("or: %v, want %v", got, want)
		}
	})
}

func TestARefusalDoesNotShowThatAPrivateThreadExists(t *testing.T) {
	if got := (parley.Access{Private: true, MinTierCents: 500}).Refusal(); got != parley.ErrThreadNotFound {
		t.Errorf("private: %v", got)
	}
	if got := (parley.Access{MinTierCents: 500}).Refusal(); got != parley.ErrAccessDenied {
		t.Errorf("paid: %v", got)
	}
}

func TestWhoMayManageAThread(t *testing.T) {
	for _, tc := range []struct {
		name   string
		who    parley.Viewer
		kind   parley.ThreadType
		author int64
		want   bool
	}{
		{"Ada any main thread", ada, parley.MainThread, finn.ID, true},
		{"Tomas any main thread", tomas, parley.MainThread, finn.ID, true},
		{"Tomas any sub-thread", tomas, parley.SubThread, finn.ID, true},
		{"Finn not his main thread", finn, parley.MainThread, finn.ID, false},
		{"Finn his sub-thread", finn, parley.SubThread, finn.ID, true},
		{"Finn not Mina's sub-thread", finn, parley.SubThread, mina.ID, false},
		{"Finn nothing once deactivated", inactive(finn), parley.SubThread, finn.ID, false},
		{"Tomas nothing once deactivated", inactive(tomas), parley.MainThread, tomas.ID, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := parley.CanManageThread(tc.who, tc.kind, tc.author); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestWhoMayDeleteAMessage(t *testing.T) {
	for _, tc := range []struct {
		name   string
		who    parley.Viewer
		author int64
		want   bool
	}{
		{"Ada anybody's", ada, finn.ID, true},
		{"Tomas anybody's", tomas, ada.ID, true},
		{"Finn his own", finn, finn.ID, true},
		{"Finn not Mina's", finn, mina.ID, false},
		{"Finn not his own once deactivated", inactive(finn), finn.ID, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := parley.CanDeleteMessage(tc.who, tc.author); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestWhoMayStartThreads(t *testing.T) {
	people := []parley.Viewer{ada, tomas, mina, finn, inactive(ada), inactive(finn), {}}
	for setting, want := range map[parley.ThreadCreation][]bool{
		parley.CreationCreator: {true, false, false, false, false, false, false},
		parley.CreationTeam:    {true, true, false, false, false, false, false},
		parley.CreationMembers: {true, true, true, true, false, false, false},
		"something else":       {true, false, false, false, false, false, false},
	} {
		for i, v := range people {
			t.Run(fmt.Sprintf("%s/%d %s", setting, v.ID, v.Role), func(t *testing.T) {
				if got := setting.Allows(v); got != want[i] {
					t.Errorf("active %v: %v, want %v", v.Active, got, want[i])
				}
			})
		}
	}
}

func TestANewCommunityIsOpenButItsCreatorStartsTheThreads(t *testing.T) {
	want := parley.Community{
		Name: "Parley", ThreadCreation: "creator", Registration: "open",
		NewMembers: parley.NewMembers{PostsPerHour: 20, Links: 2, Mentions: 5}, // and Days 0: nobody is new
	}
	if got := parley.DefaultCommunity(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAnAccessIsInsideAnotherThatAdmitsAllItsReaders(t *testing.T) {
	accesses := []parley.Access{{}, {MinTierCents: 500}, {MinTierCents: 501}, {Private: true}, {Private: true, MinTierCents: 500}}
	for _, a := range accesses {
		for _, b := range accesses {
			all := true
			for cents := range int64(503) {
				for _, role := range []parley.Role{parley.RoleMember, parley.RoleTeam, parley.RoleCreator} {
					v := parley.Viewer{ID: 1, Role: role, AmountCents: cents, Active: true}
					all = all && (!a.Admits(v) || b.Admits(v))
				}
			}
			if a.Inside(b) != all {
				t.Errorf("%+v inside %+v: %v, want %v", a, b, !all, all)
			}
		}
	}
}
