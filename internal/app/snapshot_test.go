package app_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"parley"
	"parley/internal/app"
	"parley/internal/store/storetest"
)

// TestSnapshotAndEventsAreAFreshSnapshot lets everybody look, makes a change,
// and compares what its events make of the look with another look; one change
// after the other, in one forum.
func TestSnapshotAndEventsAreAFreshSnapshot(t *testing.T) {
	f := openForum(t)
	f.followed(f.Free, allNews, f.Tomas)
	for _, tc := range append(f.conversations(), f.settings()...) {
		t.Run(tc.name, func(t *testing.T) {
			f.t = t
			f.post(f.Mina, f.Free, "one") // Tomas always has something to read
			f.post(f.Mina, f.Free, "two")
			everybody := f.gather(f.Free, f.Paid, f.Private, f.Sub)
			if err := tc.make(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.RunJobs(t.Context())
			everybody.catchUp()
			everybody.check()
		})
	}
}

// change is something that happens in a forum.
type change struct {
	name string
	make func(context.Context) error
}

// conversations are what people say, like and read.
func (f *forum) conversations() []change {
	none := app.Idempotency{}
	said := func(say func()) func(context.Context) error {
		return func(context.Context) error { say(); return nil }
	}
	started := func(in app.NewThread) func(context.Context) error {
		in.Title, in.Content = "New", "hello @Finn @Tomas"
		return func(ctx context.Context) error { return drop(f.CreateThread(ctx, f.Ada, in, none)) }
	}
	return []change{
		{"nothing", said(func() {})},
		{"a message that mentions", said(func() { f.post(f.Mina, f.Free, "hello @Finn and @Ada") })},
		{"a reply", said(func() { f.reply(f.Finn, f.Free, f.Free.First, "yes") })},
		{"the team called", said(func() { f.post(f.Ada, f.Private, "@team") })},
		{"everyone called", said(func() { f.post(f.Ada, f.Free, "hello @everyone and @Finn") })},
		{"everyone called who may see it", said(func() { f.post(f.Ada, f.Paid, "@everyone") })},
		{"everyone called, and a notification of that read", func(ctx context.Context) error {
			f.post(f.Ada, f.Free, "@everyone")
			return drop(f.ReadNotification(ctx, f.Tomas, f.notificationsOf(f.Tomas)[0].ID))
		}},
		{"everyone called, and a notification of that deleted", func(ctx context.Context) error {
			f.post(f.Ada, f.Free, "@everyone")
			return drop(f.DeleteNotification(ctx, f.Tomas, f.notificationsOf(f.Tomas)[0].ID))
		}},
		{"everyone called by an edit", func(ctx context.Context) error {
			return drop(f.EditMessage(ctx, f.Ada, f.Free.First, "Welcome, @everyone"))
		}},
		{"and by another one no longer", func(ctx context.Context) error {
			return drop(f.EditMessage(ctx, f.Ada, f.Free.First, "Welcome, @Mina"))
		}},
		{"and again", func(ctx context.Context) error {
			return drop(f.EditMessage(ctx, f.Ada, f.Free.First, "Welcome, @Mina and @everyone"))
		}},
		{"a message that calls everyone deleted and restored", func(ctx context.Context) error {
			m := f.post(f.Ada, f.Free, "@everyone")
			return errors.Join(drop(f.DeleteMessage(ctx, f.Ada, m.ID)), drop(f.RestoreMessage(ctx, f.Ada, m.ID)))
		}},
		{"a message that calls everyone deleted", func(ctx context.Context) error {
			return drop(f.DeleteMessage(ctx, f.Ada, f.post(f.Ada, f.Free, "@everyone").ID))
		}},
		{"an edit that mentions", func(ctx context.Context) error {
			return drop(f.EditMessage(ctx, f.Ada, f.Free.First, "Welcome, @Mina"))
		}},
		{"an edit of what is quoted", func(ctx context.Context) error {
			f.reply(f.Finn, f.Free, f.Free.First, "yes")
			return drop(f.EditMessage(ctx, f.Ada, f.Free.First, "Welcome?"))
		}},
		{"a deletion with replies", func(ctx context.Context) error {
			root := f.reply(f.Finn, f.Free, f.Free.First, "@Mina?")
			f.reply(f.Mina, f.Free, root.ID, "yes")
			return drop(f.DeleteMessage(ctx, f.Finn, root.ID))
		}},
		{"a deletion taken back", func(ctx context.Context) error {
			root := f.reply(f.Finn, f.Free, f.Free.First, "@Mina and @Tomas?")
			below := f.reply(f.Mina, f.Free, root.ID, "yes")
			f.reply(f.Finn, f.Free, below.ID, "gone before")
			return errors.Join(
				drop(f.Like(ctx, f.Tomas, root.ID)), drop(f.Like(ctx, f.Finn, below.ID)),
				drop(f.DeleteMessage(ctx, f.Finn, root.ID)), drop(f.RestoreMessage(ctx, f.Ada, root.ID)))
		}},
		{"a message that is quoted, deleted and restored", func(ctx context.Context) error {
			m := f.post(f.Mina, f.Free, "a question")
			f.grow(f.Finn, m.ID, "An answer", "@Tomas")
			return errors.Join(drop(f.DeleteMessage(ctx, f.Mina, m.ID)), drop(f.RestoreMessage(ctx, f.Tomas, m.ID)))
		}},
		{"a message hidden", f.hidden(func(context.Context, parley.Message) error { return nil })},
		{"a hidden message edited, answered, liked and grown from", f.hidden(func(ctx context.Context, m parley.Message) error {
			f.reply(f.Mina, f.Free, m.ID, "still here")
			return errors.Join(drop(f.EditMessage(ctx, f.Mina, m.ID, "@Finn, in other words")), drop(f.Like(ctx, f.Tomas, m.ID)),
				drop(f.CreateSubThread(ctx, f.Mina, m.ID, "Why?", "hello", none)))
		})},
		{"a message hidden and shown again", f.hidden(func(ctx context.Context, m parley.Message) error {
			return drop(f.RestoreMessage(ctx, f.Ada, m.ID))
		})},
		{"a message hidden, deleted and restored", f.hidden(func(ctx context.Context, m parley.Message) error {
			return errors.Join(drop(f.DeleteMessage(ctx, f.Mina, m.ID)), drop(f.RestoreMessage(ctx, f.Ada, m.ID)))
		})},
		{"a message restored, and hidden thereafter", func(ctx context.Context) error {
			m := f.post(f.Mina, f.Free, "@Finn?")
			return errors.Join(drop(f.DeleteMessage(ctx, f.Mina, m.ID)), drop(f.RestoreMessage(ctx, f.Ada, m.ID)), f.hide(ctx, m.ID))
		}},
		{"a message that is quoted, hidden and shown again", f.hidden(func(ctx context.Context, m parley.Message) error {
			return errors.Join(drop(f.RestoreMessage(ctx, f.Ada, m.ID)), f.hideAgain(ctx, m.ID), drop(f.RestoreMessage(ctx, f.Ada, m.ID)))
		})},
		{"messages moved", func(ctx context.Context) error {
			return drop(f.MoveMessage(ctx, f.Tomas, f.toBeMoved(ctx), f.Private.ID))
		}},
		{"messages moved to where fewer may read, and within", func(ctx context.Context) error {
			id := f.toBeMoved(ctx)
			return errors.Join(drop(f.MoveMessage(ctx, f.Tomas, id, f.Paid.ID)), drop(f.MoveMessage(ctx, f.Ada, id, f.Private.ID)))
		}},
		{"messages moved to another open thread, and back", func(ctx context.Context) error {
			id, there := f.toBeMoved(ctx), must[parley.Thread](f.t)(f.CreateThread(ctx, f.Ada, app.NewThread{Title: "There", Content: "hello"}, none))
			return errors.Join(drop(f.MoveMessage(ctx, f.Tomas, id, there.ID)), drop(f.MoveMessage(ctx, f.Tomas, id, f.Free.ID)))
		}},
		{"a call of everyone moved, and to where fewer may read", func(ctx context.Context) error {
			id := f.post(f.Ada, f.Free, "@everyone").ID
			return errors.Join(drop(f.MoveMessage(ctx, f.Tomas, id, f.Sub.ID)), drop(f.MoveMessage(ctx, f.Tomas, id, f.Private.ID)))
		}},
		{"messages moved into a sub-thread", func(ctx context.Context) error {
			root := f.reply(f.Mina, f.Free, f.Free.First, "@Finn and @Tomas?")
			below := f.reply(f.Finn, f.Free, root.ID, "yes")
			return errors.Join(drop(f.Like(ctx, f.Tomas, root.ID)), f.hideAgain(ctx, below.ID), drop(f.MoveMessage(ctx, f.Tomas, root.ID, f.Sub.ID)))
		}},
		{"a like", func(ctx context.Context) error { return drop(f.Like(ctx, f.Mina, f.Free.First)) }},
		{"a like taken back", func(ctx context.Context) error { return drop(f.Unlike(ctx, f.Mina, f.Free.First)) }},
		{"a like that did not last", func(ctx context.Context) error {
			return errors.Join(drop(f.Like(ctx, f.Finn, f.Free.First)), drop(f.Unlike(ctx, f.Finn, f.Free.First)))
		}},
		{"a new thread", started(app.NewThread{})},
		{"a new thread for some", started(app.NewThread{TierID: f.Silver.ID})},
		{"a new private thread", started(app.NewThread{Private: true})},
		{"a sub-thread", said(func() { f.grow(f.Finn, f.Free.First, "Why?", "hello") })},
		{"a sub-thread for some", said(func() { f.grow(f.Mina, f.Paid.First, "Why?", "hello") })},
		{"one notification read", func(ctx context.Context) error {
			return drop(f.ReadNotification(ctx, f.Tomas, f.notificationsOf(f.Tomas)[0].ID))
		}},
		{"a notification deleted", func(ctx context.Context) error {
			return drop(f.DeleteNotification(ctx, f.Tomas, f.notificationsOf(f.Tomas)[0].ID))
		}},
		{"a page opened", func(ctx context.Context) error {
			_, _, err := f.Messages(ctx, f.Tomas, f.Free.ID, app.MessageQuery{Limit: 10, MarkRead: true})
			return err
		}},
		{"a thread read", func(ctx context.Context) error { return drop(f.MarkRead(ctx, f.Tomas, f.Free.ID, 0)) }},
		{"all notifications read", func(ctx context.Context) error { return drop(f.ReadAllNotifications(ctx, f.Tomas)) }},
	}
}

// hidden hides a message of Mina's that mentions, is liked, answered and grown from.
func (f *forum) hidden(then func(context.Context, parley.Message) error) func(context.Context) error {
	return func(ctx context.Context) error {
		m := f.reply(f.Mina, f.Free, f.Free.First, "@Finn and @Tomas?")
		f.reply(f.Finn, f.Free, m.ID, "yes")
		f.grow(f.Finn, m.ID, "An answer", "hello")
		return errors.Join(drop(f.Like(ctx, f.Tomas, m.ID)), drop(f.Like(ctx, f.Finn, m.ID)), f.hide(ctx, m.ID), then(ctx, m))
	}
}

// toBeMoved returns a message of Mina's that mentions, is liked, answered and grown
// from; one of the answers is hidden, one deleted.
func (f *forum) toBeMoved(ctx context.Context) int64 {
	m := f.reply(f.Mina, f.Free, f.Free.First, "@Finn and @Tomas?")
	below := f.reply(f.Finn, f.Free, m.ID, "yes, @Mina")
	f.grow(f.Finn, m.ID, "An answer", "hello @Mina")
	gone := f.reply(f.Finn, f.Free, below.ID, "gone")
	err := errors.Join(drop(f.Like(ctx, f.Tomas, m.ID)), drop(f.Like(ctx, f.Finn, m.ID)), f.hideAgain(ctx, below.ID), drop(f.DeleteMessage(ctx, f.Finn, gone.ID)))
	if err != nil {
		f.t.Fatal(err)
	}
	return m.ID
}

// hide has Finn flag a message, and Ada hide it.
func (f *forum) hide(ctx context.Context, id int64) error {
	f.t.Helper()
	flag := must[int64](f.t)(f.FlagMessage(ctx, f.Finn, id, parley.FlagAbuse, "", app.Idempotency{}))
	return f.ResolveFlag(ctx, f.Ada, flag, parley.FlagHide, "")
}

// hideAgain has Tomas flag a message, and Ada hide it.
func (f *forum) hideAgain(ctx context.Context, id int64) error {
	f.t.Helper()
	flag := must[int64](f.t)(f.FlagMessage(ctx, f.Tomas, id, parley.FlagAbuse, "", app.Idempotency{}))
	return f.ResolveFlag(ctx, f.Ada, flag, parley.FlagHide, "")
}

// settings are what managers do with threads.
func (f *forum) settings() []change {
	yes, no, title, silver, free := true, false, "Another title", f.Silver.ID, int64(0)
	update := func(thread storetest.ThreadRef, patch app.ThreadPatch) func(context.Context) error {
		return func(ctx context.Context) error { return drop(f.UpdateThread(ctx, f.Ada, thread.ID, patch)) }
	}
	sterling, three, five := "Sterling", int64(300), int64(500) // not nothing: nobody is told of another badge
	pays := func(v parley.Viewer, cents *int64) func(context.Context) error {
		return func(ctx context.Context) error {
			return f.pays(v, *cents)
		}
	}
	private, public := app.ThreadPatch{Private: &yes}, app.ThreadPatch{Private: &no}
	return []change{
		{"a new title", update(f.Free, app.ThreadPatch{Title: &title})},
		{"pinned and locked", update(f.Paid, app.ThreadPatch{Pinned: &yes, Locked: &yes})},
		{"public, as it was", update(f.Free, public)},
		{"free, as it was", update(f.Free, app.ThreadPatch{TierID: &free})},
		{"a sub-thread gone private", update(f.Sub, private)},
		{"a sub-thread public again", update(f.Sub, public)},
		{"the free thread for some", func(ctx context.Context) error {
			f.post(f.Mina, f.Free, "@Finn") // he has something unread in it
			f.post(f.Ada, f.Free, "@everyone")
			return update(f.Free, app.ThreadPatch{TierID: &silver})(ctx)
		}},
		{"the free thread for all again", update(f.Free, app.ThreadPatch{TierID: &free})},
		{"a tier renamed", func(ctx context.Context) error {
			return drop(f.UpdateTier(ctx, f.Ada, f.Silver.ID, app.TierPatch{Title: &sterling}))
		}},
		{"a membership lost, with something unread", func(ctx context.Context) error {
			f.post(f.Ada, f.Paid, "@Mina")
			f.post(f.Ada, f.Paid, "@everyone")
			return pays(f.Mina, &three)(ctx)
		}},
		{"a membership regained", pays(f.Mina, &five)},
		{"the paid thread for all, its sub-thread for some", update(f.Paid, app.ThreadPatch{TierID: &free})},
		{"the free thread gone private, and public again at once", func(ctx context.Context) error {
			return errors.Join(update(f.Free, private)(ctx), update(f.Free, public)(ctx))
		}},
		{"the private thread public", update(f.Private, public)},
		{"the private thread private", update(f.Private, private)},
		{"a sub-thread deleted", func(ctx context.Context) error { return drop(f.DeleteThread(ctx, f.Mina, f.Sub.ID)) }},
		{"a thread deleted with its sub-threads", func(ctx context.Context) error {
			f.post(f.Mina, f.Free, "@Finn")
			f.post(f.Ada, f.Free, "@everyone")
			return drop(f.DeleteThread(ctx, f.Ada, f.Free.ID))
		}},
	}
}

func (f *forum) notificationsOf(v parley.Viewer) []parley.Notification {
	f.t.Helper()
	return must[app.NotificationPage](f.t)(f.Notifications(f.t.Context(), v, 0, 0, 100)).Notifications
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
	text := fmt.Sprintf("%s said %d", pick(d.How, "", "@Ada", "@Mina @Finn", "@creator", "@team", "@everyone"), d.How)
	switch pick(d.What, "write", "reply", "reply", "edit", "delete", "restore", "like", "unlike", "grow", "manage", "read", "read all", "flag", "resolve", "resolve", "move") {
	case "write":
		_, err = f.PostMessage(ctx, v, thread.ID, text, 0, app.Idempotency{})
	case "reply":
		_, err = f.PostMessage(ctx, v, thread.ID, text, message, app.Idempotency{})
	case "edit":
		_, err = f.EditMessage(ctx, v, message, text)
	case "delete":
		_, err = f.DeleteMessage(ctx, v, message)
		f.gone = append(f.gone, message)
	case "restore":
		if len(f.gone) > 0 {
			_, err = f.RestoreMessage(ctx, v, pick(d.Which, f.gone...))
		}
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
	case "flag":
		_, err = f.FlagMessage(ctx, v, message, parley.FlagOther, "", app.Idempotency{})
	case "resolve":
		err = f.resolve(ctx, v, d.Which, pick(d.How, parley.FlagKeep, parley.FlagHide, parley.FlagHide, parley.FlagDelete))
	case "move":
		_, err = f.MoveMessage(ctx, v, message, pick(d.How, f.Sub, f.Free).ID)
	case "read all":
		_, err = f.ReadAllNotifications(ctx, v)
	}
	switch parley.KindOf(err) {
	case parley.Forbidden, parley.NotFound, parley.Invalid, parley.Conflict, parley.RateLimited:
	default:
		if err != nil {
			f.t.Fatal(err)
		}
	}
}

// resolve resolves one of the flags that are open.
func (f *forum) resolve(ctx context.Context, v parley.Viewer, which int, action parley.FlagAction) error {
	flags := must[[]app.FlagEntry](f.t)(f.Flags(ctx, f.Ada, true, 0, 100))
	if len(flags) == 0 {
		return nil
	}
	flag := pick(which, flags...)
	f.gone = append(f.gone, flag.Message.ID)
	return f.ResolveFlag(ctx, v, flag.ID, action, "")
}

// manage changes one of a thread's settings. By the last one members lose the
// thread, or find it again.
func (f *forum) manage(ctx context.Context, v parley.Viewer, thread storetest.ThreadRef, how int) error {
	on, title := how%2 == 0, fmt.Sprint("Title ", how)
	patch := pick(how/2, app.ThreadPatch{Pinned: &on}, app.ThreadPatch{Title: &title}, app.ThreadPatch{Private: &on})
	_, err := f.UpdateThread(ctx, v, thread.ID, patch)
	return err
}
