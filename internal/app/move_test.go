package app_test

import (
	"testing"

	"parley"
	"parley/internal/app"
	"parley/internal/store/storetest"
)

// elsewhere starts another thread that all may read.
func (f *forum) elsewhere() storetest.ThreadRef {
	f.t.Helper()
	thread := must[parley.Thread](f.t)(f.CreateThread(f.t.Context(), f.Ada, app.NewThread{Title: "Elsewhere", Content: "hello"}, app.Idempotency{}))
	first, _, err := f.Messages(f.t.Context(), f.Ada, thread.ID, app.MessageQuery{Limit: 1})
	if err != nil {
		f.t.Fatal(err)
	}
	return storetest.ThreadRef{ID: thread.ID, First: first[0].ID}
}

// TestAMessageIsMoved tells the story of a move.
func TestAMessageIsMoved(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	there := f.elsewhere()
	f.Clock.Pass(second)
	free, other := f.thread(f.Finn, f.Free.ID), f.thread(f.Finn, there.ID)
	root := f.reply(f.Mina, f.Free, f.Free.First, "by the way, @Finn")
	below := f.reply(f.Finn, f.Free, root.ID, "oh")
	bell := must[app.Count](t)(f.NotificationCount(ctx, f.Finn))
	f.tells("moved", func() error { return drop(f.MoveMessage(ctx, f.Tomas, root.ID, there.ID)) },
		parley.MessagesDeleted{ThreadID: f.Free.ID, MessageIDs: []int64{root.ID, below.ID}, RepliedTo: f.Free.First},
		parley.MessagePosted{ThreadID: there.ID, MessageID: root.ID, Moved: true},
		parley.MessagePosted{ThreadID: there.ID, MessageID: below.ID, Moved: true},
		parley.Notified{UserID: f.Mina.ID})
	f.logged(parley.ActMessageMoved)
	f.onlySeenBy(there, root.ID, f.Ada, f.Tomas, f.Mina, f.Finn)
	moved := must[parley.Message](t)(f.Message(ctx, f.Finn, root.ID))
	if moved.ThreadID != there.ID || moved.ReplyToID != nil || moved.ReplyCount != 1 {
		t.Errorf("moved: %+v", moved)
	}
	if origin := must[parley.Message](t)(f.Message(ctx, f.Finn, f.Free.First)); origin.ReplyCount != 0 {
		t.Errorf("what it answered has %d replies", origin.ReplyCount)
	}
	if now := f.thread(f.Finn, f.Free.ID); now.MessageCount != free.MessageCount || now.LastMessageAt != free.LastMessageAt || now.UnreadMessages != free.UnreadMessages || now.UnreadCount != 0 {
		t.Errorf("here it was %+v, is %+v", free, now)
	}
	if now := f.thread(f.Finn, there.ID); now.MessageCount != other.MessageCount+2 || now.LastMessageAt != below.CreatedAt || now.UnreadMessages != other.UnreadMessages+1 || now.UnreadCount != 1 {
		t.Errorf("there it was %+v, is %+v", other, now)
	}
	if after := must[app.Count](t)(f.NotificationCount(ctx, f.Finn)); after.Count != bell.Count || after.CountVersion <= bell.CountVersion {
		t.Errorf("Finn's bell was %+v, is %+v", bell, after)
	}
	for _, n := range f.notificationsOf(f.Finn) {
		if n.ThreadID != there.ID {
			t.Errorf("Finn's notification leads to thread %d", n.ThreadID)
		}
	}
	if n := f.notificationsOf(f.Mina)[0]; n.Title != "A moderator moved your message to Elsewhere" || n.Sender != nil || n.ThreadID != there.ID {
		t.Errorf("Mina reads %+v", n)
	}
}

func TestAMoveIsRefused(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	there, locked := f.elsewhere(), f.elsewhere()
	f.edit(locked, app.ThreadPatch{Locked: ptr(true)})
	free := f.post(f.Mina, f.Free, "hello").ID
	paid := f.post(f.Mina, f.Paid, "hello").ID
	hush := f.post(f.Tomas, f.Private, "hush").ID
	grown := f.post(f.Mina, f.Free, "hello").ID
	sub := f.grow(f.Finn, grown, "Why?", "hi")
	for _, tc := range []struct {
		why  string
		v    parley.Viewer
		id   int64
		to   int64
		want parley.Kind
	}{
		{"by its author", f.Mina, free, there.ID, parley.Forbidden},
		{"by a member, of nothing", f.Finn, 4711, there.ID, parley.NotFound},
		{"by a member, of what is private", f.Mina, hush, there.ID, parley.NotFound},
		{"of nothing", f.Tomas, 4711, there.ID, parley.NotFound},
		{"to nowhere", f.Tomas, free, 4711, parley.NotFound},
		{"to where it is", f.Tomas, free, f.Free.ID, parley.Invalid},
		{"of the first message", f.Tomas, f.Free.First, there.ID, parley.Invalid},
		{"to where more people read", f.Ada, paid, there.ID, parley.Invalid},
		{"out of a private thread", f.Ada, hush, f.Paid.ID, parley.Invalid},
		{"to a locked thread", f.Tomas, free, locked.ID, parley.Forbidden},
		{"into what grew out of it", f.Tomas, grown, sub.ID, parley.Invalid},
	} {
		f.tells(tc.why, func() error {
			if err := drop(f.MoveMessage(ctx, tc.v, tc.id, tc.to)); parley.KindOf(err) != tc.want {
				t.Errorf("%s: %v", tc.why, err)
			}
			return nil
		})
	}
	must[[]int64](t)(f.MoveMessage(ctx, f.Ada, free, locked.ID))
	must[[]int64](t)(f.MoveMessage(ctx, f.Tomas, paid, f.Private.ID))
}

func TestWhatIsMovedToWhereFewerReadIsGoneForTheOthers(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	root := f.post(f.Mina, f.Free, "@Finn, by the way").ID
	f.reply(f.Tomas, f.Free, root, "hello again, @Finn")
	sub := f.grow(f.Finn, root, "Why?", "@Mina?")
	must[[]int64](t)(f.MoveMessage(ctx, f.Tomas, root, f.Private.ID))
	f.onlySeenBy(f.Private, root, f.Ada, f.Tomas)
	for _, v := range []parley.Viewer{f.Mina, f.Finn} {
		if got := f.notices(v); len(got) != 0 {
			t.Errorf("%d is told %v", v.ID, got)
		}
		if _, err := f.Thread(ctx, v, sub.ID); parley.KindOf(err) != parley.NotFound {
			t.Errorf("%d sees what grew out of it: %v", v.ID, err)
		}
	}
	thread := f.thread(f.Ada, sub.ID)
	if thread.ParentThreadID == nil || *thread.ParentThreadID != f.Private.ID || !thread.IsPrivate || thread.CreatedFromMessage == nil {
		t.Errorf("what grew out of it: %+v", thread)
	}
	if m := must[parley.Message](t)(f.Message(ctx, f.Ada, root)); m.SpawnedThreadCount != 1 {
		t.Errorf("%d threads grew out of it", m.SpawnedThreadCount)
	}
}

func TestACallOfEveryoneIsMovedWithItsMessage(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	there := f.elsewhere()
	id := f.post(f.Ada, f.Free, "@everyone, look").ID
	unread := func(v parley.Viewer, thread int64) int64 { return f.thread(v, thread).UnreadCount }
	if unread(f.Finn, f.Free.ID) != 1 {
		t.Fatal("Finn was not called")
	}
	must[[]int64](t)(f.MoveMessage(ctx, f.Tomas, id, there.ID))
	if here, now := unread(f.Finn, f.Free.ID), unread(f.Finn, there.ID); here != 0 || now != 1 {
		t.Errorf("Finn has %d unread where it was, %d where it is", here, now)
	}
	must[[]int64](t)(f.MoveMessage(ctx, f.Tomas, id, f.Private.ID))
	for v, want := range map[parley.Viewer]int64{f.Finn: 0, f.Mina: 0, f.Tomas: 1} {
		if got := must[app.Count](t)(f.NotificationCount(ctx, v)).Count; got != want {
			t.Errorf("%d has %d unread, want %d", v.ID, got, want)
		}
	}
}

func TestNobodyHearsOfWhatIsMovedFromThemByThen(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	m := must[parley.Message](t)(f.PostMessage(ctx, f.Mina, f.Free.ID, "@Finn @Tomas", 0, app.Idempotency{}))
	must[[]int64](t)(f.MoveMessage(ctx, f.Ada, m.ID, f.Private.ID))
	f.RunJobs(ctx)
	if got := f.notices(f.Finn); len(got) != 0 {
		t.Errorf("Finn is told %v", got)
	}
	if got := f.notices(f.Tomas); len(got) != 1 || got[0] != (notice{parley.NotifyMention, m.ID}) {
		t.Errorf("Tomas is told %v", got)
	}
}

func TestWhatWasDeletedIsRestoredWhereTheRestWasMoved(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	there := f.elsewhere()
	root := f.post(f.Mina, f.Free, "hello").ID
	below := f.reply(f.Finn, f.Free, root, "gone").ID
	must[[]int64](t)(f.DeleteMessage(ctx, f.Finn, below))
	must[[]int64](t)(f.MoveMessage(ctx, f.Tomas, root, there.ID))
	f.tells("restored", func() error { return drop(f.RestoreMessage(ctx, f.Ada, below)) },
		parley.MessagesRestored{ThreadID: there.ID, MessageIDs: []int64{below}})
	if m := must[parley.Message](t)(f.Message(ctx, f.Finn, root)); m.ReplyCount != 1 {
		t.Errorf("%d replies", m.ReplyCount)
	}
}

func TestTooManyMessagesAreNotMovedAtOnce(t *testing.T) {
	f := openForum(t)
	root := f.post(f.Mina, f.Free, "hello").ID
	for range 200 {
		must[parley.Message](t)(f.PostMessage(t.Context(), f.Tomas, f.Free.ID, "hi", root, app.Idempotency{}))
	}
	wantKind(t, drop(f.MoveMessage(t.Context(), f.Tomas, root, f.elsewhere().ID)), parley.Invalid)
}

// TestAMoveAndWhatIsWrittenMeanwhileAgree has replies come while their thread's
// message is moved by another server: each is in the thread of what it answers.
func TestAMoveAndWhatIsWrittenMeanwhileAgree(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	other, there := f.another(), f.elsewhere()
	for range 5 {
		root := f.post(f.Mina, f.Free, "hello").ID
		before := f.thread(f.Ada, f.Free.ID).MessageCount + f.thread(f.Ada, there.ID).MessageCount
		var reply parley.Message
		var refused error
		atOnce(
			func() { reply, refused = f.PostMessage(ctx, f.Finn, f.Free.ID, "hi", root, app.Idempotency{}) },
			func() {
				if _, err := other.MoveMessage(ctx, f.Tomas, root, there.ID); err != nil {
					t.Error(err)
				}
			},
		)
		want := before
		if refused == nil {
			want++
			if m := must[parley.Message](t)(f.Message(ctx, f.Finn, reply.ID)); m.ThreadID != there.ID || m.ReplyToMessage == nil {
				t.Errorf("the reply is in thread %d, and quotes %v", m.ThreadID, m.ReplyToMessage)
			}
		} else if parley.KindOf(refused) != parley.NotFound {
			t.Error(refused)
		}
		if got := f.thread(f.Ada, f.Free.ID).MessageCount + f.thread(f.Ada, there.ID).MessageCount; got != want {
			t.Errorf("%d messages are counted, want %d", got, want)
		}
	}
}
