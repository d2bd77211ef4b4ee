package app_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
)

// setEveryone changes how everyone may be mentioned, as Ada.
func (f *forum) setEveryone(patch app.EveryonePatch) {
	f.t.Helper()
	must[parley.EveryoneSettings](f.t)(f.UpdateEveryone(f.t.Context(), f.Ada, patch))
}

// call has somebody mention everyone in the free thread.
func (f *forum) call(v parley.Viewer) (parley.Message, error) {
	f.t.Helper()
	f.Clock.Pass(second)
	m, err := f.PostMessage(f.t.Context(), v, f.Free.ID, "hello @everyone", 0, app.Idempotency{})
	f.RunJobs(f.t.Context())
	return m, err
}

func (f *forum) mayCall(v parley.Viewer) {
	f.t.Helper()
	must[parley.Message](f.t)(f.call(v))
}

func (f *forum) mayNotCall(v parley.Viewer, kind parley.Kind) {
	f.t.Helper()
	_, err := f.call(v)
	wantKind(f.t, err, kind)
}

func TestTheTeamMentionsEveryoneThreeTimesADay(t *testing.T) {
	f := openForum(t)
	for range 3 {
		f.mayCall(f.Tomas)
	}
	before := must[int64](t)(f.MessageCount(t.Context(), f.Tomas, f.Free.ID))
	f.mayNotCall(f.Tomas, parley.RateLimited)
	if after := must[int64](t)(f.MessageCount(t.Context(), f.Tomas, f.Free.ID)); after != before {
		t.Error("what was refused was posted")
	}
	f.mayCall(f.Ada) // as often as she likes
	f.mayNotCall(f.Finn, parley.Forbidden)
	f.Clock.Pass(24 * time.Hour)
	f.mayCall(f.Tomas)
}

func TestAnEditMentionsEveryoneByTheSameRules(t *testing.T) {
	f := openForum(t)
	none := new(int64)
	f.setEveryone(app.EveryonePatch{TeamRateLimit: &none})
	id := f.post(f.Tomas, f.Free, "hello").ID
	_, err := f.EditMessage(t.Context(), f.Tomas, id, "hello @everyone")
	wantKind(t, err, parley.Forbidden)
	_, err = f.CreateSubThread(t.Context(), f.Tomas, f.Free.First, "Why?", "hello @everyone", app.Idempotency{})
	wantKind(t, err, parley.Forbidden)
}

// may checks whether somebody mentions everyone, and is told that they can.
func (f *forum) may(v parley.Viewer, want bool) {
	f.t.Helper()
	if can := must[bool](f.t)(f.CanUseEveryone(f.t.Context(), v)); can != want {
		f.t.Errorf("%d is told that they can: %v", v.ID, can)
	}
	if want {
		f.mayCall(v)
	} else {
		f.mayNotCall(v, parley.Forbidden)
	}
}

func TestALimitOfNoneKeepsTheTeamFromMentioningEveryone(t *testing.T) {
	f := openForum(t)
	none := new(int64)
	f.may(f.Tomas, true)
	f.setEveryone(app.EveryonePatch{TeamRateLimit: &none})
	f.may(f.Tomas, false)
	f.may(f.Ada, true)
	f.restricts(f.Tomas, app.NewRestriction{RateLimit: ptr(int64(5))}) // his own limit holds instead
	f.may(f.Tomas, true)
	f.restricts(f.Tomas, app.NewRestriction{RateLimit: ptr(int64(0))})
	f.may(f.Tomas, false)
}

// TestWhoMentionsEveryoneTooOftenIsToldWhenThereIsRoom: that is when so many uses have
// left the window that one more fits, also when the limit was lowered since.
func TestWhoMentionsEveryoneTooOftenIsToldWhenThereIsRoom(t *testing.T) {
	f := openForum(t)
	for range 3 { // an hour apart, the last one an hour ago
		f.mayCall(f.Tomas)
		f.Clock.Pass(time.Hour - second)
	}
	f.Clock.Pass(second)
	waits := func(limit int64, want time.Duration) {
		t.Helper()
		_, err := f.PostMessage(t.Context(), f.Tomas, f.Free.ID, "hello @everyone", 0, app.Idempotency{})
		var refused *parley.Error
		if !errors.As(err, &refused) || refused.Kind != parley.RateLimited || refused.RetryAfter != want {
			t.Errorf("with a limit of %d: %+v, want a wait of %v", limit, err, want)
		}
	}
	for limit, want := range map[int64]time.Duration{3: 21 * time.Hour, 2: 22 * time.Hour, 1: 23 * time.Hour} {
		f.setEveryone(app.EveryonePatch{TeamRateLimit: ptr(&limit)})
		waits(limit, want)
	}
	for limit, want := range map[int64]time.Duration{3: 21 * time.Hour, 2: 22 * time.Hour, 1: 23 * time.Hour} {
		f.restricts(f.Tomas, app.NewRestriction{RateLimit: &limit})
		waits(limit, want)
	}
	f.restricts(f.Tomas, app.NewRestriction{RateLimit: ptr(int64(2))})
	f.Clock.Pass(22*time.Hour - 2*second)
	f.mayNotCall(f.Tomas, parley.RateLimited)
	f.mayCall(f.Tomas)
}

// TestAnEditThatKeepsEveryoneCallsNobodyAgain has Tomas correct a message long after he
// used up what he may, at an hour at which nobody may: that asks for his right alone.
func TestAnEditThatKeepsEveryoneCallsNobodyAgain(t *testing.T) {
	f := openForum(t)
	m := must[parley.Message](t)(f.call(f.Tomas))
	none, once, minutes, start, end := ptr(int64(0)), ptr(int64(1)), int64(60), ptr(int64(8)), ptr(int64(12))
	f.setEveryone(app.EveryonePatch{TeamRateLimit: &once, CooldownMinutes: &minutes, NotificationLimit: &none, QuietStart: &start, QuietEnd: &end})
	f.tells("the edit", func() error { return drop(f.EditMessage(t.Context(), f.Tomas, m.ID, "good morning @everyone")) },
		parley.MessageEdited{ThreadID: f.Free.ID, MessageID: m.ID})
}

func TestAnEditKeepsEveryoneOnlyWhileItsAuthorMayMentionEveryone(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	m := must[parley.Message](t)(f.call(f.Tomas))
	own := must[parley.Message](t)(f.call(f.Ada))
	text := func(n int) string { return fmt.Sprintf("@everyone, for the %dth time", n) }
	edits := 0
	refuses := func() {
		t.Helper()
		edits++
		wantKind(t, drop(f.EditMessage(ctx, f.Tomas, m.ID, text(edits))), parley.Forbidden)
	}
	allows := func(v parley.Viewer, id int64) {
		t.Helper()
		edits++
		must[parley.Message](t)(f.EditMessage(ctx, v, id, text(edits)))
	}
	length := ptr(int64(10))
	f.setEveryone(app.EveryonePatch{MaxMessageLength: &length})
	refuses()
	allows(f.Ada, own.ID) // whom no limit holds
	must[parley.Message](t)(f.EditMessage(ctx, f.Tomas, m.ID, "@everyone!"))
	must[parley.Message](t)(f.EditMessage(ctx, f.Tomas, m.ID, "as long as one likes without"))
	must[parley.Message](t)(f.EditMessage(ctx, f.Tomas, m.ID, "@everyone!"))
	f.setEveryone(app.EveryonePatch{MaxMessageLength: new(*int64)})
	allows(f.Tomas, m.ID)
	if err := f.RestrictEveryone(ctx, f.Ada, f.Tomas.ID, app.NewRestriction{}); err != nil {
		t.Fatal(err)
	}
	refuses()
	if users := must[[]app.RestrictedUser](t)(f.RestrictedUsers(ctx, f.Ada)); users[0].ViolationCount != 0 {
		t.Errorf("an edit counts as %d attempts to call everyone", users[0].ViolationCount)
	}
	if err := f.UnrestrictEveryone(ctx, f.Ada, f.Tomas.ID); err != nil {
		t.Fatal(err)
	}
	f.setEveryone(app.EveryonePatch{Disabled: ptr(true)})
	refuses()
	f.setEveryone(app.EveryonePatch{Disabled: ptr(false)})
	allows(f.Tomas, m.ID)
	if err := f.SetRights(ctx, "Tomas", parley.RoleMember, parley.Membership{}); err != nil {
		t.Fatal(err)
	}
	refuses()
}

func TestEverybodyWaitsAfterSomebodyMentionedEveryone(t *testing.T) {
	f := openForum(t)
	minutes := int64(10)
	f.setEveryone(app.EveryonePatch{CooldownMinutes: &minutes})
	f.mayCall(f.Ada)
	f.mayNotCall(f.Tomas, parley.RateLimited)
	f.Clock.Pass(10 * time.Minute)
	f.mayCall(f.Tomas)
}

func TestQuietHoursAreByTheClockOfTheDatabase(t *testing.T) {
	f := openForum(t) // nine in the morning, UTC
	start, end, zone := new(int64), new(int64), "America/New_York"
	*start, *end = 22, 5
	f.setEveryone(app.EveryonePatch{QuietStart: &start, QuietEnd: &end, Timezone: &zone})
	f.mayNotCall(f.Tomas, parley.Forbidden) // four there
	f.Clock.Pass(time.Hour)
	f.mayCall(f.Tomas)
}

func TestTooManyToNotifyIsRefused(t *testing.T) {
	f := openForum(t)
	limit := new(int64)
	*limit = 2 // there are Ada, Mina and Finn
	f.setEveryone(app.EveryonePatch{NotificationLimit: &limit})
	f.mayNotCall(f.Tomas, parley.Forbidden)
	var none *int64
	f.setEveryone(app.EveryonePatch{NotificationLimit: &none})
	f.mayCall(f.Tomas)
}

func TestAMentionThatNeedsApprovalNotifiesWhenItIsApproved(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	yes := true
	f.setEveryone(app.EveryonePatch{RequireApproval: &yes})
	m := must[parley.Message](t)(f.call(f.Tomas))
	if got := f.notices(f.Finn); len(got) != 0 {
		t.Errorf("Finn is told %v", got)
	}
	pending := must[[]app.PendingEveryone](t)(f.PendingEveryone(ctx, f.Ada, 0, 10))
	if len(pending) != 1 || pending[0].MessageID != m.ID || pending[0].Username != "Tomas" {
		t.Fatalf("waiting: %+v", pending)
	}
	f.tells("the approval", func() error { return f.ApproveEveryone(ctx, f.Ada, pending[0].ID) },
		parley.ManyMentioned{ThreadID: f.Free.ID, MessageID: m.ID, Special: parley.MentionEveryone, Notifications: 3},
		parley.Called{ThreadID: f.Free.ID})
	f.RunJobs(ctx)
	for _, v := range []parley.Viewer{f.Ada, f.Mina, f.Finn} {
		if got := f.notices(v); len(got) != 1 || got[0] != (notice{parley.NotifyMention, m.ID}) {
			t.Errorf("%d is told %v", v.ID, got)
		}
	}
	wantKind(t, f.ApproveEveryone(ctx, f.Ada, pending[0].ID), parley.NotFound)
	f.wantActs(parley.ActEveryoneSettings, parley.ActEveryoneApproved)
}

func TestWaitingMentionsCountForTheLimitAndAreRejected(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	yes := true
	f.setEveryone(app.EveryonePatch{RequireApproval: &yes})
	for range 3 {
		f.mayCall(f.Tomas)
	}
	f.mayNotCall(f.Tomas, parley.RateLimited)
	for _, p := range must[[]app.PendingEveryone](t)(f.PendingEveryone(ctx, f.Ada, 0, 10)) {
		if err := f.RejectEveryone(ctx, f.Ada, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	f.RunJobs(ctx)
	if got := f.notices(f.Finn); len(got) != 0 {
		t.Errorf("Finn is told %v", got)
	}
}

func TestWhatNoLongerMentionsEveryoneIsNotApproved(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	yes := true
	f.setEveryone(app.EveryonePatch{RequireApproval: &yes})
	m := must[parley.Message](t)(f.call(f.Tomas))
	must[parley.Message](t)(f.EditMessage(ctx, f.Tomas, m.ID, "hello"))
	id := must[[]app.PendingEveryone](t)(f.PendingEveryone(ctx, f.Ada, 0, 10))[0].ID
	wantKind(t, f.ApproveEveryone(ctx, f.Ada, id), parley.Conflict)
	must[[]int64](t)(f.DeleteMessage(ctx, f.Tomas, m.ID))
	wantKind(t, f.ApproveEveryone(ctx, f.Ada, id), parley.NotFound)
}

func TestAHiddenMessageIsNotApprovedToMentionEveryone(t *testing.T) {
	f := openForum(t)
	f.setEveryone(app.EveryonePatch{RequireApproval: ptr(true)})
	m := must[parley.Message](t)(f.call(f.Tomas))
	id := must[[]app.PendingEveryone](t)(f.PendingEveryone(t.Context(), f.Ada, 0, 10))[0].ID
	f.resolved(f.flag(f.Finn, m.ID), parley.FlagHide)
	wantKind(t, f.ApproveEveryone(t.Context(), f.Ada, id), parley.Conflict)
	must[[]int64](t)(f.RestoreMessage(t.Context(), f.Ada, m.ID))
	if err := f.ApproveEveryone(t.Context(), f.Ada, id); err != nil {
		t.Errorf("shown again: %v", err)
	}
}

func TestTheEmergencySwitchHoldsForCreatorsToo(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	yes, no := true, false
	reason := new(string)
	*reason = "The server moves."
	turn := func(on *bool, why *string) func() error {
		return func() error {
			return drop(f.UpdateEveryone(ctx, f.Ada, app.EveryonePatch{Disabled: on, DisableReason: &why}))
		}
	}
	f.hub.take()
	f.tells("switched off", turn(&yes, reason), parley.EveryoneSwitched{Disabled: true, By: f.Ada.ID})
	f.mayNotCall(f.Ada, parley.Forbidden)
	f.tells("and on", turn(&no, nil), parley.EveryoneSwitched{By: f.Ada.ID})
	f.tells("and on again", turn(&no, nil))
	f.mayCall(f.Ada)
	published := f.hub.take()
	off := decode[parley.EveryoneDisabledFrame](t, published[0].Frame)
	on := decode[parley.EveryoneEnabledFrame](t, published[1].Frame)
	if off.Type != "everyone_disabled" || *off.Reason != *reason || off.DisabledBy != "Ada" || on.Type != "everyone_enabled" || on.EnabledBy != "Ada" {
		t.Errorf("told %+v, %+v", off, on)
	}
}

func TestARestrictionIsToldCountedAndExpiresByItself(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	hours := int64(2)
	f.hub.take()
	f.tells("a restriction", func() error {
		return f.RestrictEveryone(ctx, f.Ada, f.Tomas.ID, app.NewRestriction{Reason: "Too loud.", Hours: &hours})
	}, parley.EveryoneRestricted{UserID: f.Tomas.ID, By: f.Ada.ID})
	told := decode[parley.EveryoneRestrictedFrame](t, f.hub.take()[0].Frame)
	greeting := must[app.Greeting](t)(f.Greeting(ctx, f.Tomas))
	if told.Reason != "Too loud." || *told.Until != parley.At(f.Clock.Now().Add(2*time.Hour)) || told.RestrictedBy != "Ada" || fmt.Sprint(*greeting.Restricted.Until) != fmt.Sprint(*told.Until) {
		t.Errorf("told %+v, greeted %+v", told, greeting.Restricted)
	}
	f.mayNotCall(f.Tomas, parley.Forbidden)
	users := must[[]app.RestrictedUser](t)(f.RestrictedUsers(ctx, f.Ada))
	if len(users) != 1 || users[0].Username != "Tomas" || users[0].ViolationCount != 1 {
		t.Errorf("restricted: %+v", users)
	}
	if can := must[bool](t)(f.CanUseEveryone(ctx, f.Tomas)); can {
		t.Error("Tomas is told that he can")
	}
	f.Clock.Pass(2 * time.Hour)
	f.mayCall(f.Tomas)
	if greeting := must[app.Greeting](t)(f.Greeting(ctx, f.Tomas)); greeting.Restricted != nil {
		t.Errorf("after two hours he is greeted %+v", greeting.Restricted)
	}
}

func TestWhoBecomesCreatorIsNoLongerRestrictedNorToldSo(t *testing.T) {
	f := openForum(t)
	ctx, creator := t.Context(), parley.RoleCreator
	if err := f.RestrictEveryone(ctx, f.Ada, f.Tomas.ID, app.NewRestriction{Reason: "Too loud."}); err != nil {
		t.Fatal(err)
	}
	must[app.AdminUser](t)(f.UpdateUser(ctx, f.Ada, f.Tomas.ID, app.UserPatch{Role: &creator}))
	tomas := f.now(f.Tomas)
	f.mayCall(tomas)
	if greeting := must[app.Greeting](t)(f.Greeting(ctx, tomas)); greeting.Restricted != nil {
		t.Errorf("he is greeted %+v", greeting.Restricted)
	}
}

// TestARestrictionEndsByTheClockOfTheDatabase: it may end, or begin, between the
// request's arrival and its transaction. What holds in the transaction decides.
func TestARestrictionEndsByTheClockOfTheDatabase(t *testing.T) {
	f := openForum(t)
	passes := make(chan time.Duration, 1) // once somebody has looked at the clock
	server := app.New(openStore(t, f.dsn, store.Options{Now: func() time.Time {
		now := f.Clock.Now()
		select {
		case d := <-passes:
			f.Clock.Pass(d)
		default:
		}
		return now
	}}), app.Options{Logger: quiet})
	asks := func() error { // looks for Finn first, and then writes
		_, err := server.PostMessage(t.Context(), f.Tomas, f.Free.ID, "hello @Finn and @everyone", 0, app.Idempotency{})
		return err
	}
	can := func(want bool) {
		t.Helper()
		can := must[bool](t)(f.CanUseEveryone(t.Context(), f.Tomas))
		restricted := must[[]app.RestrictedUser](t)(f.RestrictedUsers(t.Context(), f.Ada))
		greeting := must[app.Greeting](t)(f.Greeting(t.Context(), f.Tomas))
		if can != want || (len(restricted) == 0) != want || (greeting.Restricted == nil) != want {
			t.Errorf("he can: %v, restricted are %+v, he is greeted %+v", can, restricted, greeting.Restricted)
		}
	}
	f.restricts(f.Tomas, app.NewRestriction{Hours: ptr(int64(1))})
	passes <- time.Hour - time.Microsecond
	wantKind(t, asks(), parley.Forbidden)
	can(false)
	passes <- time.Microsecond
	if err := asks(); err != nil {
		t.Errorf("ended meanwhile: %v", err)
	}
	can(true)
	f.restricts(f.Tomas, app.NewRestriction{RateLimit: ptr(int64(1)), Hours: ptr(int64(1))}) // which that use fills
	wantKind(t, asks(), parley.RateLimited)
	passes <- time.Hour
	if err := asks(); err != nil {
		t.Errorf("a limit of his own that ended meanwhile: %v", err)
	}
	arrived := f.now(f.Tomas)
	can(true)
	f.restricts(f.Tomas, app.NewRestriction{})
	f.mayNotCall(arrived, parley.Forbidden)
}

func TestARestrictionIsTakenBack(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	limit := int64(1)
	if err := f.RestrictEveryone(ctx, f.Ada, f.Tomas.ID, app.NewRestriction{RateLimit: &limit}); err != nil {
		t.Fatal(err)
	}
	f.mayCall(f.Tomas)
	f.mayNotCall(f.Tomas, parley.RateLimited)
	f.tells("taken back", func() error { return f.UnrestrictEveryone(ctx, f.Ada, f.Tomas.ID) },
		parley.EveryoneRestricted{UserID: f.Tomas.ID, By: f.Ada.ID, Lifted: true})
	f.mayCall(f.Tomas)
	wantKind(t, f.UnrestrictEveryone(ctx, f.Ada, f.Tomas.ID), parley.NotFound)
	wantKind(t, f.RestrictEveryone(ctx, f.Ada, f.Ada.ID, app.NewRestriction{}), parley.Invalid)
	wantKind(t, f.RestrictEveryone(ctx, f.Ada, 4711, app.NewRestriction{}), parley.NotFound)
	wantKind(t, f.RestrictEveryone(ctx, f.Tomas, f.Tomas.ID, app.NewRestriction{}), parley.Forbidden)
}

func TestUsesOfEveryoneAreSummedUp(t *testing.T) {
	f := openForum(t)
	f.mayCall(f.Ada)
	f.mayCall(f.Tomas)
	f.Clock.Pass(24 * time.Hour)
	f.mayCall(f.Tomas)
	got := must[app.EveryoneAnalytics](t)(f.EveryoneAnalytics(t.Context(), f.Ada, 7))
	want := app.EveryoneSummary{TotalUses: 3, TotalNotifications: 9, UniqueUsers: 2, AvgNotificationsPerUse: 3}
	if got.Summary != want || got.PeriodDays != 7 || got.UserAnalytics[0].Username != "Tomas" || got.UserAnalytics[0].UsageCount != 2 {
		t.Errorf("summed up %+v", got)
	}
	if len(got.DailyBreakdown) != 2 || got.DailyBreakdown[0] != (app.EveryoneDayUses{Date: "2026-03-01", Uses: 2, Notifications: 6}) {
		t.Errorf("by day %+v", got.DailyBreakdown)
	}
	if got = must[app.EveryoneAnalytics](t)(f.EveryoneAnalytics(t.Context(), f.Ada, 1)); got.Summary.TotalUses != 1 {
		t.Errorf("of one day %+v", got.Summary)
	}
}
