package app_test

import (
	"fmt"
	"testing"

	"parley"
	"parley/internal/app"
	"parley/internal/store/storetest"
)

// The edge cases that docs/contract.md lists and no other test is about.

func TestAMessageBetweenThePageAndTheSubscriptionIsNotMissed(t *testing.T) {
	f := openForum(t)
	page, position, err := f.Messages(t.Context(), f.Mina, f.Free.ID, app.MessageQuery{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	between := f.post(f.Ada, f.Free, "quick")
	frames := f.follow(f.Mina, position).frames()
	if len(frames) != 1 || decode[parley.NewMessageFrame](t, frames[0]).Message.ID != between.ID {
		t.Errorf("whoever follows from %s is shown %q, want message %d behind the page of %d", position, frames, between.ID, len(page))
	}
}

func TestMarkingReadLeavesAMessageThatCameMeanwhileUnread(t *testing.T) {
	f := openForum(t)
	seen := f.post(f.Ada, f.Free, "@Mina one")
	f.post(f.Ada, f.Free, "@Mina two") // while the request for the first is under way
	read := must[app.ReadResult](t)(f.MarkRead(t.Context(), f.Mina, f.Free.ID, seen.ID))
	thread := must[parley.Thread](t)(f.Thread(t.Context(), f.Mina, f.Free.ID))
	if read.Marked != 1 || read.TotalUnread != 1 || thread.UnreadMessages != 1 || thread.UnreadCount != 1 {
		t.Errorf("read %+v, then %d messages and %d notifications unread; want one each", read, thread.UnreadMessages, thread.UnreadCount)
	}
}

func TestAHiddenTabReadsNothingAndIsToldWhatTheOtherOneRead(t *testing.T) {
	f := openForum(t)
	open := func(shown bool) {
		t.Helper()
		if _, _, err := f.Messages(t.Context(), f.Mina, f.Free.ID, app.MessageQuery{Limit: 50, MarkRead: shown}); err != nil {
			t.Fatal(err)
		}
	}
	f.post(f.Ada, f.Free, "@Mina")
	f.counts(f.Mina)
	open(false)
	if got := f.counts(f.Mina); len(got.total) != 0 {
		t.Errorf("a tab that nobody looks at moved the counts: %+v", got)
	}
	open(true)
	got := f.counts(f.Mina) // goes to all of her sockets
	if len(got.total) != 1 || got.total[0].Count != 0 || len(got.thread) != 1 || got.thread[0].MarkedReadCount != 1 {
		t.Errorf("the other tab is told %+v, want that nothing is unread", got)
	}
}

func TestOnesOwnMessagesNeverCount(t *testing.T) {
	f := openForum(t)
	f.followed(f.Free, allNews, f.Mina)
	own := f.post(f.Mina, f.Free, "@Mina, note to self")
	f.reply(f.Mina, f.Free, own.ID, "@Mina, again")
	thread := must[parley.Thread](t)(f.Thread(t.Context(), f.Mina, f.Free.ID))
	count := must[app.Count](t)(f.NotificationCount(t.Context(), f.Mina))
	others := must[parley.Thread](t)(f.Thread(t.Context(), f.Finn, f.Free.ID))
	if thread.UnreadCount != 0 || count.Count != 0 || thread.UnreadMessages != others.UnreadMessages-2 {
		t.Errorf("Mina has %d of the thread unread, %d in all, and %d messages, where others have %d",
			thread.UnreadCount, count.Count, thread.UnreadMessages, others.UnreadMessages)
	}
}

func TestBadgesFollowATierLostAndRegained(t *testing.T) {
	f := openForum(t)
	f.post(f.Ada, f.Paid, "@Mina")
	f.post(f.Ada, f.Free, "@Mina")
	var version int64
	for _, step := range []struct{ cents, count int64 }{{0, 1}, {500, 2}, {0, 1}, {500, 2}} {
		f.counts(f.Mina)
		if err := f.pays(f.Mina, step.cents); err != nil {
			t.Fatal(err)
		}
		f.Mina = f.now(f.Mina)
		told := f.counts(f.Mina).total
		count := must[app.Count](t)(f.NotificationCount(t.Context(), f.Mina))
		if len(told) == 0 || told[len(told)-1].Count != step.count || count.Count != step.count || count.CountVersion <= version {
			t.Errorf("who pays %d is told %+v and answered %+v after version %d, want %d", step.cents, told, count, version, step.count)
		}
		version = count.CountVersion
	}
}

func TestThread12IsNotThread123(t *testing.T) {
	f := openForum(t)
	for id := int64(0); id < 123; {
		thread := must[parley.Thread](t)(f.CreateThread(t.Context(), f.Ada, app.NewThread{Title: fmt.Sprint("Thread ", id+1), Content: "Welcome"}, app.Idempotency{}))
		id = thread.ID
	}
	twelve := f.enter(f.Mina, 12)
	f.counts(f.Mina)
	f.post(f.Ada, storetest.ThreadRef{ID: 123}, "@Mina")
	if frames := twelve.frames(); len(frames) != 0 {
		t.Errorf("thread 12 shows what was written in thread 123: %q", frames)
	}
	for _, told := range f.counts(f.Mina).thread {
		if *told.ThreadID != 123 {
			t.Errorf("Mina is told of thread %d", *told.ThreadID)
		}
	}
	must[app.ReadResult](t)(f.MarkRead(t.Context(), f.Mina, 12, 0))
	for id, want := range map[int64]int64{12: 0, 123: 1} {
		if thread := must[parley.Thread](t)(f.Thread(t.Context(), f.Mina, id)); thread.UnreadCount != want {
			t.Errorf("thread %d has %d unread, want %d", id, thread.UnreadCount, want)
		}
	}
}
