package app_test

import (
	"context"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"parley"
	"parley/internal/app"
	"parley/internal/store/storetest"
)

// TestSnapshotAndEventsAreAFreshSnapshot lets everybody look, makes a change,
// and compares what its events make of the look with another look.
func TestSnapshotAndEventsAreAFreshSnapshot(t *testing.T) {
	type change func(ctx context.Context, f *forum) error
	yes, no, title, silver := true, false, "Another title", int64(0)
	update := func(thread func(*forum) storetest.ThreadRef, patch app.ThreadPatch) change {
		return func(ctx context.Context, f *forum) error {
			_, err := f.UpdateThread(ctx, f.Ada, thread(f).ID, patch)
			return err
		}
	}
	free := func(f *forum) storetest.ThreadRef { return f.Free }
	sub := func(f *forum) storetest.ThreadRef { return f.Sub }
	for name, change := range map[string]change{
		"nothing": func(context.Context, *forum) error { return nil },
		"a message that mentions": func(_ context.Context, f *forum) error {
			f.post(f.Mina, f.Free, "hello @Finn and @Ada")
			return nil
		},
		"a reply":         func(_ context.Context, f *forum) error { f.reply(f.Finn, f.Free, f.Free.First, "yes"); return nil },
		"the team called": func(_ context.Context, f *forum) error { f.post(f.Ada, f.Private, "@team"); return nil },
		"an edit that mentions": func(ctx context.Context, f *forum) error {
			_, err := f.EditMessage(ctx, f.Ada, f.Free.First, "Welcome, @Mina")
			return err
		},
		"an edit of what is quoted": func(ctx context.Context, f *forum) error {
			f.reply(f.Finn, f.Free, f.Free.First, "yes")
			_, err := f.EditMessage(ctx, f.Ada, f.Free.First, "Welcome?")
			return err
		},
		"a deletion with replies": func(ctx context.Context, f *forum) error {
			root := f.reply(f.Finn, f.Free, f.Free.First, "@Mina?")
			f.reply(f.Mina, f.Free, root.ID, "yes")
			_, err := f.DeleteMessage(ctx, f.Finn, root.ID)
			return err
		},
		"a like": func(ctx context.Context, f *forum) error {
			_, err := f.Like(ctx, f.Mina, f.Free.First)
			return err
		},
		"a like taken back": func(ctx context.Context, f *forum) error {
			if _, err := f.Like(ctx, f.Mina, f.Free.First); err != nil {
				return err
			}
			_, err := f.Unlike(ctx, f.Mina, f.Free.First)
			return err
		},
		"a new thread": func(ctx context.Context, f *forum) error {
			_, err := f.CreateThread(ctx, f.Ada, app.NewThread{Title: "New", Content: "hello @Finn"}, app.Idempotency{})
			return err
		},
		"a new thread for some": func(ctx context.Context, f *forum) error {
			_, err := f.CreateThread(ctx, f.Ada, app.NewThread{Title: "New", Content: "hello @Finn", TierID: f.Silver.ID}, app.Idempotency{})
			return err
		},
		"a new private thread": func(ctx context.Context, f *forum) error {
			_, err := f.CreateThread(ctx, f.Ada, app.NewThread{Title: "New", Content: "hello @Finn @Tomas", Private: true}, app.Idempotency{})
			return err
		},
		"a sub-thread":          func(_ context.Context, f *forum) error { f.grow(f.Finn, f.Free.First, "Why?", "hello"); return nil },
		"a sub-thread for some": func(_ context.Context, f *forum) error { f.grow(f.Mina, f.Paid.First, "Why?", "hello"); return nil },
		"a thread deleted": func(ctx context.Context, f *forum) error {
			f.post(f.Mina, f.Free, "@Finn")
			_, err := f.DeleteThread(ctx, f.Ada, f.Free.ID)
			return err
		},
		"a sub-thread deleted": func(ctx context.Context, f *forum) error {
			_, err := f.DeleteThread(ctx, f.Mina, f.Sub.ID)
			return err
		},
		"a new title":               update(free, app.ThreadPatch{Title: &title}),
		"pinned and locked":         update(free, app.ThreadPatch{Pinned: &yes, Locked: &yes}),
		"gone private":              update(free, app.ThreadPatch{Private: &yes}),
		"a sub-thread gone private": update(sub, app.ThreadPatch{Private: &yes}),
		"not private as it was":     update(free, app.ThreadPatch{Private: &no}),
		"free, as it was":           update(free, app.ThreadPatch{TierID: &silver}),
		"for some": func(ctx context.Context, f *forum) error {
			f.post(f.Mina, f.Free, "@Finn") // he has something unread in it
			_, err := f.SetTier(ctx, f.Ada, f.Free.ID, f.Silver.ID)
			return err
		},
		"for all, the sub-thread for some": func(ctx context.Context, f *forum) error {
			f.grow(f.Mina, f.Paid.First, "Why?", "hello")
			_, err := f.SetTier(ctx, f.Ada, f.Paid.ID, 0)
			return err
		},
		"public again": func(ctx context.Context, f *forum) error {
			if _, err := f.UpdateThread(ctx, f.Ada, f.Sub.ID, app.ThreadPatch{Private: &yes}); err != nil {
				return err
			}
			_, err := f.UpdateThread(ctx, f.Ada, f.Sub.ID, app.ThreadPatch{Private: &no})
			return err
		},
		"one notification read": func(ctx context.Context, f *forum) error { return f.readFirst(ctx, f.Tomas) },
		"all notifications read": func(ctx context.Context, f *forum) error {
			_, err := f.ReadAllNotifications(ctx, f.Tomas)
			return err
		},
		"a notification deleted": func(ctx context.Context, f *forum) error {
			_, err := f.DeleteNotification(ctx, f.Tomas, f.notificationsOf(f.Tomas)[0].ID)
			return err
		},
		"a thread read": func(ctx context.Context, f *forum) error {
			_, err := f.MarkRead(ctx, f.Tomas, f.Free.ID, 0)
			return err
		},
		"a page opened": func(ctx context.Context, f *forum) error {
			_, _, err := f.Messages(ctx, f.Tomas, f.Free.ID, app.MessageQuery{Limit: 10, MarkRead: true})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := openForum(t)
			// Tomas follows the free thread, and has two things to read.
			_, err := f.Follow(t.Context(), f.Tomas, f.Free.ID, parley.Follow{NewMessage: true, Mention: true, Reply: true})
			if err != nil {
				t.Fatal(err)
			}
			f.post(f.Finn, f.Free, "one")
			f.post(f.Finn, f.Free, "two")
			everybody := f.gather(f.Free, f.Paid, f.Private, f.Sub)
			if err := change(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			f.RunJobs(t.Context())
			everybody.catchUp()
			everybody.check()
		})
	}
}

func (f *forum) notificationsOf(v parley.Viewer) []parley.Notification {
	f.t.Helper()
	return must[app.NotificationPage](f.t)(f.Notifications(f.t.Context(), v, 0, 0, 100)).Notifications
}

func (f *forum) readFirst(ctx context.Context, v parley.Viewer) error {
	_, err := f.ReadNotification(ctx, v, f.notificationsOf(v)[0].ID)
	return err
}

// TestAnyHistoryIsWhatItsEventsTell has everybody do all sorts of things. Some
// clients follow step by step, others resume when all is over.
func TestAnyHistoryIsWhatItsEventsTell(t *testing.T) {
	f := openForum(t)
	for _, v := range []parley.Viewer{f.Ada, f.Tomas, f.Mina} {
		if _, err := f.Follow(t.Context(), v, f.Free.ID, parley.Follow{NewMessage: true, Mention: true, Reply: true}); err != nil {
			t.Fatal(err)
		}
	}
	// One forum for all histories: each goes on where another ended.
	histories := rapid.SliceOfN(anyDeed(), 10, 10)
	for seed := range 6 {
		resuming, live := f.enterAll(f.Free, f.Sub), f.gather(f.Free, f.Sub)
		for i, d := range histories.Example(seed) {
			f.do(d)
			f.RunJobs(t.Context())
			live.catchUp()
			if i%5 == 4 { // looking costs more than doing
				live.check()
			}
			if t.Failed() {
				t.Fatalf("after %+v, number %d of history %d", d, i, seed)
			}
		}
		for _, r := range resuming {
			r.catchUp()
			r.check()
		}
	}
}

// deed is what somebody does. Numbers choose among what there is then; what is
// not allowed changes nothing.
type deed struct {
	Who, What, Where, Which, How int
}

func anyDeed() *rapid.Generator[deed] {
	n := rapid.IntRange(0, 1<<20)
	return rapid.Custom(func(t *rapid.T) deed {
		return deed{n.Draw(t, "who"), n.Draw(t, "what"), n.Draw(t, "where"), n.Draw(t, "which"), n.Draw(t, "how")}
	})
}

// pick chooses one of some things by a number.
func pick[T any](n int, things ...T) T { return things[n%len(things)] }

func (f *forum) do(d deed) {
	f.t.Helper()
	ctx := f.t.Context()
	v := pick(d.Who, f.Ada, f.Tomas, f.Mina, f.Finn)
	thread := pick(d.Where, f.Free, f.Sub)
	messages, _, err := f.Messages(ctx, f.Ada, thread.ID, app.MessageQuery{Limit: 100})
	if err != nil {
		f.t.Fatal(err)
	}
	message := pick(d.Which, messages...).ID
	text := fmt.Sprintf("%s said %d", pick(d.How, "", "@Ada", "@Mina @Finn", "@creator", "@team"), d.How)
	switch pick(d.What, "write", "reply", "reply", "edit", "delete", "like", "unlike", "grow", "manage", "read", "read all") {
	case "write":
		_, err = f.PostMessage(ctx, v, thread.ID, text, 0, app.Idempotency{})
	case "reply":
		_, err = f.PostMessage(ctx, v, thread.ID, text, message, app.Idempotency{})
	case "edit":
		_, err = f.EditMessage(ctx, v, message, text)
	case "delete":
		_, err = f.DeleteMessage(ctx, v, message)
	case "like":
		_, err = f.Like(ctx, v, message)
	case "unlike":
		_, err = f.Unlike(ctx, v, message)
	case "grow":
		_, err = f.CreateSubThread(ctx, v, message, "Why?", text, app.Idempotency{})
	case "manage":
		err = f.manage(ctx, v, thread, d.How)
	case "read":
		_, err = f.MarkRead(ctx, v, thread.ID, message)
	case "read all":
		_, err = f.ReadAllNotifications(ctx, v)
	}
	switch parley.KindOf(err) {
	case parley.Forbidden, parley.NotFound, parley.Invalid:
	default:
		if err != nil {
			f.t.Fatal(err)
		}
	}
}

// manage changes one of a thread's settings. By the last one members lose the
// thread, or find it again.
func (f *forum) manage(ctx context.Context, v parley.Viewer, thread storetest.ThreadRef, how int) error {
	on, title := how%2 == 0, fmt.Sprint("Title ", how)
	patch := pick(how/2, app.ThreadPatch{Pinned: &on}, app.ThreadPatch{Title: &title}, app.ThreadPatch{Private: &on})
	_, err := f.UpdateThread(ctx, v, thread.ID, patch)
	return err
}
