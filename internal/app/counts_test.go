package app_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// counts are what somebody's sockets were told since the last time.
type counts struct {
	total  []parley.NotificationCountFrame
	thread []parley.UnreadCountFrame
}

func (f *forum) counts(v parley.Viewer) counts {
	f.t.Helper()
	if err := f.RecountHeard(f.t.Context()); err != nil {
		f.t.Error(err)
	}
	return f.countsTold(v)
}

// countsTold is counts without those that wait to be told.
func (f *forum) countsTold(v parley.Viewer) counts {
	f.t.Helper()
	return counts{
		states[parley.NotificationCountFrame](f, v, "forum_notification_count"),
		states[parley.UnreadCountFrame](f, v, "unread_count_updated"),
	}
}

// TestEveryChangeOfWhatIsUnreadIsTold walks through all that changes Mina's
// counts: each sends her sockets both frames, with versions that only grow, and
// answers with the same numbers.
func TestEveryChangeOfWhatIsUnreadIsTold(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	var version int64
	step := func(name string, thread *int64, inThread, total, marked int64, change func() (app.ReadResult, error)) {
		t.Helper()
		answer, err := change()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := f.counts(f.Mina)
		if len(got.total) != 1 || len(got.thread) != 1 {
			t.Fatalf("%s: told %+v, want both frames once", name, got)
		}
		count, unread := got.total[0], got.thread[0]
		want := parley.UnreadCountFrame{
			Type: "unread_count_updated", ThreadID: thread, ThreadUnreadCount: inThread, TotalForumUnread: total, MarkedReadCount: marked, CountVersion: count.CountVersion,
		}
		if same := (unread.ThreadID == nil) == (thread == nil) && (thread == nil || *unread.ThreadID == *thread); !same {
			t.Errorf("%s: about thread %v, want %v", name, unread.ThreadID, thread)
		}
		unread.ThreadID = thread
		if unread != want || count.Count != total || count.CountVersion <= version {
			t.Errorf("%s: told %+v and %+v after version %d, want %+v", name, count, unread, version, want)
		}
		version = count.CountVersion
		now := must[app.Count](t)(f.NotificationCount(ctx, f.Mina))
		if now.Count != total || now.CountVersion != version || answer.CountVersion != 0 && (answer.TotalUnread != total || answer.Marked != marked || answer.CountVersion != version) {
			t.Errorf("%s: answered %+v, read %+v; want %d of version %d", name, answer, now, total, version)
		}
	}
	free, sub, paid := &f.Free.ID, &f.Sub.ID, &f.Paid.ID
	posting := func(thread storetest.ThreadRef) func() (app.ReadResult, error) {
		return func() (app.ReadResult, error) { f.post(f.Ada, thread, "@Mina"); return app.ReadResult{}, nil }
	}
	step("a mention", free, 1, 1, 0, posting(f.Free))
	step("another one", free, 2, 2, 0, posting(f.Free))
	step("in the sub-thread", sub, 1, 3, 0, posting(f.Sub))
	step("in the paid thread", paid, 1, 4, 0, posting(f.Paid))
	step("one read", paid, 0, 3, 1, func() (app.ReadResult, error) {
		return f.ReadNotification(ctx, f.Mina, f.notificationsOf(f.Mina)[0].ID)
	})
	step("one deleted", sub, 0, 2, 1, func() (app.ReadResult, error) {
		return f.DeleteNotification(ctx, f.Mina, f.notificationsOf(f.Mina)[1].ID)
	})
	step("a message withdrawn", free, 1, 1, 0, func() (app.ReadResult, error) {
		newest := f.notices(f.Mina)[1].Message
		_, err := f.DeleteMessage(ctx, f.Ada, newest)
		return app.ReadResult{}, err
	})
	step("the page opened", free, 0, 0, 1, func() (app.ReadResult, error) {
		_, _, err := f.Messages(ctx, f.Mina, f.Free.ID, app.MessageQuery{Limit: 10, MarkRead: true})
		return app.ReadResult{}, err
	})
	step("a mention in the paid thread", paid, 1, 1, 0, posting(f.Paid))
	step("the thread read", paid, 0, 0, 1, func() (app.ReadResult, error) { return f.MarkRead(ctx, f.Mina, f.Paid.ID, 0) })
	step("a mention again", paid, 1, 1, 0, posting(f.Paid))
	step("everyone called", free, 1, 2, 0, func() (app.ReadResult, error) { f.post(f.Ada, f.Free, "@everyone"); return app.ReadResult{}, nil })
	step("that message withdrawn", free, 0, 1, 0, func() (app.ReadResult, error) {
		_, err := f.DeleteMessage(ctx, f.Ada, f.notices(f.Mina)[1].Message)
		f.RunJobs(ctx)
		return app.ReadResult{}, err
	})
	step("all read", nil, 0, 0, 1, func() (app.ReadResult, error) { return f.ReadAllNotifications(ctx, f.Mina) })
	step("one more", paid, 1, 1, 0, posting(f.Paid))
	step("the thread deleted", paid, 0, 0, 0, func() (app.ReadResult, error) {
		_, err := f.DeleteThread(ctx, f.Ada, f.Paid.ID)
		return app.ReadResult{}, err
	})
}

// TestCountsTellNothingOfAThreadToThoseWhoNeitherCouldNorCanSeeIt: Mina has an unread
// notification of a thread that she lost. Whatever happens there, her sockets are not
// told a number that would tell her of it.
func TestCountsTellNothingOfAThreadToThoseWhoNeitherCouldNorCanSeeIt(t *testing.T) {
	f := openForum(t)
	paid := f.Paid.ID
	told := func(name string, v parley.Viewer, frames int, change func() error) {
		t.Helper()
		f.counts(v)
		if err := change(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := f.counts(v); len(got.thread) != frames || frames == 0 && len(got.total) != 0 {
			t.Errorf("%s: %d is told %+v, want %d frames of the thread", name, v.ID, got, frames)
		}
	}
	set := func(private bool) func() error {
		return func() error {
			_, err := f.UpdateThread(t.Context(), f.Ada, paid, app.ThreadPatch{Private: &private})
			return err
		}
	}
	m := f.post(f.Ada, f.Paid, "@Mina @Tomas")
	told("made private", f.Mina, 1, set(true))
	told("opened again", f.Mina, 1, set(false))
	if err := f.SetRights(t.Context(), "Mina", parley.RoleMember, parley.Membership{}); err != nil {
		t.Fatal(err)
	}
	told("made private, and Mina pays nothing", f.Mina, 0, set(true))
	told("opened again, and Mina pays nothing", f.Mina, 0, set(false))
	deleting := func() error { _, err := f.DeleteMessage(t.Context(), f.Ada, m.ID); return err }
	told("the message deleted", f.Mina, 0, deleting)
	told("the message restored", f.Mina, 0, func() error { _, err := f.RestoreMessage(t.Context(), f.Ada, m.ID); return err })
	told("the message deleted again", f.Tomas, 1, deleting)
	told("the thread deleted", f.Mina, 0, func() error { _, err := f.DeleteThread(t.Context(), f.Ada, paid); return err })
}

// TestAMentionOfEveryoneTellsNothingToThoseWhoCannotSeeIt: who loses a thread with it is
// told the count that is left, and nothing of what happens there afterwards.
func TestAMentionOfEveryoneTellsNothingToThoseWhoCannotSeeIt(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	told := func(name string, whom []parley.Viewer, change func() error) {
		t.Helper()
		everybody := []parley.Viewer{f.Ada, f.Tomas, f.Mina, f.Finn}
		for _, v := range everybody {
			f.counts(v)
		}
		if err := change(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, v := range everybody {
			got, want := f.counts(v), slices.Contains(whom, v)
			unread := must[app.Count](t)(f.NotificationCount(ctx, f.now(v)))
			if is := len(got.total) > 0; is != want || is && got.total[len(got.total)-1].Count != unread.Count {
				t.Errorf("%s: %d is told %+v, unread are %+v", name, v.ID, got, unread)
			}
		}
	}
	set := func(private bool) func() error {
		return func() error {
			return drop(f.UpdateThread(ctx, f.Ada, f.Paid.ID, app.ThreadPatch{Private: &private}))
		}
	}
	var called parley.Message
	call := func() error { called = f.post(f.Ada, f.Paid, "@everyone"); return nil }
	staff, paying := []parley.Viewer{f.Ada, f.Tomas}, []parley.Viewer{f.Ada, f.Tomas, f.Mina}
	told("called", paying, call)
	told("made private", paying, set(true))
	told("called in private", staff, call)
	told("called back in private", staff, func() error { return drop(f.EditMessage(ctx, f.Ada, called.ID, "nobody")) })
	told("opened again", paying, set(false))
	told("called again", paying, call)
	told("called back", paying, func() error { return drop(f.DeleteMessage(ctx, f.Ada, called.ID)) })
	told("called once more", paying, call)
	told("the thread deleted", paying, func() error { return drop(f.DeleteThread(ctx, f.Ada, f.Paid.ID)) })
}

func TestReadingAThreadGoesForwardsOnly(t *testing.T) {
	f := openForum(t)
	first := f.post(f.Ada, f.Free, "@Mina one")
	second := f.post(f.Ada, f.Free, "@Mina two")
	third := f.post(f.Ada, f.Free, "@Mina three")
	for _, tc := range []struct {
		name                    string
		upTo                    int64
		marked, left, stands, n int64
	}{
		{"up to the second", second.ID, 2, 1, second.ID, 1},
		{"back to the first", first.ID, 0, 1, second.ID, 1},
		{"further than there is", third.ID + 100, 1, 0, third.ID, 0},
		{"the newest", 0, 0, 0, third.ID, 0},
	} {
		got := must[app.ReadResult](t)(f.MarkRead(t.Context(), f.Mina, f.Free.ID, tc.upTo))
		thread := must[parley.Thread](t)(f.Thread(t.Context(), f.Mina, f.Free.ID))
		if got.Marked != tc.marked || got.TotalUnread != tc.left || *thread.LastReadMessageID != tc.stands || thread.UnreadMessages != tc.n {
			t.Errorf("%s: %+v, read up to %d, %d messages unread; want %+v", tc.name, got, *thread.LastReadMessageID, thread.UnreadMessages, tc)
		}
	}
}

func TestNotificationsBelongToTheirReader(t *testing.T) {
	f := openForum(t)
	f.post(f.Ada, f.Free, "@Mina")
	minas := f.notificationsOf(f.Mina)[0].ID
	for name, change := range map[string]func() (app.ReadResult, error){
		"read":   func() (app.ReadResult, error) { return f.ReadNotification(t.Context(), f.Finn, minas) },
		"delete": func() (app.ReadResult, error) { return f.DeleteNotification(t.Context(), f.Finn, minas) },
	} {
		if _, err := change(); parley.KindOf(err) != parley.NotFound {
			t.Errorf("%s Mina's: %v", name, err)
		}
	}
	private := true
	f.edit(f.Free, app.ThreadPatch{Private: &private})
	wantKind(t, drop(f.ReadNotification(t.Context(), f.Mina, minas)), parley.NotFound) // she cannot see it now
}

func TestPruningEndsSessionsAndForgetsKeys(t *testing.T) {
	f := openForum(t)
	now := parley.At(f.Clock.Now())
	storetest.Update(t, f.Store, func(tx *store.Tx) error {
		_, err := tx.CreateSession(store.Session{PublicID: "old", UserID: f.Mina.ID, ExpiresAt: now.Add(time.Hour)}, []byte("hash"))
		return err
	})
	f.tells("before it expires", func() error { return f.Prune(t.Context()) })
	f.Clock.Pass(time.Hour)
	f.tells("after", func() error { return f.Prune(t.Context()) }, parley.SessionsEnded{UserID: f.Mina.ID})
}

// TestTheEndOfAServerIsNoFault has the background work go on after the context has ended.
func TestTheEndOfAServerIsNoFault(t *testing.T) {
	f := openForum(t)
	var said bytes.Buffer
	f.App = app.New(f.Store, app.Options{Logger: slog.New(slog.NewTextHandler(&said, nil))})
	f.Connect(f.hub)
	f.post(f.Ada, f.Free, "@Mina")
	if _, _, err := f.Messages(t.Context(), f.Finn, f.Free.ID, app.MessageQuery{Limit: 9, MarkRead: true}); err != nil { // counts a view
		t.Fatal(err)
	}
	f.RightsChanged(f.Mina.ID)
	ended, end := context.WithCancel(t.Context())
	end()
	f.Settle(ended)
	f.RecountUnheard(ended)
	f.DoChores(ended)
	if said.Len() > 0 {
		t.Errorf("said:\n%s", said.String())
	}
}

// TestCountsThatCannotBeReadAreSentWhenTheyCan has the database fail whoever reads what
// changed for many, and for one whose rights did.
func TestCountsThatCannotBeReadAreSentWhenTheyCan(t *testing.T) {
	f := openForum(t)
	private := true
	failing, fail := context.WithCancel(t.Context())
	fail()
	for name, change := range map[string]func(){
		"everyone called": func() {
			must[parley.Message](t)(f.PostMessage(t.Context(), f.Ada, f.Free.ID, "@everyone", 0, app.Idempotency{}))
		},
		"a thread closed": func() { f.edit(f.Free, app.ThreadPatch{Private: &private}) },
		"rights changed":  func() { f.RightsChanged(f.Mina.ID) },
	} {
		f.post(f.Ada, f.Free, "@Mina")
		f.counts(f.Mina)
		change()
		f.countsTold(f.Mina)
		if err := f.RecountHeard(failing); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want that it failed", name, err)
		}
		if got := f.counts(f.Mina); len(got.total) == 0 {
			t.Errorf("%s: told nothing", name)
		}
		public := false
		f.edit(f.Free, app.ThreadPatch{Private: &public})
	}
}
