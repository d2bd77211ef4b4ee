package app_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// spam is a reason to sanction somebody, for good.
var spam = app.NewSanction{Reason: "Spam."}

// hour is the same, for an hour.
func (f *forum) hour() app.NewSanction {
	until := parley.At(f.Clock.Now()).Add(time.Hour)
	return app.NewSanction{Reason: "Spam.", Until: &until}
}

// logged checks that the newest acts that the team sees are these, newest first.
func (f *forum) logged(want ...parley.Act) {
	f.t.Helper()
	entries := must[[]parley.AuditEntry](f.t)(f.ModerationLog(f.t.Context(), f.Tomas, 0, len(want)))
	if len(entries) < len(want) {
		f.t.Fatalf("%d acts are logged, want %v", len(entries), want)
	}
	for i, act := range want {
		if entries[i].Action != act {
			f.t.Errorf("act %d is %s by %v, want %s", i, entries[i].Action, entries[i].Actor, act)
		}
	}
}

func TestTheTeamSanctionsMembersAndTheCreatorTheTeam(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	past := parley.At(f.Clock.Now())
	for name, sanction := range map[string]func(v parley.Viewer, userID int64, in app.NewSanction) error{
		"silence": func(v parley.Viewer, id int64, in app.NewSanction) error { return f.Silence(ctx, v, id, in) },
		"suspend": func(v parley.Viewer, id int64, in app.NewSanction) error { return f.Suspend(ctx, v, id, in) },
	} {
		for _, tc := range []struct {
			why  string
			v    parley.Viewer
			whom int64
			in   app.NewSanction
			want parley.Kind
		}{
			{"a member", f.Mina, f.Finn.ID, spam, parley.Forbidden},
			{"a member who asks for nobody", f.Mina, 4711, spam, parley.Forbidden},
			{"the creator", f.Tomas, f.Ada.ID, spam, parley.Invalid},
			{"themselves", f.Ada, f.Ada.ID, spam, parley.Invalid},
			{"one of the team", f.Tomas, f.Tomas.ID, spam, parley.Forbidden},
			{"nobody", f.Tomas, 4711, spam, parley.NotFound},
			{"without a reason", f.Tomas, f.Finn.ID, app.NewSanction{Reason: " "}, parley.Unprocessable},
			{"at much length", f.Tomas, f.Finn.ID, app.NewSanction{Reason: strings.Repeat("x", 501)}, parley.Unprocessable},
			{"in the past", f.Tomas, f.Finn.ID, app.NewSanction{Reason: "Spam.", Until: &past}, parley.Unprocessable},
		} {
			if err := sanction(tc.v, tc.whom, tc.in); parley.KindOf(err) != tc.want {
				t.Errorf("%s, %s: %v", name, tc.why, err)
			}
		}
		if err := sanction(f.Ada, f.Tomas.ID, f.hour()); err != nil {
			t.Errorf("%s, the team by the creator: %v", name, err)
		}
		f.Clock.Pass(time.Hour)
	}
}

// writes are all that others see, as Finn does it in the free thread.
func (f *forum) writes(own int64) map[string]func() error {
	ctx, finn := f.t.Context(), f.Finn
	alias, title := "Finch", "Mine"
	return map[string]func() error{
		"post":   func() error { return drop(f.PostMessage(ctx, finn, f.Free.ID, "hi", 0, app.Idempotency{})) },
		"edit":   func() error { return drop(f.EditMessage(ctx, finn, own, "other words")) },
		"delete": func() error { return drop(f.DeleteMessage(ctx, finn, own)) },
		"like":   func() error { return drop(f.Like(ctx, finn, f.Free.First)) },
		"unlike": func() error { return drop(f.Unlike(ctx, finn, f.Free.First)) },
		"grow": func() error {
			return drop(f.CreateSubThread(ctx, finn, f.Free.First, "Why?", "hi", app.Idempotency{}))
		},
		"rename": func() error { return drop(f.UpdateThread(ctx, finn, f.Free.ID, app.ThreadPatch{Title: &title})) },
		"alias": func() error {
			return drop(f.UpdateSettings(ctx, finn, app.SettingsPatch{Alias: &alias, UseAlias: ptr(true)}))
		},
	}
}

func ptr[T any](value T) *T { return &value }

// TestWhoIsSilencedReadsAndWritesNothing tells the story of a silence.
func TestWhoIsSilencedReadsAndWritesNothing(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	own := f.post(f.Finn, f.Free, "his own").ID
	until := f.hour()
	f.tells("silenced", func() error { return f.Silence(ctx, f.Tomas, f.Finn.ID, until) },
		parley.Silenced{UserID: f.Finn.ID, By: f.Tomas.ID}, parley.UserRightsChanged{UserID: f.Finn.ID})
	f.logged(parley.ActUserSilenced)
	for what, write := range f.writes(own) {
		f.tells(what, func() error {
			err := write()
			var why *parley.Error
			if !errors.As(err, &why) || why.Kind != parley.Forbidden || why.Message != "You are silenced until 2026-03-01 10:00 UTC: Spam." {
				t.Errorf("%s: %v", what, err)
			}
			return nil
		})
	}
	for what, err := range map[string]error{
		"follow":    drop(f.Follow(ctx, f.Finn, f.Free.ID, parley.Follow{NewMessage: true})),
		"mark read": drop(f.MarkRead(ctx, f.Finn, f.Free.ID, 0)),
		"mute":      f.Mute(ctx, f.Finn, f.Free.ID, 0),
		"settings":  drop(f.UpdateSettings(ctx, f.Finn, app.SettingsPatch{Sound: ptr(false)})),
		"read":      drop(f.Thread(ctx, f.Finn, f.Free.ID)),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	greeting := must[app.Greeting](t)(f.Greeting(ctx, f.Finn))
	if s := greeting.Silenced; s == nil || s.Reason != "Spam." || s.Until == nil || *s.Until != *until.Until {
		t.Errorf("greeted with %+v", s)
	}
	f.Clock.Pass(time.Hour - time.Second) // what was read above passed no time
	if err := f.writes(own)["post"](); parley.KindOf(err) != parley.Forbidden {
		t.Errorf("a second before the end: %v", err)
	}
	f.Clock.Pass(time.Second)
	for _, what := range []string{"post", "edit", "like", "alias"} {
		if err := f.writes(own)[what](); err != nil {
			t.Errorf("%s when it has ended: %v", what, err)
		}
	}
	if greeting := must[app.Greeting](t)(f.Greeting(ctx, f.Finn)); greeting.Silenced != nil {
		t.Errorf("greeted with %+v", greeting.Silenced)
	}
}

func TestASilenceIsTakenBack(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	wantKind(t, f.Unsilence(ctx, f.Tomas, f.Finn.ID), parley.NotFound)
	if err := f.Silence(ctx, f.Tomas, f.Finn.ID, spam); err != nil {
		t.Fatal(err)
	}
	err := f.writes(0)["post"]()
	if err == nil || err.Error() != "You are silenced until further notice: Spam." {
		t.Errorf("he hears %v", err)
	}
	f.tells("taken back", func() error { return f.Unsilence(ctx, f.Ada, f.Finn.ID) },
		parley.Silenced{UserID: f.Finn.ID, By: f.Ada.ID, Lifted: true}, parley.UserRightsChanged{UserID: f.Finn.ID})
	f.logged(parley.ActUserUnsilenced, parley.ActUserSilenced)
	if err := f.writes(0)["post"](); err != nil {
		t.Error(err)
	}
}

func TestWhatWasSentBeforeTheSilenceIsAnsweredAgain(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	key := app.Idempotency{Key: "once", Fingerprint: []byte("the same")}
	first := must[parley.Message](t)(f.PostMessage(ctx, f.Finn, f.Free.ID, "hi", 0, key))
	if err := f.Silence(ctx, f.Tomas, f.Finn.ID, spam); err != nil {
		t.Fatal(err)
	}
	if again := must[parley.Message](t)(f.PostMessage(ctx, f.Finn, f.Free.ID, "hi", 0, key)); again.ID != first.ID {
		t.Errorf("answered with message %d, want %d", again.ID, first.ID)
	}
}

func TestASilencedMemberOfTheTeamModeratesNothing(t *testing.T) {
	f := openForum(t)
	if err := f.Silence(t.Context(), f.Ada, f.Tomas.ID, spam); err != nil {
		t.Fatal(err)
	}
	wantKind(t, f.Suspend(t.Context(), f.Tomas, f.Finn.ID, spam), parley.Forbidden)
	wantKind(t, drop(f.DeleteMessage(t.Context(), f.Tomas, f.Free.First)), parley.Forbidden)
}

// TestWhoIsSuspendedIsShutOut tells the story of a suspension.
func TestWhoIsSuspendedIsShutOut(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	f.post(f.Mina, f.Free, "hello @Finn")
	in := f.signsIn(f.Finn)
	f.tells("suspended", func() error { return f.Suspend(ctx, f.Tomas, f.Finn.ID, f.hour()) }, parley.UserRightsChanged{UserID: f.Finn.ID})
	f.logged(parley.ActUserSuspended)
	if _, err := f.Authenticate(ctx, in.Token); parley.KindOf(err) != parley.Unauthenticated {
		t.Errorf("his session: %v", err)
	}
	if err := f.writes(0)["post"](); parley.KindOf(err) != parley.Unauthenticated {
		t.Errorf("a request of before: %v", err)
	}
	_, err := f.Login(ctx, "Finn", finnsPassword, app.Client{})
	var why *parley.Error
	if !errors.As(err, &why) || why.Kind != parley.Forbidden || why.Message != "This account is suspended until 2026-03-01 10:00 UTC: Spam." {
		t.Errorf("signing in: %v", err)
	}
	if _, err := f.Login(ctx, "Finn", "not his password", app.Client{}); parley.KindOf(err) != parley.Unauthenticated {
		t.Errorf("a stranger learns of it: %v", err)
	}
	users := must[app.UserPage](t)(f.Users(ctx, f.Ada, app.UserQuery{Part: "finn", Limit: 1}))
	if u := users.Users[0]; u.Suspension == nil || u.Suspension.Reason != "Spam." || !u.IsActive || u.Silence != nil {
		t.Errorf("the creator sees %+v", u)
	}
	if found := must[[]app.Person](t)(f.SearchUsers(ctx, f.Mina, "finn", 5)); len(found) != 0 {
		t.Errorf("he is offered to be mentioned: %+v", found)
	}
	f.post(f.Mina, f.Free, "still there, @Finn?")
	f.Clock.Pass(time.Hour)
	if _, err := f.Login(ctx, "Finn", finnsPassword, app.Client{}); err != nil {
		t.Errorf("when it has ended: %v", err)
	}
	if got := f.notices(f.Finn); len(got) != 1 {
		t.Errorf("he was notified of %v, want what was before", got)
	}
}

func TestASuspensionIsTakenBack(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	f.signsIn(f.Finn)
	wantKind(t, f.Unsuspend(ctx, f.Tomas, f.Finn.ID), parley.NotFound)
	if err := f.Suspend(ctx, f.Tomas, f.Finn.ID, spam); err != nil {
		t.Fatal(err)
	}
	f.tells("taken back", func() error { return f.Unsuspend(ctx, f.Tomas, f.Finn.ID) }, parley.UserRightsChanged{UserID: f.Finn.ID})
	f.logged(parley.ActUserUnsuspended, parley.ActUserSuspended)
	if _, err := f.Login(ctx, "Finn", finnsPassword, app.Client{}); err != nil {
		t.Error(err)
	}
}

func TestWhoBecomesCreatorIsSanctionedNoMore(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	if err := f.Silence(ctx, f.Ada, f.Tomas.ID, spam); err != nil {
		t.Fatal(err)
	}
	if err := f.SetRights(ctx, "Tomas", parley.RoleCreator, parley.Membership{}); err != nil {
		t.Fatal(err)
	}
	f.post(f.Tomas, f.Free, "thanks")
}

// TestASanctionEndsByTheClockOfTheDatabase: it may end, or begin, between the
// request's arrival and its transaction. What holds in the transaction decides.
func TestASanctionEndsByTheClockOfTheDatabase(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	for _, sanction := range []func(context parley.Viewer, id int64, in app.NewSanction) error{
		func(v parley.Viewer, id int64, in app.NewSanction) error { return f.Silence(ctx, v, id, in) },
		func(v parley.Viewer, id int64, in app.NewSanction) error { return f.Suspend(ctx, v, id, in) },
	} {
		if err := sanction(f.Tomas, f.Finn.ID, f.hour()); err != nil {
			t.Fatal(err)
		}
		arrived := f.now(f.Finn)
		f.Clock.Pass(time.Hour)
		if _, err := f.PostMessage(ctx, arrived, f.Free.ID, "just in time", 0, app.Idempotency{}); err != nil {
			t.Errorf("ended meanwhile: %v", err)
		}
		arrived = f.now(f.Finn)
		if err := sanction(f.Tomas, f.Finn.ID, f.hour()); err != nil {
			t.Fatal(err)
		}
		if _, err := f.PostMessage(ctx, arrived, f.Free.ID, "too late", 0, app.Idempotency{}); err == nil {
			t.Error("begun meanwhile, and written all the same")
		}
		f.Clock.Pass(time.Hour)
	}
}

// TestNobodyWritesOnceTheyAreSilenced has Finn write on one server while another one
// silences him: what was committed after the silence is not his.
func TestNobodyWritesOnceTheyAreSilenced(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	other := f.another()
	for range 10 {
		atOnce(
			func() { f.PostMessage(ctx, f.Finn, f.Free.ID, "quick", 0, app.Idempotency{}) },
			func() {
				if err := other.Silence(ctx, f.Tomas, f.Finn.ID, spam); err != nil {
					t.Error(err)
				}
			},
		)
		if err := f.writes(0)["post"](); parley.KindOf(err) != parley.Forbidden {
			t.Errorf("afterwards: %v", err)
		}
		if err := f.Unsilence(ctx, f.Tomas, f.Finn.ID); err != nil {
			t.Fatal(err)
		}
	}
}

const finnsPassword = "correct horse battery"

// signsIn gives somebody a password and signs them in with it.
func (f *forum) signsIn(v parley.Viewer) app.SignIn {
	f.t.Helper()
	u := storetest.Found(f.t, f.Store, func(s *store.Snapshot) (parley.User, bool, error) { return s.User(v.ID) })
	if err := f.SetPassword(f.t.Context(), u.Username, finnsPassword); err != nil {
		f.t.Fatal(err)
	}
	return must[app.SignIn](f.t)(f.Login(f.t.Context(), u.Username, finnsPassword, app.Client{}))
}
