package app_test

import (
	"strings"
	"testing"
	"time"

	"parley"
	"parley/internal/app"
	"parley/realtime"
)

func TestTheTeamRestoresWithinThirtyDays(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	root := f.reply(f.Finn, f.Free, f.Free.First, "why?").ID
	below := f.reply(f.Mina, f.Free, root, "because").ID
	must[[]int64](t)(f.DeleteMessage(ctx, f.Finn, root))
	for _, tc := range []struct {
		name string
		v    parley.Viewer
		id   int64
		want parley.Kind
	}{
		{"its author", f.Finn, root, parley.Forbidden},
		{"a reply before what it answers", f.Ada, below, parley.Conflict},
		{"what is not deleted", f.Ada, f.Free.First, parley.Invalid},
		{"what was never there", f.Ada, 4711, parley.NotFound},
	} {
		if _, err := f.RestoreMessage(ctx, tc.v, tc.id); parley.KindOf(err) != tc.want {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	f.Clock.Pass(parley.RestoreDays*24*time.Hour + time.Second)
	if _, err := f.RestoreMessage(ctx, f.Tomas, root); parley.KindOf(err) != parley.Invalid {
		t.Errorf("too late: %v", err)
	}
	f.Clock.Pass(-2 * time.Second)
	if ids := must[[]int64](t)(f.RestoreMessage(ctx, f.Tomas, root)); len(ids) != 2 || ids[0] != root || ids[1] != below {
		t.Errorf("restored %v", ids)
	}
	if _, err := f.RestoreMessage(ctx, f.Tomas, root); parley.KindOf(err) != parley.Invalid {
		t.Errorf("restored already: %v", err)
	}
}

// TestTheFirstMessageOfAThreadIsNeverGoneByItself: it is there to be restored neither
// while its thread is, nor when that was deleted.
func TestTheFirstMessageOfAThreadIsNeverGoneByItself(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	reply := f.reply(f.Finn, f.Free, f.Free.First, "why?").ID
	untouched := func(what string, change func() error, want parley.Kind) {
		t.Helper()
		before := f.thread(f.Finn, f.Free.ID).MessageCount
		f.tells(what, func() error { wantKind(t, change(), want); return nil })
		if after := f.thread(f.Finn, f.Free.ID).MessageCount; after != before || !f.sees(f.Finn, f.Free, f.Free.First) {
			t.Errorf("%s: there were %d messages, are %d", what, before, after)
		}
	}
	remove := func() error { return drop(f.DeleteMessage(ctx, f.Ada, f.Free.First)) }
	restore := func() error { return drop(f.RestoreMessage(ctx, f.Ada, f.Free.First)) }
	untouched("deleted with a reply", remove, parley.Invalid)
	untouched("restored, never deleted", restore, parley.Invalid)
	must[[]int64](t)(f.DeleteMessage(ctx, f.Ada, reply))
	untouched("deleted without one", remove, parley.Invalid)
	untouched("restored instead of the reply", restore, parley.Invalid)
	must[[]int64](t)(f.RestoreMessage(ctx, f.Ada, reply))
	must[int](t)(f.DeleteThread(ctx, f.Ada, f.Free.ID))
	f.tells("restored from a thread that is gone", func() error { wantKind(t, restore(), parley.NotFound); return nil })
}

func TestADeletedMessageOfAPrivateThreadDoesNotShowThatItWas(t *testing.T) {
	f := openForum(t)
	id := f.post(f.Tomas, f.Private, "hush").ID
	must[[]int64](t)(f.DeleteMessage(t.Context(), f.Tomas, id))
	if _, err := f.RestoreMessage(t.Context(), f.Mina, id); err != error(parley.ErrMessageNotFound) {
		t.Errorf("Mina hears %v", err)
	}
}

func TestBadgesFallWithADeletionAndRiseWhenItIsTakenBack(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	id := f.post(f.Mina, f.Free, "hello @Finn").ID
	bell := func() app.Count { return must[app.Count](t)(f.NotificationCount(ctx, f.Finn)) }
	before := bell()
	must[[]int64](t)(f.DeleteMessage(ctx, f.Mina, id))
	gone := bell()
	must[[]int64](t)(f.RestoreMessage(ctx, f.Ada, id))
	back := bell()
	if before.Count != 1 || gone.Count != 0 || back.Count != 1 || gone.CountVersion <= before.CountVersion || back.CountVersion <= gone.CountVersion {
		t.Errorf("counted %+v, %+v, %+v", before, gone, back)
	}
	pushed := states[parley.NotificationCountFrame](f, f.Finn, "forum_notification_count")
	if len(pushed) != 3 || pushed[1].Count != 0 || pushed[2].Count != 1 {
		t.Errorf("pushed %+v", pushed)
	}
}

func TestWhatWasReadBeforeTheDeletionStaysReadAfterIt(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	id := f.post(f.Mina, f.Free, "hello @Finn").ID
	must[app.ReadResult](t)(f.MarkRead(ctx, f.Finn, f.Free.ID, 0))
	must[[]int64](t)(f.DeleteMessage(ctx, f.Mina, id))
	must[[]int64](t)(f.RestoreMessage(ctx, f.Ada, id))
	if c := must[app.Count](t)(f.NotificationCount(ctx, f.Finn)); c.Count != 0 {
		t.Errorf("Finn has %d unread", c.Count)
	}
	if thread := must[parley.Thread](t)(f.Thread(ctx, f.Finn, f.Free.ID)); thread.UnreadMessages != 0 {
		t.Errorf("Finn has %d unread messages", thread.UnreadMessages)
	}
}

func TestMuchTextComesBackInSeveralFrames(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	root := f.post(f.Finn, f.Free, "root").ID
	for range 5 {
		f.reply(f.Mina, f.Free, root, strings.Repeat("long ", 1900))
	}
	must[[]int64](t)(f.DeleteMessage(ctx, f.Finn, root))
	f.hub.take()
	must[[]int64](t)(f.RestoreMessage(ctx, f.Ada, root))
	restored := 0
	published := f.hub.take()
	for _, e := range published {
		if len(e.Frame) > 64<<10 {
			t.Errorf("a frame has %d bytes", len(e.Frame))
		}
		restored += len(decode[parley.MessagesRestoredFrame](t, e.Frame).Messages)
	}
	if restored != 6 || len(published) < 3 {
		t.Errorf("%d messages are restored in %d frames", restored, len(published))
	}
}

func TestWhatWasDeletedAgainIsNotShownAsRestored(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	id := f.post(f.Finn, f.Free, "a secret").ID
	position := f.heads()[parley.ThreadChannel(f.Free.ID)]
	must[[]int64](t)(f.DeleteMessage(ctx, f.Finn, id))
	must[[]int64](t)(f.RestoreMessage(ctx, f.Ada, id))
	must[[]int64](t)(f.DeleteMessage(ctx, f.Finn, id))
	pages, err := f.Log().Read(ctx, []realtime.Want{{Channel: string(parley.ThreadChannel(f.Free.ID)), After: position, Limit: 10}})
	if err != nil || len(pages[0].Events) != 3 {
		t.Fatalf("%+v, %v", pages, err)
	}
	for _, e := range pages[0].Events {
		if strings.Contains(string(e.Frame), "secret") {
			t.Errorf("replayed %s", e.Frame)
		}
	}
}

func TestHistoryIsForTheAuthorAndTheTeam(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	id := f.post(f.Mina, f.Free, "first").ID
	must[parley.Message](t)(f.EditMessage(ctx, f.Mina, id, "second"))
	for _, v := range []parley.Viewer{f.Mina, f.Tomas, f.Ada} {
		history := must[[]app.Earlier](t)(f.History(ctx, v, id, 0, 10))
		if len(history) != 1 || history[0].Content != "first" || history[0].Editor.Username != "Mina" {
			t.Errorf("%d reads %+v", v.ID, history)
		}
	}
	if _, err := f.History(ctx, f.Finn, id, 0, 10); parley.KindOf(err) != parley.Forbidden {
		t.Errorf("Finn: %v", err)
	}
	must[[]int64](t)(f.DeleteMessage(ctx, f.Mina, id))
	if _, err := f.History(ctx, f.Mina, id, 0, 10); parley.KindOf(err) != parley.NotFound {
		t.Errorf("of a deleted message: %v", err)
	}
}
