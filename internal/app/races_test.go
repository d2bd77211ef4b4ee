package app_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/pgtest"
	"parley/internal/store/storetest"
	"parley/realtime"
)

// another returns the use cases as another server runs them on the same database.
func (f *forum) another() *app.App {
	f.t.Helper()
	return app.New(openStore(f.t, f.dsn, store.Options{Now: f.Clock.Now}), app.Options{Logger: quiet})
}

// atOnce runs what several servers do at the same time.
func atOnce(does ...func()) {
	var running sync.WaitGroup
	for _, do := range does {
		running.Go(do)
	}
	running.Wait()
}

// log returns the events of a channel.
func (f *forum) log(channel parley.Channel) []store.Logged {
	f.t.Helper()
	return storetest.Read(f.t, f.Store, func(s *store.Snapshot) ([]store.Logged, error) { return s.Events(channel, 0, 1000) })
}

func TestOneKeyMakesOneMessageOnWhicheverServers(t *testing.T) {
	f := openForum(t)
	servers := []*app.App{f.App, f.another(), f.another()}
	for round := range 10 {
		key := app.Idempotency{Key: fmt.Sprint("key ", round), Fingerprint: []byte("the same")}
		ids := make([]int64, len(servers))
		var posts []func()
		for i, server := range servers {
			posts = append(posts, func() {
				m, err := server.PostMessage(t.Context(), f.Finn, f.Free.ID, "once", 0, key)
				if err != nil {
					t.Error(err)
				}
				ids[i] = m.ID
			})
		}
		atOnce(posts...)
		if ids[0] != ids[1] || ids[1] != ids[2] {
			t.Errorf("one key made the messages %v", ids)
		}
	}
	if got := len(f.log(parley.ThreadChannel(f.Free.ID))); got != 10 {
		t.Errorf("%d messages were told of, want 10", got)
	}
}

func TestANameIsGivenToOneOfThoseWhoRegisterAtOnce(t *testing.T) {
	f := openForum(t)
	servers := []*app.App{f.App, f.another()}
	errs := make([]error, len(servers))
	var joins []func()
	for i, server := range servers {
		joins = append(joins, func() {
			_, errs[i] = server.AddUser(t.Context(), app.NewUser{NewAccount: app.NewAccount{Username: []string{"Grace", "gRACE"}[i]}, Role: parley.RoleMember})
		})
	}
	atOnce(joins...)
	err := errors.Join(errs...)
	if (errs[0] == nil) == (errs[1] == nil) || parley.KindOf(err) != parley.Conflict {
		t.Errorf("told %v", errs)
	}
}

func TestTwoCreatorsWhoDemoteEachOtherLeaveOne(t *testing.T) {
	f := openForum(t)
	other := f.another()
	for range 5 {
		for _, name := range []string{"Ada", "Tomas"} {
			if err := f.SetRights(t.Context(), name, parley.RoleCreator, parley.Membership{}); err != nil {
				t.Fatal(err)
			}
		}
		errs := make([]error, 2)
		atOnce(
			func() { errs[0] = f.SetRights(t.Context(), "Ada", parley.RoleTeam, parley.Membership{}) },
			func() { errs[1] = other.SetRights(t.Context(), "Tomas", parley.RoleTeam, parley.Membership{}) },
		)
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("told %v", errs)
		}
	}
}

func TestALikeCountsOnceWhereverItIsGiven(t *testing.T) {
	f := openForum(t)
	other := f.another()
	for range 5 {
		like := func(a *app.App) func() {
			return func() {
				if _, err := a.Like(t.Context(), f.Finn, f.Free.First); err != nil {
					t.Error(err)
				}
			}
		}
		atOnce(like(f.App), like(other))
		m := must[parley.Message](t)(f.Message(t.Context(), f.Finn, f.Free.First))
		if m.LikeCount != 1 {
			t.Errorf("it has %d likes", m.LikeCount)
		}
		must[app.LikeResult](t)(f.Unlike(t.Context(), f.Finn, f.Free.First))
	}
}

// connected returns another server with a hub of its own.
func (f *forum) connected() (*app.App, *notingHub) {
	f.t.Helper()
	server, hub := f.another(), newNotingHub()
	server.Connect(hub)
	return server, hub
}

// TestLikesAndUnlikesThatRaceEndWhereTheRowsAre has Finn and Mina like one message, and
// take it back, on two servers at once.
func TestLikesAndUnlikesThatRaceEndWhereTheRowsAre(t *testing.T) {
	f := openForum(t)
	ctx, message := t.Context(), f.Free.First
	other, otherHub := f.connected()
	page := f.enter(f.Tomas, f.Free.ID)
	for range 8 {
		f.hub.take()
		var does []func()
		for _, server := range []*app.App{f.App, other} {
			for _, v := range []parley.Viewer{f.Finn, f.Mina} {
				for _, change := range []func(context.Context, parley.Viewer, int64) (app.LikeResult, error){server.Like, server.Unlike} {
					does = append(does, func() {
						if _, err := change(ctx, v, message); err != nil {
							t.Error(err)
						}
					})
				}
			}
		}
		atOnce(does...)
		page.catchUp()
		page.check() // a client that applied all events shows what there is
		f.checkLikes(message, append(f.hub.take(), otherHub.take()...))
	}
	like := notice{parley.NotifyLike, message}
	f.heard(map[parley.Viewer][]notice{f.Ada: {like, like}}) // once of each of them
}

// checkLikes checks that a message counts the likes that there are, and that what was
// published last of it says the same.
func (f *forum) checkLikes(id int64, published []realtime.Event) {
	f.t.Helper()
	likes := must[app.LikePage](f.t)(f.Likes(f.t.Context(), f.Ada, id, 0, 0, 100))
	if likes.TotalLikes != int64(len(likes.Likes)) {
		f.t.Errorf("%d likes are counted, there are %+v", likes.TotalLikes, likes.Likes)
	}
	liked := map[int64]bool{} // by whom, as events tell
	for _, l := range f.log(parley.ThreadChannel(f.Free.ID)) {
		e := l.Event.(parley.MessageLiked)
		if liked[e.UserID] != e.Undone {
			f.t.Errorf("%+v changes nothing", e)
		}
		liked[e.UserID] = !e.Undone
	}
	for _, v := range []parley.Viewer{f.Finn, f.Mina} {
		row := slices.ContainsFunc(likes.Likes, func(l app.Like) bool { return l.User.ID == v.ID })
		m := must[parley.Message](f.t)(f.Message(f.t.Context(), v, id))
		if liked[v.ID] != row || m.UserHasLiked != row {
			f.t.Errorf("%d likes it: %v; events say %v, the message %v", v.ID, row, liked[v.ID], m.UserHasLiked)
		}
	}
	var last realtime.Event
	for _, e := range published {
		if e.Channel == string(parley.ThreadChannel(f.Free.ID)) && e.Seq > last.Seq {
			last = e
		}
	}
	if told := decode[parley.LikeFrame](f.t, last.Frame); told.LikeCount != likes.TotalLikes {
		f.t.Errorf("told last of %d likes, there are %d", told.LikeCount, likes.TotalLikes)
	}
}

// TestMarkingReadWhileOthersWriteLeavesWhatCameAfterUnread has Mina mark a thread read,
// over and over, while Ada and Tomas write in it, on two servers.
func TestMarkingReadWhileOthersWriteLeavesWhatCameAfterUnread(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	other, otherHub := f.connected()
	for range 4 {
		var does []func()
		for server, v := range map[*app.App]parley.Viewer{f.App: f.Ada, other: f.Tomas} {
			does = append(does, func() {
				for range 6 {
					if _, err := server.PostMessage(ctx, v, f.Free.ID, "news, @Mina", 0, app.Idempotency{}); err != nil {
						t.Error(err)
					}
					server.RunJobs(ctx)
				}
			}, func() {
				for range 6 {
					if _, err := server.MarkRead(ctx, f.Mina, f.Free.ID, 0); err != nil {
						t.Error(err)
					}
				}
			})
		}
		atOnce(does...)
		f.RunJobs(ctx) // those that another one was about when it looked
		f.RecountHeard(ctx)
		other.RecountHeard(ctx)
		f.checkUnread(f.Mina, f.Free.ID)
		f.checkCounts(f.Mina, f.Free.ID, f.hub, otherHub)
	}
}

// checkUnread checks that somebody's unread messages of a thread are those of others
// behind their last-read position.
func (f *forum) checkUnread(v parley.Viewer, threadID int64) {
	f.t.Helper()
	thread := f.thread(v, threadID)
	page, _, err := f.Messages(f.t.Context(), v, threadID, app.MessageQuery{Limit: 100})
	if err != nil {
		f.t.Fatal(err)
	}
	var behind int64
	for _, m := range page {
		if m.ID > *thread.LastReadMessageID && m.UserID != v.ID {
			behind++
		}
	}
	if thread.UnreadMessages != behind {
		f.t.Errorf("%d messages are unread, %d are behind message %d", thread.UnreadMessages, behind, *thread.LastReadMessageID)
	}
}

// checkCounts checks what somebody's sockets were told of their counts since the last
// time: on each server versions never fall, one version is one count, and the newest is
// what there is now.
func (f *forum) checkCounts(v parley.Viewer, threadID int64, hubs ...*notingHub) {
	f.t.Helper()
	now := must[app.Count](f.t)(f.NotificationCount(f.t.Context(), v))
	counts, inThread := map[int64]int64{}, map[int64]int64{}
	for i, hub := range hubs {
		told, version := (&forum{t: f.t, hub: hub}).countsTold(v), int64(0)
		for _, c := range told.total {
			if known, seen := counts[c.CountVersion]; seen && known != c.Count || c.CountVersion < version {
				f.t.Errorf("server %d told %+v after version %d, and %d before", i, c, version, known)
			}
			counts[c.CountVersion], version = c.Count, c.CountVersion
		}
		for _, u := range told.thread {
			if u.TotalForumUnread != counts[u.CountVersion] {
				f.t.Errorf("server %d told %+v, and %d in sum", i, u, counts[u.CountVersion])
			}
			inThread[u.CountVersion] = u.ThreadUnreadCount
		}
	}
	newest := slices.Max(slices.Collect(maps.Keys(counts)))
	if unread := f.thread(v, threadID).UnreadCount; newest != now.CountVersion || counts[newest] != now.Count || inThread[newest] != unread {
		f.t.Errorf("told last of %d, %d in the thread, version %d; there are %+v, %d in the thread", counts[newest], inThread[newest], newest, now, unread)
	}
	if listed := len(f.notices(v)); int64(listed) != now.Count {
		f.t.Errorf("%d are counted, %d listed", now.Count, listed)
	}
}

// TestNothingIsPostedToAThreadThatIsGone deletes threads while others write in them
// and start threads from their messages.
func TestNothingIsPostedToAThreadThatIsGone(t *testing.T) {
	f := openForum(t)
	other := f.another()
	for range 8 {
		thread := must[parley.Thread](t)(f.CreateThread(t.Context(), f.Ada, app.NewThread{Title: "Short-lived", Content: "hello"}, app.Idempotency{}))
		first, _, err := f.Messages(t.Context(), f.Ada, thread.ID, app.MessageQuery{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		gone := func(err error) {
			if err != nil && parley.KindOf(err) != parley.NotFound {
				t.Error(err)
			}
		}
		atOnce(
			func() {
				for range 3 {
					_, err := other.PostMessage(t.Context(), f.Finn, thread.ID, "still there?", 0, app.Idempotency{})
					gone(err)
				}
			},
			func() {
				_, err := other.CreateSubThread(t.Context(), f.Mina, first[0].ID, "And this?", "one", app.Idempotency{})
				gone(err)
			},
			func() {
				_, err := f.DeleteThread(t.Context(), f.Ada, thread.ID)
				gone(err)
			},
		)
		logged := f.log(parley.ThreadChannel(thread.ID))
		if last := logged[len(logged)-1].Event; last != (parley.ThreadClosed{ThreadID: thread.ID}) {
			t.Errorf("after it was closed the thread was told of %v", last)
		}
		threads, _, err := f.Threads(t.Context(), f.Ada, everything)
		if err != nil {
			t.Fatal(err)
		}
		for _, sub := range threads {
			if sub.ParentThreadID != nil && *sub.ParentThreadID == thread.ID {
				t.Errorf("thread %d outlived its parent", sub.ID)
			}
		}
	}
}

// TestNobodyPostsOnRightsThatAreGone takes a membership away while its owner writes:
// no message is committed after it.
func TestNobodyPostsOnRightsThatAreGone(t *testing.T) {
	f := openForum(t)
	other := f.another()
	silver := parley.Membership{AmountCents: 500, TierID: f.Silver.ID, Source: "patreon"}
	for range 8 {
		if err := f.SetRights(t.Context(), "Mina", parley.RoleMember, silver); err != nil {
			t.Fatal(err)
		}
		before := f.heads()
		atOnce(
			func() {
				for range 4 {
					_, err := other.PostMessage(t.Context(), f.Mina, f.Paid.ID, "for supporters", 0, app.Idempotency{})
					if err != nil && parley.KindOf(err) != parley.Forbidden {
						t.Error(err)
					}
				}
			},
			func() {
				if err := f.SetRights(t.Context(), "Mina", parley.RoleMember, parley.Membership{}); err != nil {
					t.Error(err)
				}
			},
		)
		for _, l := range f.since(before) {
			if l.Channel == parley.ThreadChannel(f.Paid.ID) && l.Control > before[parley.ControlChannel] {
				t.Errorf("%v was committed after the membership was gone", l.Event)
			}
		}
	}
}

func TestJobsRunOnceOnHoweverManyServers(t *testing.T) {
	f := openForum(t)
	servers := []*app.App{f.App, f.another(), f.another()}
	var want []notice
	for range 12 {
		m := must[parley.Message](t)(f.PostMessage(t.Context(), f.Finn, f.Free.ID, "@Mina", 0, app.Idempotency{}))
		want = append(want, notice{parley.NotifyMention, m.ID})
	}
	var work []func()
	for _, server := range servers {
		work = append(work, func() { server.RunJobs(t.Context()) })
	}
	atOnce(work...)
	f.RunJobs(t.Context()) // those that another one was about when it looked
	told := map[int64]int{}
	for _, l := range f.log(parley.UserChannel(f.Mina.ID)) {
		told[l.Event.(parley.Notified).NotificationID]++
	}
	if len(told) != len(want) {
		t.Errorf("told of %d notifications, want %d", len(told), len(want))
	}
	if got := f.notices(f.Mina); len(got) != len(want) {
		t.Errorf("Mina has %d notifications, want %d", len(got), len(want))
	}
}

// TestRoundTrips counts those between the server and PostgreSQL, once its connection
// knows the statements. BEGIN is part of the first one and COMMIT of the last.
func TestRoundTrips(t *testing.T) {
	dsn := newDatabase(t)
	if !strings.Contains(dsn, "://") {
		return // SQLite is in the process
	}
	proxy, through := pgtest.NewProxy(t, dsn)
	c := storetest.NewCommunity(t, func(opts store.Options) *store.Store { return openStore(t, through+"&pool_max_conns=1", opts) })
	f := app.New(c.Store, app.Options{Logger: quiet})
	f.Connect(newNotingHub())
	for i, replyTo := range []int64{0, c.Sub.First, 0, c.Sub.First} {
		proxy.Transactions()
		key := app.Idempotency{Key: fmt.Sprint("key ", i), Fingerprint: []byte("print")}
		_, err := f.PostMessage(t.Context(), c.Finn, c.Sub.ID, "to a sub-thread, which is the longest way", replyTo, key)
		if err != nil {
			t.Fatal(err)
		}
		if trips := proxy.Transactions(); i >= 2 && !slices.Equal(trips, []int{2, 1}) {
			t.Errorf("post %d and its answer took %d round trips, want 2 and 1", i, trips)
		}
	}
	for range 2 {
		proxy.Transactions()
		if _, _, err := f.Messages(t.Context(), c.Finn, c.Sub.ID, app.MessageQuery{Limit: 50}); err != nil {
			t.Fatal(err)
		}
	}
	if trips := proxy.Transactions(); !slices.Equal(trips, []int{1}) {
		t.Errorf("a page took %d round trips, want 1", trips)
	}
}

// TestWhatIsEditedWhileItIsToldIsTakenBack takes mentions away while another server
// notifies of them.
func TestWhatIsEditedWhileItIsToldIsTakenBack(t *testing.T) {
	f := openForum(t)
	other := f.another()
	for range 20 {
		m := must[parley.Message](t)(f.PostMessage(t.Context(), f.Finn, f.Free.ID, "@Mina", 0, app.Idempotency{}))
		atOnce(
			func() { other.RunJobs(t.Context()) },
			func() {
				if _, err := f.EditMessage(t.Context(), f.Finn, m.ID, "nobody"); err != nil {
					t.Error(err)
				}
				f.RunJobs(t.Context())
			},
		)
		f.RunJobs(t.Context())
		f.heard(map[parley.Viewer][]notice{})
	}
}
