package app_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"parley"
	"parley/internal/app"
)

// olga is a member as another app has her.
func olga() app.Member {
	return app.Member{ExternalID: "7", Username: "Olga", Role: parley.RoleMember, Membership: parley.Membership{AmountCents: 500, Source: "shop"}, Active: true}
}

// synced synchronises a member as an API key does.
func (f *forum) synced(m app.Member) app.SyncedMember {
	f.t.Helper()
	return must[app.SyncedMember](f.t)(f.SyncMember(f.t.Context(), f.key(parley.ScopeMembersWrite), m))
}

func TestAMemberOfAnotherAppIsMadeOnceAndFollowsIt(t *testing.T) {
	f := openForum(t)
	key := f.key(parley.ScopeMembersWrite)
	sync := func(m app.Member) func() error {
		return func() error { return drop(f.SyncMember(t.Context(), key, m)) }
	}
	m := olga()
	f.tells("a new member", sync(m))
	id := f.synced(m).User.ID
	membership, rights := parley.MembershipChanged{UserID: id}, parley.UserRightsChanged{UserID: id}
	f.tells("the same", sync(m))
	m.Membership.AmountCents = 700
	f.tells("another amount", sync(m), membership, rights)
	m.Username = "Helga"
	f.tells("another name", sync(m), rights)
	m.Active = false
	f.tells("no longer", sync(m), rights)
	f.tells("no longer, again", sync(m))
	m.Active, m.Role = true, parley.RoleTeam
	f.tells("back, of the team", sync(m), membership, rights, rights)
	f.wantActs(parley.ActKeyCreated, parley.ActUserCreated, parley.ActKeyCreated, parley.ActUserUpdated, parley.ActUserUpdated,
		parley.ActUserDeactivated, parley.ActUserReactivated, parley.ActUserUpdated)
	got := must[app.AdminUser](t)(f.User(t.Context(), f.Ada, id))
	if got.Username != "Helga" || got.DisplayName != "Helga" || got.Role != parley.RoleTeam || got.AmountCents != 700 || got.Source != "shop" || *got.ExternalID != "7" || !got.IsActive {
		t.Errorf("she is %+v", got)
	}
}

func TestAMemberOfAnotherAppHasNoPassword(t *testing.T) {
	f := openForum(t)
	f.synced(olga())
	for _, password := range []string{"", "Olga", "7"} {
		if _, err := f.Login(t.Context(), "Olga", password, app.Client{Address: "192.0.2.1"}); parley.KindOf(err) != parley.Unauthenticated {
			t.Errorf("signed in with %q: %v", password, err)
		}
	}
}

func TestADeactivatedMemberIsMadeDeactivated(t *testing.T) {
	f := openForum(t)
	m := olga()
	m.Active = false
	if made := f.synced(m); made.Outcome != app.MemberCreated || made.User.IsActive {
		t.Errorf("made %+v", made)
	}
	if again := f.synced(m); again.Outcome != app.MemberUnchanged {
		t.Errorf("again %+v", again)
	}
}

func TestDeactivationByAnotherAppEndsSessions(t *testing.T) {
	f := openForum(t)
	in := must[app.SignIn](t)(f.Register(t.Context(), app.NewAccount{Username: "Olga", Password: "spruce and maple"}, app.Client{}))
	seven, m := "7", olga()
	must[app.AdminUser](t)(f.UpdateUser(t.Context(), f.Ada, in.User.ID, app.UserPatch{ExternalID: &seven}))
	m.Active = false
	if left := f.synced(m); left.User.ID != in.User.ID {
		t.Fatalf("somebody else left: %+v", left)
	}
	m.Active = true
	f.synced(m)
	if _, err := f.Authenticate(t.Context(), in.Token); parley.KindOf(err) != parley.Unauthenticated {
		t.Errorf("her session goes on: %v", err)
	}
}

func TestNobodyBecomesSomebodyElseByANameInAnotherApp(t *testing.T) {
	f := openForum(t)
	ctx, key := t.Context(), f.key(parley.ScopeMembersWrite)
	alias, yes := "Finch", true
	must[parley.Settings](t)(f.UpdateSettings(ctx, f.Finn, app.SettingsPatch{Alias: &alias, UseAlias: &yes}))
	f.synced(olga())
	for name, says := range map[string]string{
		"ADA":   fmt.Sprintf("PATCH /api/admin/users/%d", f.Ada.ID),
		"olga":  "external id 7",
		"F1nch": "looks like the alias of the account",
	} {
		m := olga()
		m.ExternalID, m.Username = "8", name
		_, err := f.SyncMember(ctx, key, m)
		if parley.KindOf(err) != parley.Conflict || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "adjust_username") {
			t.Errorf("%s: %v", name, err)
		}
	}
	f.wantActs(parley.ActKeyCreated, parley.ActKeyCreated, parley.ActUserCreated)

	eight, m := "8", olga() // the operator says that it is him
	must[app.AdminUser](t)(f.UpdateUser(ctx, f.Ada, f.Finn.ID, app.UserPatch{ExternalID: &eight}))
	m.ExternalID, m.Username = "8", "finn"
	if linked := f.synced(m); linked.User.ID != f.Finn.ID || linked.User.Username != "finn" || linked.User.DisplayName != "Finch" || linked.User.AmountCents != 500 {
		t.Errorf("linked %+v", linked)
	}
	_, err := f.UpdateUser(ctx, f.Ada, f.Mina.ID, app.UserPatch{ExternalID: &eight})
	wantKind(t, err, parley.Conflict)
	strange := "a b"
	_, err = f.UpdateUser(ctx, f.Ada, f.Mina.ID, app.UserPatch{ExternalID: &strange})
	wantKind(t, err, parley.Unprocessable)
}

func TestANameThatCannotBeHadLocksNobodyOutIfItMayBeAdjusted(t *testing.T) {
	f := openForum(t)
	var id int64
	for _, tc := range []struct{ external, wish, want string }{
		{"7", "Mina", "Mina_2"},
		{"7", "Mina", "Mina_2"},
		{"8", "mina", "mina_3"},
		{"9", "Jürgen Müller", "Jurgen_Muller"},
		{"9", "Jürgen Müller", "Jurgen_Muller"},
		{"10", "everyone", "everyone_2"},
		{"11", "Мина", "member"},
		{"12", "人", "member_2"},
		{"13", strings.Repeat("x", 40), strings.Repeat("x", 32)},
	} {
		m := olga()
		m.ExternalID, m.Username, m.AdjustName = tc.external, tc.wish, true
		got := f.synced(m)
		if got.User.Username != tc.want {
			t.Errorf("%s: %s is called %s, want %s", tc.external, tc.wish, got.User.Username, tc.want)
		}
		if tc.external == "7" {
			id = got.User.ID
		}
	}
	m := olga()
	m.AdjustName, m.Username, m.Membership.AmountCents = true, "Tomas", 0 // taken: all else is as the app says
	if kept := f.synced(m); kept.User.ID != id || kept.User.Username != "Mina_2" || kept.User.AmountCents != 0 {
		t.Errorf("kept %+v", kept)
	}
	m.Username = "Olga"
	if got := f.synced(m); got.User.Username != "Olga" {
		t.Errorf("a free name: %+v", got)
	}
}

func TestTheLastCreatorStaysWhateverAnotherAppSays(t *testing.T) {
	f := openForum(t)
	ctx, key, id := t.Context(), f.key(parley.ScopeMembersWrite), "1"
	must[app.AdminUser](t)(f.UpdateUser(ctx, f.Ada, f.Ada.ID, app.UserPatch{ExternalID: &id}))
	creator := app.Member{ExternalID: "1", Username: "Ada", Role: parley.RoleCreator, Active: true}
	demoted, gone := creator, creator
	demoted.Role, gone.Active, gone.Username = parley.RoleMember, false, "Eve"
	for _, m := range []app.Member{demoted, gone} {
		_, err := f.SyncMember(ctx, key, m)
		wantKind(t, err, parley.Conflict)
	}
	second := olga()
	second.Role = parley.RoleCreator
	results := must[[]app.SyncedMember](t)(f.SyncMembers(ctx, key, []app.Member{gone, second, demoted, second}))
	if fmt.Sprint([]app.Outcome{results[0].Outcome, results[1].Outcome, results[2].Outcome, results[3].Outcome}) != "[failed created updated unchanged]" || parley.KindOf(results[0].Err) != parley.Conflict {
		t.Errorf("came of it: %+v", results)
	}
	if ada := must[app.AdminUser](t)(f.User(ctx, key, f.Ada.ID)); ada.Username != "Ada" || ada.Role != parley.RoleMember || !ada.IsActive {
		t.Errorf("Ada is %+v", ada)
	}
}

func TestMembersSwapTheirNamesInOneRequest(t *testing.T) {
	f := openForum(t)
	one, other := olga(), olga()
	other.ExternalID, other.Username = "8", "Otto"
	key := f.key(parley.ScopeMembersWrite)
	must[[]app.SyncedMember](t)(f.SyncMembers(t.Context(), key, []app.Member{one, other}))
	one.Username, other.Username = "Otto", "Olga"
	between := one
	between.Username = "Olga_2"
	results := must[[]app.SyncedMember](t)(f.SyncMembers(t.Context(), key, []app.Member{one, between, other, one}))
	if results[0].Outcome != app.MemberFailed || results[2].User.Username != "Olga" || results[3].User.Username != "Otto" {
		t.Errorf("came of it: %+v", results)
	}
}

func TestMembersComeFromSeveralSidesAtOnce(t *testing.T) {
	f := openForum(t)
	key := f.key(parley.ScopeMembersWrite)
	var all sync.WaitGroup
	outcomes := make([][]app.SyncedMember, 4)
	for i := range outcomes {
		all.Go(func() {
			var members []app.Member
			for n := range 20 {
				m := olga()
				m.ExternalID, m.Username = fmt.Sprint((n*7+i)%20), fmt.Sprintf("olga%d", (n*7+i)%20)
				members = append(members, m)
			}
			done, err := f.SyncMembers(t.Context(), key, members)
			if err != nil {
				t.Error(err)
			}
			outcomes[i] = done
		})
	}
	all.Go(func() { // and one of the names is taken by somebody who registers meanwhile
		_, err := f.AddUser(t.Context(), app.NewUser{NewAccount: app.NewAccount{Username: "olga19"}, Role: parley.RoleMember})
		if err != nil && parley.KindOf(err) != parley.Conflict {
			t.Error(err)
		}
	})
	all.Wait()
	made := map[string]int{}
	for _, done := range outcomes {
		for _, s := range done {
			if s.Outcome == app.MemberCreated {
				made[*s.User.ExternalID]++
			} else if s.Err != nil && parley.KindOf(s.Err) != parley.Conflict {
				t.Error(s.Err)
			}
		}
	}
	for id, times := range made {
		if times != 1 {
			t.Errorf("%s was made %d times", id, times)
		}
	}
	if len(made) < 19 {
		t.Errorf("%d were made", len(made))
	}
}

func TestARevokedKeySynchronisesNobody(t *testing.T) {
	f := openForum(t)
	ctx, key := t.Context(), f.key(parley.ScopeMembersWrite)
	if err := f.RevokeKey(ctx, f.Ada, key.KeyID); err != nil {
		t.Fatal(err)
	}
	_, err := f.SyncMember(ctx, key, olga())
	wantKind(t, err, parley.Unauthenticated)
	_, err = f.SyncMembers(ctx, key, []app.Member{olga()})
	wantKind(t, err, parley.Unauthenticated)
	_, err = f.Users(ctx, key, app.UserQuery{Limit: 1})
	wantKind(t, err, parley.Unauthenticated)
}

func TestOnlyCreatorsAndKeysSynchroniseMembers(t *testing.T) {
	f := openForum(t)
	for _, v := range []parley.Viewer{f.Tomas, f.Mina} {
		_, err := f.SyncMember(t.Context(), v, olga())
		wantKind(t, err, parley.Forbidden)
		_, err = f.SyncMembers(t.Context(), v, nil)
		wantKind(t, err, parley.Forbidden)
	}
	must[app.SyncedMember](t)(f.SyncMember(t.Context(), f.Ada, olga()))
}

func TestAKeyEndsByTheDatabasesClock(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	at := parley.At(f.Clock.Now()).Add(time.Hour)
	made := must[app.CreatedKey](t)(f.CreateKey(ctx, f.Ada, app.NewKey{Name: "Shop", Scopes: parley.Scopes(), ExpiresAt: &at}, app.Idempotency{}))
	use := func() error { return drop(f.AuthenticateKey(ctx, *made.Key, app.Client{Address: "192.0.2.1"})) }
	used := func() parley.Time { return *must[[]parley.APIKey](t)(f.Keys(ctx, f.Ada))[0].LastUsedAt }
	if err := use(); err != nil {
		t.Fatal(err)
	}
	first := used()
	f.Clock.Pass(59 * time.Second)
	if err := use(); err != nil || used() != first {
		t.Errorf("noted after 59 s: %v", err)
	}
	f.Clock.Pass(time.Second)
	if err := use(); err != nil || used() != first.Add(time.Minute) {
		t.Errorf("not noted after a minute: %v", err)
	}
	f.Clock.Pass(59 * time.Minute)
	wantKind(t, use(), parley.Unauthenticated)
	_, err := f.Users(ctx, parley.Viewer{KeyID: made.ID}, app.UserQuery{Limit: 1})
	wantKind(t, err, parley.Unauthenticated)
	past := parley.At(f.Clock.Now())
	_, err = f.CreateKey(ctx, f.Ada, app.NewKey{Name: "Shop", Scopes: parley.Scopes(), ExpiresAt: &past}, app.Idempotency{})
	wantKind(t, err, parley.Unprocessable)
}

func TestKeysMakeNoKeysAndAreNobody(t *testing.T) {
	f := openForum(t)
	ctx, key := t.Context(), f.key(parley.Scopes()...)
	_, err := f.CreateKey(ctx, key, app.NewKey{Name: "More", Scopes: parley.Scopes()}, app.Idempotency{})
	wantKind(t, err, parley.Forbidden)
	_, err = f.Keys(ctx, key)
	wantKind(t, err, parley.Forbidden)
	wantKind(t, f.RevokeKey(ctx, key, key.KeyID), parley.Forbidden)
	_, err = f.PostMessage(ctx, key, f.Free.ID, "I am a machine", 0, app.Idempotency{})
	wantKind(t, err, parley.Unauthenticated)
	if _, err := f.Thread(ctx, key, f.Free.ID); err == nil {
		t.Error("a key reads a thread")
	}
	_, err = f.Keys(ctx, f.Tomas)
	wantKind(t, err, parley.Forbidden)
}

// key is an API key as access decisions see it.
func (f *forum) key(scopes ...parley.Scope) parley.Viewer {
	f.t.Helper()
	made := must[app.CreatedKey](f.t)(f.CreateKey(f.t.Context(), f.Ada, app.NewKey{Name: "Shop", Scopes: scopes}, app.Idempotency{}))
	return parley.Viewer{KeyID: made.ID}
}
