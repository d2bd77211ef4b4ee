package app_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/realtime"
)

// TestWhatCannotBeReadIsPassedOver has events of a later release, and damaged ones,
// between others, in one batch with other channels.
func TestWhatCannotBeReadIsPassedOver(t *testing.T) {
	f := openForum(t)
	var said bytes.Buffer
	f.App = app.New(f.Store, app.Options{Logger: slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	thread, other := parley.ThreadChannel(f.Free.ID), parley.ThreadChannel(f.Paid.ID)
	posted := parley.MessagePosted{ThreadID: f.Free.ID, MessageID: f.Free.First}
	storetest.Update(t, f.Store, func(tx *store.Tx) error {
		tx.Append(posted, storetest.FromTheFuture(thread), storetest.FromTheFuture(thread), storetest.Damaged(thread), posted)
		tx.Append(parley.MessagePosted{ThreadID: f.Paid.ID, MessageID: f.Paid.First})
		return nil
	})
	var head uint64
	for range 2 {
		pages, err := f.Log().Read(t.Context(), []realtime.Want{{Channel: string(thread), Limit: 9}, {Channel: string(other), Limit: 9}})
		if err != nil {
			t.Fatal(err)
		}
		head = pages[0].Head
		shown := ""
		for i, e := range pages[0].Events {
			if e.Seq != uint64(i)+1 {
				t.Errorf("event %d has the number %d", i+1, e.Seq)
			}
			if e.Frame == nil && e.Rewrites {
				shown += "-"
			} else {
				shown += "m"
			}
		}
		if shown != "m---m" || len(pages[1].Events) != 1 {
			t.Errorf("shown as %s, and %d of the other thread", shown, len(pages[1].Events))
		}
	}
	if n := strings.Count(said.String(), "level=DEBUG"); n != 1 {
		t.Errorf("said %d times that a kind is not known:\n%s", n, said.String())
	}
	if n := strings.Count(said.String(), "level=ERROR"); n != 1 || head != 5 {
		t.Errorf("said %d times that an event is damaged, of %d:\n%s", n, head, said.String())
	}
}

// ending ends a reading as soon as something is logged.
type ending struct {
	slog.Handler
	end context.CancelFunc
}

func (h ending) Enabled(context.Context, slog.Level) bool { return true }

func (h ending) Handle(context.Context, slog.Record) error {
	h.end()
	return nil
}

// TestAReadingThatEndsInTheMiddleIsAnError has its context end between the log's rows
// and the forum's, as it does when a replica stops.
func TestAReadingThatEndsInTheMiddleIsAnError(t *testing.T) {
	f := openForum(t)
	ctx, end := context.WithCancel(t.Context())
	f.App = app.New(f.Store, app.Options{Logger: slog.New(ending{slog.DiscardHandler, end})})
	thread := parley.ThreadChannel(f.Free.ID)
	storetest.Update(t, f.Store, func(tx *store.Tx) error {
		tx.Append(storetest.Damaged(thread), parley.MessagePosted{ThreadID: f.Free.ID, MessageID: f.Free.First})
		return nil
	})
	pages, err := f.Log().Read(ctx, []realtime.Want{{Channel: string(thread), Limit: 9}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("read %d pages and the error %v", len(pages), err)
	}
}

// TestEventsThatNameNothingCanBeRead has events of all kinds whose references are gone.
func TestEventsThatNameNothingCanBeRead(t *testing.T) {
	f := openForum(t)
	thread := parley.ThreadChannel(f.Free.ID)
	kinds := []parley.Event{
		parley.MessagePosted{},
		parley.MessageEdited{},
		parley.MessagesDeleted{},
		parley.MessagesRestored{},
		parley.MessageHidden{},
		parley.MessageLiked{},
		parley.ThreadUpdated{},
		parley.SubThreadCounted{},
		parley.ThreadClosed{},
		parley.ThreadCreated{},
		parley.SubThreadCreated{},
		parley.ThreadDeleted{},
		parley.ManyMentioned{},
		parley.Called{},
		parley.CallsChanged{},
		parley.EveryoneSwitched{},
		parley.EveryoneRestricted{},
		parley.Silenced{},
		parley.ThreadsChanged{},
		parley.Notified{},
		parley.MembershipChanged{},
		parley.UserRightsChanged{},
		parley.SessionsEnded{},
		parley.ThreadRightsChanged{},
		parley.BusModeChanged{},
	}
	storetest.Update(t, f.Store, func(tx *store.Tx) error {
		for _, e := range kinds {
			tx.Append(
				storetest.Strange{In: thread, Name: e.Kind(), Refs: `{}`},
				storetest.Strange{In: parley.ControlChannel, Name: e.Kind(), Refs: `{}`})
		}
		return nil
	})
	for i := range kinds {
		pages, err := f.Log().Read(t.Context(), []realtime.Want{{Channel: string(thread), After: uint64(i), Limit: 1}})
		if err != nil || len(pages[0].Events) != 1 {
			t.Errorf("%s: read as %+v and the error %v", kinds[i].Kind(), pages, err)
		}
	}
	must[app.Rights](t)(f.RightsSince(t.Context(), 0))
}

func TestAChangeOfRightsThatCannotBeReadIsNotForgotten(t *testing.T) {
	f := openForum(t)
	f.App = app.New(f.Store, app.Options{Logger: quiet}) // which says so
	before := must[app.Rights](t)(f.RightsSince(t.Context(), 0))
	for _, e := range []parley.Event{storetest.FromTheFuture(parley.ControlChannel), storetest.Damaged(parley.ControlChannel)} {
		storetest.Update(t, f.Store, func(tx *store.Tx) error {
			tx.Append(e, parley.UserRightsChanged{UserID: f.Mina.ID})
			return nil
		})
		now := must[app.Rights](t)(f.RightsSince(t.Context(), before.Applied))
		if _, read := now.Users[f.Mina.ID]; !now.Unclear || !read || now.Applied != before.Applied+2 {
			t.Errorf("after %d: %+v", before.Applied, now)
		}
		before = now
	}
}
