package app_test

import (
	"testing"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/realtime"
)

// replicaBeside returns a forum on the database of f as another process has it, whose
// hub hears nothing of f, and says that all is well.
func (f *forum) replicaBeside() *forum {
	there := &forum{App: app.New(f.Store, app.Options{Logger: quiet}), Community: f.Community, t: f.t, hub: newNotingHub(), dsn: f.dsn}
	there.Connect(there.hub)
	return there
}

// follows has the hub's work done: the log is read, and looked at for what was missed.
func (f *forum) follows(after uint64) (read uint64) {
	f.t.Helper()
	pages, err := f.Log().Read(f.t.Context(), []realtime.Want{{Channel: string(parley.ForumChannel), After: after, Limit: 1000}})
	if err != nil {
		f.t.Fatal(err)
	}
	f.RecountUnheard(f.t.Context())
	return pages[0].Head
}

// TestCountsAreSentWhoeverChangedThemAndHoweverDeafTheBusIs: nothing that one replica
// tells reaches the other one, which has no reason to think so.
func TestCountsAreSentWhoeverChangedThemAndHoweverDeafTheBusIs(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	there := f.replicaBeside()
	read := there.follows(0)
	step := func(name string, thread int64, inThread, total int64, change func() error) {
		t.Helper()
		if err := change(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		there.counts(f.Mina)
		read = there.follows(read)
		got := there.counts(f.Mina)
		if len(got.thread) != 1 || len(got.total) == 0 {
			t.Fatalf("%s: told %+v, want both frames", name, got)
		}
		frame, sum := got.thread[0], got.total[len(got.total)-1]
		now := must[app.Count](t)(f.NotificationCount(ctx, f.Mina))
		if frame.ThreadUnreadCount != inThread || frame.TotalForumUnread != total || sum.Count != total || sum.CountVersion != now.CountVersion {
			t.Errorf("%s: told %+v and %+v, want %d of %d", name, frame, sum, inThread, total)
		}
		if of := frame.ThreadID; (of == nil) != (thread == 0) || of != nil && *of != thread {
			t.Errorf("%s: told of thread %v, want %d", name, of, thread)
		}
		read = there.follows(read)
		if got := there.counts(f.Mina); len(got.thread)+len(got.total) > 0 {
			t.Errorf("%s: told once more: %+v", name, got)
		}
	}
	mention := func(text string) func() error {
		return func() error { f.post(f.Ada, f.Free, text); return nil }
	}
	free := f.Free.ID
	step("a mention", free, 1, 1, mention("@Mina"))
	step("another one", free, 2, 2, mention("@Mina"))
	step("one read", free, 1, 1, func() error { return drop(f.ReadNotification(ctx, f.Mina, f.notificationsOf(f.Mina)[0].ID)) })
	step("one withdrawn", free, 0, 0, func() error { return drop(f.DeleteMessage(ctx, f.Ada, f.notices(f.Mina)[0].Message)) })
	step("everyone called", free, 1, 1, mention("@everyone"))
	step("all read", 0, 0, 0, func() error { return drop(f.ReadAllNotifications(ctx, f.Mina)) })
	step("a mention again", free, 1, 1, mention("@Mina"))
	step("one deleted", free, 0, 0, func() error { return drop(f.DeleteNotification(ctx, f.Mina, f.notificationsOf(f.Mina)[0].ID)) })
	paid, private := f.Paid.ID, true
	step("a mention where only some are", paid, 1, 1, func() error { f.post(f.Ada, f.Paid, "@Mina"); return nil })
	step("the thread closed to her", paid, 0, 0, func() error {
		return drop(f.UpdateThread(ctx, f.Ada, paid, app.ThreadPatch{Private: &private}))
	})
}

func TestCountsThatWereHeardOfAreNotSentTwice(t *testing.T) {
	f := openForum(t)
	f.RecountUnheard(t.Context())
	f.counts(f.Mina)
	f.post(f.Ada, f.Free, "@Mina")
	must[app.ReadResult](t)(f.MarkRead(t.Context(), f.Mina, f.Free.ID, 0))
	must[app.ReadResult](t)(f.ReadAllNotifications(t.Context(), f.Mina))
	f.post(f.Ada, f.Free, "@Mina")
	f.counts(f.Mina)
	f.RecountUnheard(t.Context())
	if got := f.counts(f.Mina); len(got.thread)+len(got.total) > 0 {
		t.Errorf("told once more: %+v", got)
	}
}

// TestWhoCannotSeeAThreadIsNotToldThatSomethingHappenedThere, whichever replica it
// happened on.
func TestWhoCannotSeeAThreadIsNotToldThatSomethingHappenedThere(t *testing.T) {
	f := openForum(t)
	m := f.post(f.Ada, f.Paid, "@Mina")
	if err := f.SetRights(t.Context(), "Mina", parley.RoleMember, parley.Membership{}); err != nil {
		t.Fatal(err)
	}
	there := f.replicaBeside()
	read := there.follows(0)
	there.counts(f.Mina)
	must[[]int64](t)(f.DeleteMessage(t.Context(), f.Ada, m.ID))
	must[int](t)(f.DeleteThread(t.Context(), f.Ada, f.Paid.ID))
	there.follows(read)
	if got := there.counts(f.Mina); len(got.thread)+len(got.total) > 0 {
		t.Errorf("told %+v", got)
	}
}

// recountsKept returns the changes of counts that are kept for who has not heard of them.
func (f *forum) recountsKept() []store.Recount {
	f.t.Helper()
	return storetest.Read(f.t, f.Store, func(s *store.Snapshot) ([]store.Recount, error) {
		kept, _, err := s.RecountsSince(1)
		return kept, err
	})
}

// TestChangesOfCountsAreForgottenWhenEverybodyHasHeardOfThem: not before they were kept
// for the time from one pruning to the next.
func TestChangesOfCountsAreForgottenWhenEverybodyHasHeardOfThem(t *testing.T) {
	f := openForum(t)
	f.DoChores(t.Context())
	f.post(f.Ada, f.Free, "@Mina")
	f.post(f.Ada, f.Free, "and this comes after it")
	for i, kept := range []bool{true, false} {
		f.Clock.Pass(time.Hour)
		f.DoChores(t.Context())
		if got := f.recountsKept(); (len(got) > 0) != kept {
			t.Errorf("%v are kept after %d times", got, i+1)
		}
	}
}

// TestWhoCouldNotLookForLongIsSentTheirCounts: what they missed may be forgotten.
func TestWhoCouldNotLookForLongIsSentTheirCounts(t *testing.T) {
	f := openForum(t)
	there := f.replicaBeside()
	read := there.follows(0)
	f.DoChores(t.Context())
	f.post(f.Ada, f.Free, "@Mina")
	there.counts(f.Mina)
	for range 2 {
		f.Clock.Pass(time.Hour)
		f.DoChores(t.Context())
	}
	there.follows(read)
	if got := there.counts(f.Mina).total; len(got) != 1 || got[0].Count != 1 {
		t.Errorf("told %+v, want one unread", got)
	}
}
