package app_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/bcrypt"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
)

func TestWhoeverRegistersIsAMemberAndSignedIn(t *testing.T) {
	d := openDoors(t)
	in, err := d.Register(t.Context(), app.NewAccount{Username: " Finn ", Password: goodPassword, Email: "finn@example.org"}, laptop)
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Authenticate(t.Context(), in.Token)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in.Principal, p); diff != "" {
		t.Errorf("signed in as somebody else than registered (-registered +signed in):\n%s", diff)
	}
	if u := p.User; u.Username != "Finn" || u.Role != parley.RoleMember || u.Email != "finn@example.org" || !u.Active || u.CreatedAt == 0 {
		t.Errorf("registered as %+v", u)
	}
}

func TestRegistrationSaysWhatIsWrong(t *testing.T) {
	d := openDoors(t)
	d.add("Mina", parley.RoleMember)
	for _, tc := range []struct {
		name, username, password, email string
		kind                            parley.Kind
		want                            string
	}{
		{"a short name", "F", goodPassword, "", parley.Unprocessable, "field username"},
		{"a name with a space", "Finn F", goodPassword, "", parley.Unprocessable, "field username"},
		{"a name with a meaning", "Everyone", goodPassword, "", parley.Unprocessable, "reserved"},
		{"no password", "Finn", "", "", parley.Unprocessable, "field password"},
		{"a short password", "Finn", "123456789", "", parley.Unprocessable, "field password"},
		{"an address that is none", "Finn", goodPassword, "finn", parley.Unprocessable, "field email"},
		{"a name before an address", "Finn", goodPassword, "Finn <finn@example.org>", parley.Unprocessable, "field email"},
		{"a taken name", "mina", goodPassword, "", parley.Conflict, "mina is taken"},
		{"a taken address", "Finn", goodPassword, "MINA@example.org", parley.Conflict, "e-mail address already"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := d.Register(t.Context(), app.NewAccount{Username: tc.username, Password: tc.password, Email: tc.email}, laptop)
			wantKind(t, err, tc.kind)
			if err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %q, want it to say %q", err, tc.want)
			}
		})
	}
}

func TestNobodyRegistersWhereRegistrationIsNotOpen(t *testing.T) {
	d := openDoors(t)
	for registration, says := range map[parley.Registration]string{
		parley.RegistrationClosed: "Registration is closed: ask the community's team for an account.",
		parley.RegistrationInvite: "Members are invited here: ask the creator to make an account for you, then sign in with it.",
	} {
		community := parley.DefaultCommunity()
		community.Registration = registration
		if _, err := d.store.Update(t.Context(), func(tx *store.Tx) error { return tx.SetCommunity(community) }); err != nil {
			t.Fatal(err)
		}
		_, err := d.Register(t.Context(), app.NewAccount{Username: "Finn", Password: goodPassword}, laptop)
		wantKind(t, err, parley.Forbidden)
		if err == nil || err.Error() != says {
			t.Errorf("%s: %v", registration, err)
		}
	}
	invited := app.NewUser{NewAccount: app.NewAccount{Username: "Finn", Password: goodPassword}, Role: parley.RoleMember}
	if _, err := d.AddUser(t.Context(), invited); err != nil {
		t.Errorf("an account made by an operator: %v", err)
	}
}

func TestPeopleSignInByNameOrAddress(t *testing.T) {
	d := openDoors(t)
	id := d.add("Mina", parley.RoleMember)
	for _, name := range []string{"Mina", "MINA", "mina@example.org", "Mina@Example.ORG"} {
		if in := d.login(name, laptop); in.User.ID != id {
			t.Errorf("signed in as %d by %q, want %d", in.User.ID, name, id)
		}
	}
}

func TestAWrongNameAndAWrongPasswordAreAnsweredAlike(t *testing.T) {
	d := openDoors(t)
	d.add("Mina", parley.RoleMember)
	if _, err := d.AddUser(t.Context(), app.NewUser{NewAccount: app.NewAccount{Username: "Tomas"}, Role: parley.RoleTeam}); err != nil {
		t.Fatal(err)
	}
	for _, try := range []struct{ name, password string }{
		{"Mina", "wrong password"}, {"Nobody", goodPassword}, {"nobody@example.org", goodPassword}, {"Tomas", ""}, {"", ""},
	} {
		_, err := d.Login(t.Context(), try.name, try.password, laptop)
		wantKind(t, err, parley.Unauthenticated)
		if err != nil && err.Error() != "The name or the password is wrong." {
			t.Errorf("as %q: %v", try.name, err)
		}
	}
}

func TestAnAccountIsClosedToGuessesAfterTooMany(t *testing.T) {
	d := openDoors(t)
	d.add("Mina", parley.RoleMember)
	d.add("Finn", parley.RoleMember)
	for _, name := range []string{"Mina", "Nobody"} {
		var err error
		for range 10 {
			_, err = d.Login(t.Context(), name, "wrong password", laptop)
			wantKind(t, err, parley.Unauthenticated)
		}
		_, err = d.Login(t.Context(), name, goodPassword, phone)
		wantKind(t, err, parley.RateLimited)
	}
	d.login("Finn", phone)
}

// TestWhatCameToNoComparisonIsNoGuess has somebody try to sign in whom the database
// does not answer, again and again.
func TestWhatCameToNoComparisonIsNoGuess(t *testing.T) {
	d := openDoors(t)
	d.add("Mina", parley.RoleMember)
	failing, fail := context.WithCancel(t.Context())
	fail()
	for range 40 {
		if _, err := d.Login(failing, "Mina", goodPassword, laptop); !errors.Is(err, context.Canceled) {
			t.Fatalf("%v, want that it failed", err)
		}
	}
	d.login("Mina", laptop)
}

func TestSigningInOftenIsNoGuessing(t *testing.T) {
	d := openDoors(t)
	d.add("Mina", parley.RoleMember)
	for range 12 {
		d.login("Mina", laptop)
	}
}

func TestAWeakHashIsReplacedAtTheNextSignIn(t *testing.T) {
	d := openDoors(t)
	weak, err := bcrypt.GenerateFromPassword([]byte(goodPassword), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	imported := store.Account{User: parley.User{Username: "Mina", Role: parley.RoleMember, Active: true}, PasswordHash: string(weak)}
	if _, err := d.store.Update(t.Context(), func(tx *store.Tx) error { _, err := tx.CreateUser(imported); return err }); err != nil {
		t.Fatal(err)
	}
	d.login("Mina", laptop)
	if hash := d.account("Mina").PasswordHash; !strings.HasPrefix(hash, "$argon2id$") {
		t.Errorf("the hash is %q still", hash)
	}
	d.login("Mina", laptop)
}

func TestDeactivationEndsSessionsAndKeepsOut(t *testing.T) {
	d := openDoors(t)
	id := d.add("Mina", parley.RoleMember)
	in := d.login("Mina", laptop)
	if err := d.Deactivate(t.Context(), "mina"); err != nil {
		t.Fatal(err)
	}
	if d.opens(in.Token) {
		t.Error("the session lives on")
	}
	_, err := d.Login(t.Context(), "Mina", goodPassword, laptop)
	wantKind(t, err, parley.Forbidden)
	if diff := cmp.Diff([]parley.Event{parley.UserRightsChanged{UserID: id}}, d.logged(parley.ControlChannel)); diff != "" {
		t.Errorf("open sockets hear (-want +got):\n%s", diff)
	}
	_, err = d.Login(t.Context(), "Mina", "wrong password", laptop)
	wantKind(t, err, parley.Unauthenticated)
}

func TestAChangeOfRightsIsToldToSocketsAndPages(t *testing.T) {
	d := openDoors(t)
	id := d.add("Mina", parley.RoleMember)
	patron := parley.Membership{AmountCents: 500, Source: "patreon"}
	if err := d.SetRights(t.Context(), "Mina", parley.RoleTeam, patron); err != nil {
		t.Fatal(err)
	}
	if u := d.account("Mina").User; u.Role != parley.RoleTeam || u.Membership != patron {
		t.Errorf("Mina is %+v", u)
	}
	events := append(d.logged(parley.ControlChannel), d.logged(parley.UserChannel(id))...)
	want := []parley.Event{parley.UserRightsChanged{UserID: id}, parley.MembershipChanged{UserID: id}}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	wantKind(t, d.SetRights(t.Context(), "Mina", "owner", patron), parley.Unprocessable)
	wantKind(t, d.SetRights(t.Context(), "Mina", parley.RoleMember, parley.Membership{AmountCents: -1}), parley.Unprocessable)
	wantKind(t, d.SetRights(t.Context(), "Nobody", parley.RoleMember, patron), parley.NotFound)
}

func TestThereIsAlwaysACreator(t *testing.T) {
	d := openDoors(t)
	d.add("Ada", parley.RoleCreator)
	wantKind(t, d.SetRights(t.Context(), "Ada", parley.RoleTeam, parley.Membership{}), parley.Conflict)
	wantKind(t, d.Deactivate(t.Context(), "Ada"), parley.Conflict)
	d.add("Eva", parley.RoleCreator)
	if err := d.Deactivate(t.Context(), "Ada"); err != nil {
		t.Error(err)
	}
}

func TestPermissionsFollowRoleAndCommunity(t *testing.T) {
	d := openDoors(t)
	for _, tc := range []struct {
		role parley.Role
		want app.Permissions
	}{
		{parley.RoleCreator, app.Permissions{CanCreateThreads: true, CanUseTeamMention: true, CanModerate: true, IsCreator: true}},
		{parley.RoleTeam, app.Permissions{CanUseTeamMention: true, CanModerate: true}},
		{parley.RoleMember, app.Permissions{}},
	} {
		got, err := d.Permissions(t.Context(), parley.Viewer{ID: 1, Role: tc.role, Active: true})
		if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", tc.role, err, diff)
		}
	}
}
