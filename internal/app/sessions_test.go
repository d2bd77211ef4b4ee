package app_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
)

const day = 24 * time.Hour

func TestASessionLastsAsLongAsItIsUsed(t *testing.T) {
	d := openDoors(t)
	d.add("Mina", parley.RoleMember)
	in := d.login("Mina", laptop)
	for range 3 {
		d.pass(29 * day)
		if !d.opens(in.Token) {
			t.Fatal("a session that is used ended")
		}
	}
	d.pass(30*day + time.Second)
	if d.opens(in.Token) {
		t.Error("a session that was not used for 30 days lives on")
	}
}

func TestTheUseOfASessionIsNotedOnceAnHour(t *testing.T) {
	d := openDoors(t)
	d.add("Mina", parley.RoleMember)
	in := d.login("Mina", laptop)
	seen := func() parley.Time {
		p, err := d.Authenticate(t.Context(), in.Token) // as it was before this use
		if err != nil {
			t.Fatal(err)
		}
		return p.Session.LastSeenAt
	}
	opened := in.Session.LastSeenAt
	d.pass(59 * time.Minute)
	seen()
	if got := seen(); got != opened {
		t.Errorf("noted within the hour: %v", got)
	}
	d.pass(2 * time.Minute)
	seen()
	if got, want := seen(), opened.Add(61*time.Minute); got != want {
		t.Errorf("noted %v, want %v", got, want)
	}
}

func TestATokenThatOpensNothingIsRefused(t *testing.T) {
	d := openDoors(t)
	d.add("Mina", parley.RoleMember)
	in := d.login("Mina", laptop)
	for _, token := range []string{"", "x", in.Token + "x", in.Token[:42], in.Session.PublicID} {
		if d.opens(token) {
			t.Errorf("%q opens a session", token)
		}
	}
}

func TestPeopleSeeTheirSessionsAndEndThem(t *testing.T) {
	d := openDoors(t)
	minaID := d.add("Mina", parley.RoleMember)
	d.add("Finn", parley.RoleMember)
	mina, away, finn := d.login("Mina", laptop), d.login("Mina", phone), d.login("Finn", laptop)

	sessions, err := d.Sessions(t.Context(), mina.Principal)
	if err != nil {
		t.Fatal(err)
	}
	if len(sessions) != 2 || sessions[0].PublicID != away.Session.PublicID || sessions[0].UserAgent != "Firefox" ||
		sessions[0].Address != "192.0.2.2" || sessions[0].Current || !sessions[1].Current {
		t.Errorf("Mina sees %+v", sessions)
	}
	wantKind(t, d.EndSession(t.Context(), mina.Principal, finn.Session.PublicID), parley.NotFound)
	if err := d.EndSession(t.Context(), mina.Principal, away.Session.PublicID); err != nil {
		t.Fatal(err)
	}
	wantKind(t, d.EndSession(t.Context(), mina.Principal, away.Session.PublicID), parley.NotFound)
	if d.opens(away.Token) || !d.opens(mina.Token) || !d.opens(finn.Token) {
		t.Error("another session ended than the one asked for")
	}
	if diff := cmp.Diff([]parley.Event{parley.SessionsEnded{UserID: minaID}}, d.logged(parley.ControlChannel)); diff != "" {
		t.Errorf("open sockets hear (-want +got):\n%s", diff)
	}
}

func TestLoggingOutEndsThisSessionAlone(t *testing.T) {
	d := openDoors(t)
	id := d.add("Mina", parley.RoleMember)
	here, there := d.login("Mina", laptop), d.login("Mina", phone)
	for range 2 { // from two tabs
		if err := d.Logout(t.Context(), here.Principal); err != nil {
			t.Fatal(err)
		}
	}
	if d.opens(here.Token) || !d.opens(there.Token) {
		t.Error("the wrong session ended")
	}
	if diff := cmp.Diff([]parley.Event{parley.SessionsEnded{UserID: id}}, d.logged(parley.ControlChannel)); diff != "" {
		t.Errorf("open sockets hear (-want +got):\n%s", diff)
	}
}

func TestANewPasswordNeedsTheOldOneAndEndsAllOtherSessions(t *testing.T) {
	const newPassword = "staple battery horse"
	d := openDoors(t)
	id := d.add("Mina", parley.RoleMember)
	here, there := d.login("Mina", laptop), d.login("Mina", phone)

	wantKind(t, d.ChangePassword(t.Context(), here.Principal, "wrong password", newPassword), parley.Forbidden)
	wantKind(t, d.ChangePassword(t.Context(), here.Principal, goodPassword, "short"), parley.Unprocessable)
	if !d.opens(there.Token) {
		t.Error("a refused change ended a session")
	}
	if err := d.ChangePassword(t.Context(), here.Principal, goodPassword, newPassword); err != nil {
		t.Fatal(err)
	}
	if !d.opens(here.Token) || d.opens(there.Token) {
		t.Error("want this session to live, and the others to end")
	}
	if diff := cmp.Diff([]parley.Event{parley.SessionsEnded{UserID: id}}, d.logged(parley.ControlChannel)); diff != "" {
		t.Errorf("open sockets hear (-want +got):\n%s", diff)
	}
	_, err := d.Login(t.Context(), "Mina", goodPassword, laptop)
	wantKind(t, err, parley.Unauthenticated)
	if _, err := d.Login(t.Context(), "Mina", newPassword, laptop); err != nil {
		t.Error(err)
	}
}

func TestAnOperatorsNewPasswordEndsAllSessions(t *testing.T) {
	d := openDoors(t)
	d.add("Mina", parley.RoleMember)
	in := d.login("Mina", laptop)
	if err := d.SetPassword(t.Context(), "mina@example.org", "staple battery horse"); err != nil {
		t.Fatal(err)
	}
	if d.opens(in.Token) {
		t.Error("the session lives on")
	}
	wantKind(t, d.SetPassword(t.Context(), "Mina", "short"), parley.Unprocessable)
	wantKind(t, d.SetPassword(t.Context(), "Nobody", goodPassword), parley.NotFound)
}
