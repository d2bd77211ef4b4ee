package app_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

var allNews = parley.Follow{NewMessage: true, Mention: true, Reply: true}

func (f *forum) followed(thread storetest.ThreadRef, wishes parley.Follow, by ...parley.Viewer) {
	f.t.Helper()
	for _, v := range by {
		must[app.FollowResult](f.t)(f.Follow(f.t.Context(), v, thread.ID, wishes))
	}
}

// heard checks who has which unread notifications, and that nobody else has any.
func (f *forum) heard(want map[parley.Viewer][]notice) {
	f.t.Helper()
	for _, v := range []parley.Viewer{f.Ada, f.Tomas, f.Mina, f.Finn} {
		if diff := cmp.Diff(want[v], f.notices(v)); diff != "" {
			f.t.Errorf("%s %d hears (-want +got):\n%s", v.Role, v.ID, diff)
		}
	}
}

func TestEachHearsOfAMessageOnceForTheFirstReason(t *testing.T) {
	f := openForum(t)
	f.followed(f.Free, allNews, f.Ada, f.Tomas, f.Mina, f.Finn)
	m := f.reply(f.Finn, f.Free, f.Free.First, "@Mina @mina @creator @Finn @nobody") // Ada's: called, and replied to
	f.heard(map[parley.Viewer][]notice{f.Ada: {{"mention", m.ID}}, f.Tomas: {{"new_message", m.ID}}, f.Mina: {{"mention", m.ID}}})
}

func TestWhoWroteHearsOfRepliesAndMentionsAlone(t *testing.T) {
	f := openForum(t)
	mine := f.post(f.Mina, f.Free, "hello")
	f.post(f.Finn, f.Free, "unrelated")
	reply := f.reply(f.Finn, f.Free, mine.ID, "hi Mina")
	f.heard(map[parley.Viewer][]notice{f.Mina: {{"reply", reply.ID}}})
}

func TestWishesOfFollowersAreHonoured(t *testing.T) {
	f := openForum(t)
	f.followed(f.Free, parley.Follow{}, f.Mina)
	f.followed(f.Free, parley.Follow{NewMessage: true}, f.Tomas)
	m := f.post(f.Finn, f.Free, "@Mina @Tomas")
	f.heard(map[parley.Viewer][]notice{f.Tomas: {{"new_message", m.ID}}})
	must[parley.Message](t)(f.EditMessage(t.Context(), f.Finn, m.ID, "changed"))
	f.followed(f.Free, parley.Follow{NewMessage: true}, f.Ada)
	must[parley.Message](t)(f.EditMessage(t.Context(), f.Finn, m.ID, "now @Ada @Mina"))
	f.RunJobs(t.Context())
	f.heard(map[parley.Viewer][]notice{f.Tomas: {{"new_message", m.ID}}}) // an edit is no new message
}

func TestAnEditThatMentionsNobodyLeavesNoJobBehind(t *testing.T) {
	f := openForum(t)
	m := f.post(f.Mina, f.Free, "hello")
	must[parley.Message](t)(f.EditMessage(t.Context(), f.Mina, m.ID, "hello there"))
	f.RunJobs(t.Context())
	f.Clock.Pass(time.Hour) // what failed is due again
	left := storetest.Read(t, f.Store, func(s *store.Snapshot) ([]store.Job, error) { return s.DueJobs(9, "") })
	if len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

func TestNobodyHearsOfWhatTheyCannotSee(t *testing.T) {
	f := openForum(t)
	f.followed(f.Free, allNews, f.Ada, f.Tomas, f.Mina, f.Finn)
	private := true
	f.edit(f.Free, app.ThreadPatch{Private: &private})
	inPrivate := f.post(f.Ada, f.Free, "@Mina @Finn @Tomas")
	inPaid := f.post(f.Ada, f.Paid, "@Mina @Finn")
	f.heard(map[parley.Viewer][]notice{f.Tomas: {{"mention", inPrivate.ID}}, f.Mina: {{"mention", inPaid.ID}}})

	// They lose what they have heard of, and find it again.
	must[parley.TierInfo](t)(f.SetTier(t.Context(), f.Ada, f.Paid.ID, 0))
	if err := f.SetRights(t.Context(), "Tomas", parley.RoleMember, parley.Membership{}); err != nil {
		t.Fatal(err)
	}
	f.Tomas.Role = parley.RoleMember
	f.heard(map[parley.Viewer][]notice{f.Mina: {{"mention", inPaid.ID}}})
	private = false
	f.edit(f.Free, app.ThreadPatch{Private: &private})
	f.heard(map[parley.Viewer][]notice{f.Tomas: {{"mention", inPrivate.ID}}, f.Mina: {{"mention", inPaid.ID}}})
}

func TestAnEditTellsOnlyThoseItMentionsAnew(t *testing.T) {
	f := openForum(t)
	f.followed(f.Free, allNews, f.Tomas)
	m := f.post(f.Finn, f.Free, "@Mina")
	want := map[parley.Viewer][]notice{f.Tomas: {{"new_message", m.ID}}, f.Mina: {{"mention", m.ID}}}
	f.heard(want)
	for _, text := range []string{"@Mina @Ada", "nobody", "@Mina @Ada again"} {
		must[parley.Message](t)(f.EditMessage(t.Context(), f.Finn, m.ID, text))
		f.RunJobs(t.Context())
	}
	want[f.Ada] = []notice{{"mention", m.ID}}
	f.heard(want)
}

// TestAnEditTakesAMentionBack posts and edits a message as each case says, and looks
// what Mina is told of it in the end.
func TestAnEditTakesAMentionBack(t *testing.T) {
	f := openForum(t)
	for _, tc := range []struct {
		name    string
		follows bool // Mina, for all news
		reply   bool // to Mina
		texts   []string
		kind    parley.NotificationKind // "": nothing
	}{
		{"out", false, false, []string{"@Mina", "nobody"}, ""},
		{"out and in again", false, false, []string{"@Mina", "nobody", "@Mina!"}, "mention"},
		{"out, in and out", false, false, []string{"@Mina", "nobody", "@Mina!", "none"}, ""},
		{"out of a reply", false, true, []string{"@Mina", "nobody"}, "reply"},
		{"out of a reply and in again", false, true, []string{"@Mina", "nobody", "@Mina!"}, "mention"},
		{"out of a thread that she follows", true, false, []string{"@Mina", "nobody"}, "new_message"},
		{"out of a reply in a thread that she follows", true, true, []string{"@Mina", "nobody"}, "reply"},
		{"another one out", false, false, []string{"@Mina @Tomas", "@Mina"}, "mention"},
		{"into everyone", false, false, []string{"@Mina", "@everyone"}, "mention"},
		{"into everyone and out", false, false, []string{"@Mina", "@everyone", "nobody"}, ""},
		{"out, into everyone and in again alone", false, false, []string{"@Mina", "nobody", "@everyone", "@Mina"}, "mention"},
		{"everyone out", false, false, []string{"@everyone @Mina", "@everyone", "@Mina", "nobody"}, ""},
	} {
		for _, read := range []bool{false, true} {
			m := f.edited(tc.follows, tc.reply, read, tc.texts)
			want := []notice{{tc.kind, m}}
			if tc.kind == "" {
				want = nil
			}
			var got []notice
			for _, n := range f.notificationsOf(f.Mina) {
				if *n.MessageID == m {
					got = append(got, notice{n.NotificationType, m})
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, read %v: Mina has %v, want %v", tc.name, read, got, want)
			}
			if read {
				want = nil
			}
			if got := f.notices(f.Mina); !slices.Equal(got, want) {
				t.Errorf("%s, read %v: Mina has not read %v, want %v", tc.name, read, got, want)
			}
		}
	}
}

// edited posts a message and edits it, a second each, and returns its id. Mina reads
// what she is told of the first text if read is set.
func (f *forum) edited(follows, reply, read bool, texts []string) int64 {
	f.t.Helper()
	ctx := f.t.Context()
	var to int64
	if reply {
		to = f.post(f.Mina, f.Free, "a thought").ID
	}
	if must[app.FollowResult](f.t)(f.Unfollow(ctx, f.Mina, f.Free.ID)); follows {
		f.followed(f.Free, allNews, f.Mina)
	}
	must[app.ReadResult](f.t)(f.ReadAllNotifications(ctx, f.Mina))
	m := must[parley.Message](f.t)(f.PostMessage(ctx, f.Ada, f.Free.ID, texts[0], to, app.Idempotency{})).ID
	f.RunJobs(ctx)
	if read {
		must[app.ReadResult](f.t)(f.ReadAllNotifications(ctx, f.Mina))
	}
	for _, text := range texts[1:] {
		f.Clock.Pass(second)
		must[parley.Message](f.t)(f.EditMessage(ctx, f.Ada, m, text))
		f.RunJobs(ctx)
	}
	return m
}

func TestWhoSeesABadgeIsToldThatAMentionWasTakenBack(t *testing.T) {
	f := openForum(t)
	m := f.post(f.Finn, f.Free, "@Mina @Ada")
	edit := func(text string) func() error {
		return func() error {
			_, err := f.EditMessage(t.Context(), f.Finn, m.ID, text)
			f.RunJobs(t.Context())
			return err
		}
	}
	before := must[app.Count](t)(f.NotificationCount(t.Context(), f.Mina))
	for i, text := range []string{"@Ada", "@Mina @Ada"} {
		f.counts(f.Mina)
		f.counts(f.Ada)
		f.tells(text, edit(text), parley.MessageEdited{ThreadID: f.Free.ID, MessageID: m.ID}) // nobody is notified twice
		got := f.counts(f.Mina)
		if len(got.total) != 1 || len(got.thread) != 1 || got.total[0].Count != int64(i) || got.thread[0].ThreadUnreadCount != int64(i) ||
			got.total[0].CountVersion <= before.CountVersion {
			t.Errorf("%s: Mina's sockets were told %+v, want %d unread", text, got, i)
		}
		if got := f.counts(f.Ada); len(got.total) != 0 {
			t.Errorf("%s: Ada's sockets were told %+v, though nothing changed for her", text, got)
		}
		before = must[app.Count](t)(f.NotificationCount(t.Context(), f.Mina))
	}
}

func TestAnEditIsWhatTellsWhomAMessageMentionsWhateverJobRunsFirst(t *testing.T) {
	f := openForum(t)
	f.followed(f.Free, allNews, f.Tomas)
	m := must[parley.Message](t)(f.PostMessage(t.Context(), f.Finn, f.Free.ID, "@Mina", 0, app.Idempotency{}))
	for _, text := range []string{"@Mina @Ada", "@Ada"} {
		must[parley.Message](t)(f.EditMessage(t.Context(), f.Finn, m.ID, text))
	}
	f.RunJobs(t.Context())
	f.heard(map[parley.Viewer][]notice{f.Tomas: {{"new_message", m.ID}}, f.Ada: {{"mention", m.ID}}})
}

func TestTheTeamHearsWhenItIsNoLongerOneOfEveryone(t *testing.T) {
	f := openForum(t)
	m := f.post(f.Ada, f.Free, "@everyone @team")
	for _, text := range []string{"@team", "nobody"} {
		must[parley.Message](t)(f.EditMessage(t.Context(), f.Ada, m.ID, text))
		f.RunJobs(t.Context())
		want := map[parley.Viewer][]notice{}
		if text == "@team" {
			want[f.Tomas] = []notice{{"mention", m.ID}}
		}
		f.heard(want)
	}
}

func TestManyAreCalled(t *testing.T) {
	f := openForum(t)
	team := f.post(f.Ada, f.Paid, "@team")
	all := f.post(f.Tomas, f.Paid, "@everyone @creator")
	f.heard(map[parley.Viewer][]notice{
		f.Ada: {{"mention", all.ID}}, f.Tomas: {{"mention", team.ID}}, f.Mina: {{"mention", all.ID}}, // Finn does not see it
	})
}

func TestASubThreadTellsWhoWroteItsOrigin(t *testing.T) {
	f := openForum(t)
	origin := f.post(f.Mina, f.Free, "a thought")
	sub := f.grow(f.Finn, origin.ID, "Why?", "tell us")
	f.grow(f.Mina, origin.ID, "Because", "so")
	f.heard(map[parley.Viewer][]notice{f.Mina: {{"sub_thread", sub.First}}})
	if got := states[parley.NotificationCountFrame](f, f.Mina, "forum_notification_count"); len(got) != 1 || got[0].Count != 1 {
		t.Errorf("Mina's sockets were told %+v, want one", got)
	}
}

func TestASubThreadThatMentionsWhoWroteItsOriginTellsThemOnce(t *testing.T) {
	f := openForum(t)
	origin := f.post(f.Ada, f.Free, "a thought")
	named := f.grow(f.Finn, origin.ID, "Why?", "tell us, @Ada")
	called := f.grow(f.Finn, origin.ID, "How?", "tell us, @creator")
	f.heard(map[parley.Viewer][]notice{f.Ada: {{"mention", named.First}, {"mention", called.First}}})
}

func TestADeletedMessageTakesItsNotificationsAlong(t *testing.T) {
	f := openForum(t)
	m := f.post(f.Finn, f.Free, "@Mina")
	states[parley.UnreadCountFrame](f, f.Mina, "unread_count_updated")
	must[[]int64](t)(f.DeleteMessage(t.Context(), f.Finn, m.ID))
	f.heard(nil)
	got := states[parley.UnreadCountFrame](f, f.Mina, "unread_count_updated")
	if len(got) != 1 || got[0].ThreadID == nil || *got[0].ThreadID != f.Free.ID || got[0].TotalForumUnread != 0 {
		t.Errorf("Mina's sockets were told %+v, want none unread in the thread", got)
	}
}

func TestAMessageDeletedBeforeItsJobRanNotifiesNobody(t *testing.T) {
	f := openForum(t)
	m := must[parley.Message](t)(f.PostMessage(t.Context(), f.Finn, f.Free.ID, "@Mina", 0, app.Idempotency{}))
	must[[]int64](t)(f.DeleteMessage(t.Context(), f.Finn, m.ID))
	f.RunJobs(t.Context())
	f.heard(nil)
}

// TestNotificationsSurviveACrash ends the process, as far as the database can
// tell, between a post's commit and its job.
func TestNotificationsSurviveACrash(t *testing.T) {
	dsn := newDatabase(t)
	c := storetest.NewCommunity(t, func(opts store.Options) *store.Store { return openStore(t, dsn, opts) })
	before := app.New(c.Store, app.Options{Logger: quiet})
	m := must[parley.Message](t)(before.PostMessage(t.Context(), c.Finn, c.Free.ID, "@Mina @Ada", 0, app.Idempotency{}))
	if err := c.Store.Close(); err != nil {
		t.Fatal(err)
	}
	c.Store = openStore(t, dsn, store.Options{Now: c.Clock.Now})
	f := &forum{App: app.New(c.Store, app.Options{Logger: quiet}), Community: c, t: t, hub: newNotingHub()}
	var working sync.WaitGroup
	for range 3 { // by whoever comes first, once
		working.Go(func() { f.RunJobs(t.Context()) })
	}
	working.Wait()
	f.heard(map[parley.Viewer][]notice{f.Mina: {{"mention", m.ID}}, f.Ada: {{"mention", m.ID}}})
}

// TestManyFollowersAreNotifiedInBatches has more followers than one transaction
// notifies.
func TestManyFollowersAreNotifiedInBatches(t *testing.T) {
	f := openForum(t)
	const many = 230
	storetest.Update(t, f.Store, func(tx *store.Tx) error {
		for i := range many {
			v, err := storetest.AddPerson(tx, "member_"+string(rune('a'+i%26))+string(rune('a'+i/26)), parley.RoleMember, parley.Membership{})
			if err != nil {
				return err
			}
			if err := tx.FollowUnlessFollowing(f.Free.ID, v.ID, allNews); err != nil {
				return err
			}
		}
		return nil
	})
	m := f.post(f.Finn, f.Free, "hello all @Ada")
	users := storetest.Read(t, f.Store, func(s *store.Snapshot) ([]int64, error) { return s.UnreadersOf([]int64{f.Free.ID}) })
	if len(users) != many+1 {
		t.Errorf("%d were notified, want %d", len(users), many+1)
	}
	f.heard(map[parley.Viewer][]notice{f.Ada: {{"mention", m.ID}}})
}

// TestRunWorksUntilItIsStopped has the background work find what to do by itself.
func TestRunWorksUntilItIsStopped(t *testing.T) {
	f := openForum(t)
	stopped := make(chan error)
	ctx, stop := context.WithCancel(t.Context())
	go func() { stopped <- f.Run(ctx) }()
	must[parley.Message](t)(f.PostMessage(t.Context(), f.Finn, f.Free.ID, "@Mina", 0, app.Idempotency{}))
	for deadline := time.Now().Add(10 * time.Second); len(f.notices(f.Mina)) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("Mina was not notified")
		}
	}
	if _, _, err := f.Messages(t.Context(), f.Finn, f.Free.ID, app.MessageQuery{Limit: 1, MarkRead: true}); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if got := must[parley.Thread](t)(f.Thread(t.Context(), f.Finn, f.Free.ID)); got.ViewCount != 1 {
		t.Errorf("%d views are stored, want the one counted before the end", got.ViewCount)
	}
}
