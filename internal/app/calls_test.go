package app_test

import (
	"testing"

	"parley"
	"parley/internal/app"
	"parley/realtime"
)

func TestAMentionOfEveryoneIsOneRowAndOneEvent(t *testing.T) {
	f := openForum(t)
	f.followed(f.Free, allNews, f.Tomas, f.Mina)
	next := f.Sub.First + 1
	f.tells("a call", func() error {
		f.post(f.Ada, f.Free, "@everyone, @Mina and @team")
		return nil
	},
		parley.MessagePosted{ThreadID: f.Free.ID, MessageID: next},
		parley.ManyMentioned{ThreadID: f.Free.ID, MessageID: next, Special: parley.MentionEveryone, Notifications: 3},
		parley.Called{ThreadID: f.Free.ID},
		parley.ManyMentioned{ThreadID: f.Free.ID, MessageID: next, Special: parley.MentionTeam, Notifications: 1})
	heard := []notice{{"mention", next}}
	f.heard(map[parley.Viewer][]notice{f.Tomas: heard, f.Mina: heard, f.Finn: heard})
	ids := map[int64]bool{}
	for _, v := range []parley.Viewer{f.Tomas, f.Mina, f.Finn} {
		ids[f.notificationsOf(v)[0].ID] = true
	}
	f.post(f.Ada, f.Free, "@Finn")
	if newer := f.notificationsOf(f.Finn)[0].ID; len(ids) != 1 || ids[newer] {
		t.Errorf("the three have the ids %v, a newer one %d", ids, newer)
	}
}

func TestACallGoesToThoseItReachesInBothForms(t *testing.T) {
	f := openForum(t)
	must[parley.Settings](t)(f.UpdateSettings(t.Context(), f.Mina, app.SettingsPatch{EveryoneMentions: new(bool)}))
	f.hub.take()
	f.post(f.Ada, f.Free, "@everyone")
	var call *realtime.Event
	for _, e := range f.hub.take() {
		if e.Frame != nil && frameType(t, e.Frame) == "forum_notification" {
			call = &e
		}
	}
	if call == nil || frameType(t, call.Also) != "new_notification" || call.Channel != "f" {
		t.Fatalf("the call was not told: %+v", call)
	}
	shown := decode[parley.NotificationFrame](t, call.Frame).Notification
	if listed := f.notificationsOf(f.Finn)[0]; shown.ID != listed.ID || shown.Title != listed.Title || shown.IsRead {
		t.Errorf("told is %+v, listed %+v", shown, listed)
	}
	for v, want := range map[parley.Viewer]bool{f.Ada: false, f.Tomas: true, f.Mina: false, f.Finn: true} {
		conn := new(realtime.Conn)
		conn.SetValue(app.Seat{Viewer: v})
		if got := call.Audience(conn); got != want {
			t.Errorf("%d is told: %v, want %v", v.ID, got, want)
		}
	}
}

func TestWhoJoinsOrPaysLaterHearsNothingOfEarlierCalls(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	paid := f.post(f.Ada, f.Paid, "@everyone")
	cents, none := int64(500), int64(0)
	must[app.AdminUser](t)(f.UpdateUser(ctx, f.Ada, f.Finn.ID, app.UserPatch{AmountCents: &cents}))
	must[app.AdminUser](t)(f.UpdateUser(ctx, f.Ada, f.Mina.ID, app.UserPatch{AmountCents: &none}))
	f.Finn, f.Mina = f.now(f.Finn), f.now(f.Mina)
	f.heard(map[parley.Viewer][]notice{f.Tomas: {{"mention", paid.ID}}})
	must[app.AdminUser](t)(f.UpdateUser(ctx, f.Ada, f.Mina.ID, app.UserPatch{AmountCents: &cents}))
	f.Mina = f.now(f.Mina)
	f.heard(map[parley.Viewer][]notice{f.Tomas: {{"mention", paid.ID}}, f.Mina: {{"mention", paid.ID}}})
	id := must[int64](t)(f.AddUser(ctx, app.NewUser{NewAccount: app.NewAccount{Username: "Dora"}, Role: parley.RoleTeam}))
	if got := f.notices(f.now(parley.Viewer{ID: id})); len(got) != 0 {
		t.Errorf("Dora, who has just joined, is told %v", got)
	}
}

func TestWhatSomebodyWantsToHearOfIsDecidedWhenEveryoneIsCalled(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	before := f.post(f.Ada, f.Free, "@everyone")
	must[parley.Settings](t)(f.UpdateSettings(ctx, f.Finn, app.SettingsPatch{EveryoneMentions: new(bool)}))
	f.followed(f.Free, parley.Follow{Reply: true}, f.Mina)
	during := f.post(f.Ada, f.Free, "@everyone")
	yes := true
	must[parley.Settings](t)(f.UpdateSettings(ctx, f.Finn, app.SettingsPatch{EveryoneMentions: &yes}))
	must[app.FollowResult](t)(f.Unfollow(ctx, f.Mina, f.Free.ID))
	after := f.post(f.Ada, f.Free, "@everyone")
	some := []notice{{"mention", before.ID}, {"mention", after.ID}}
	f.heard(map[parley.Viewer][]notice{f.Tomas: {some[0], {"mention", during.ID}, some[1]}, f.Mina: some, f.Finn: some})
}

func TestWhoDoesNotHearOfEveryoneHearsForOtherReasons(t *testing.T) {
	f := openForum(t)
	for _, v := range []parley.Viewer{f.Mina, f.Finn} {
		must[parley.Settings](t)(f.UpdateSettings(t.Context(), v, app.SettingsPatch{EveryoneMentions: new(bool)}))
	}
	f.followed(f.Free, allNews, f.Finn)
	m := f.post(f.Ada, f.Free, "@everyone and @Mina")
	f.heard(map[parley.Viewer][]notice{f.Tomas: {{"mention", m.ID}}, f.Mina: {{"mention", m.ID}}, f.Finn: {{"new_message", m.ID}}})
	origin := f.post(f.Mina, f.Paid, "a thought")
	sub := f.grow(f.Tomas, origin.ID, "Why?", "tell us, @everyone")
	if got := f.notices(f.Mina); len(got) != 2 || got[1] != (notice{"sub_thread", sub.First}) {
		t.Errorf("Mina is told %v, want of the thread", got)
	}
}

func TestAnEditTakesAMentionOfEveryoneBack(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	m := f.post(f.Ada, f.Free, "@everyone and @Mina")
	edit := func(text string) {
		f.Clock.Pass(second)
		must[parley.Message](t)(f.EditMessage(ctx, f.Ada, m.ID, text))
		f.RunJobs(ctx)
	}
	all := []notice{{"mention", m.ID}}
	must[app.ReadResult](t)(f.ReadAllNotifications(ctx, f.Finn))
	edit("@Mina")
	f.heard(map[parley.Viewer][]notice{f.Mina: all}) // named still
	edit("@Mina and @everyone")
	f.heard(map[parley.Viewer][]notice{f.Tomas: all, f.Mina: all}) // Finn has read it
	must[[]int64](t)(f.DeleteMessage(ctx, f.Ada, m.ID))
	f.heard(nil)
	must[[]int64](t)(f.RestoreMessage(ctx, f.Ada, m.ID))
	f.heard(map[parley.Viewer][]notice{f.Tomas: all, f.Mina: all})
	if got := f.notificationsOf(f.Mina); len(got) != 1 {
		t.Errorf("Mina has %d notifications of one message", len(got))
	}
}

func TestACallTellsNothingOfItsThreadToThoseWhoCannotSeeIt(t *testing.T) {
	f := openForum(t)
	for _, v := range []parley.Viewer{f.Mina, f.Finn} {
		f.counts(v)
	}
	f.post(f.Ada, f.Paid, "@everyone")
	if got := f.counts(f.Mina).thread; len(got) != 1 || *got[0].ThreadID != f.Paid.ID || got[0].ThreadUnreadCount != 1 {
		t.Errorf("Mina is told %+v, want one unread in the paid thread", got)
	}
	if got := f.counts(f.Finn).thread; len(got) != 0 {
		t.Errorf("Finn is told of a thread that he cannot see: %+v", got)
	}
}

func TestThePageOfAThreadReadsItsCalls(t *testing.T) {
	f := openForum(t)
	f.post(f.Ada, f.Free, "@everyone")
	f.post(f.Ada, f.Sub, "@everyone")
	unread := func(id int64) int64 {
		listed, _, err := f.Threads(t.Context(), f.Finn, everything)
		if err != nil {
			t.Fatal(err)
		}
		for _, thread := range listed {
			if alone := must[parley.Thread](t)(f.Thread(t.Context(), f.Finn, thread.ID)); alone.UnreadCount != thread.UnreadCount {
				t.Errorf("thread %d alone has %d unread, in the list %d", thread.ID, alone.UnreadCount, thread.UnreadCount)
			}
			if thread.ID == id {
				return thread.UnreadCount
			}
		}
		return -1
	}
	if free, sub := unread(f.Free.ID), unread(f.Sub.ID); free != 1 || sub != 1 {
		t.Errorf("%d and %d are unread, want 1 and 1", free, sub)
	}
	if _, _, err := f.Messages(t.Context(), f.Finn, f.Free.ID, app.MessageQuery{Limit: 10, MarkRead: true}); err != nil {
		t.Fatal(err)
	}
	if free, sub := unread(f.Free.ID), unread(f.Sub.ID); free != 0 || sub != 1 {
		t.Errorf("%d and %d are unread, want 0 and 1", free, sub)
	}
}
