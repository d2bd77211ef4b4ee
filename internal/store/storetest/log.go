package storetest

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

var logTests = map[string]func(*testing.T, Open){
	"each channel numbers its events, in the order they were appended": eventsNumbered,
	"a change that fails leaves no event":                              failedChangeUntold,
	"an event carries the control position it was committed after":     controlCarried,
	"events are read in pages":                                         eventPages,
	"events of several channels are read at once":                      stretchesAtOnce,
	"whoever follows from now on misses nothing":                       followedFromNow,
	"the very first event of a database is not missed":                 firstEventFollowed,
	"changes of counts are followed like events":                       recountsFollowed,
	"changes of counts before a cursor are forgotten":                  recountsPruned,
	"pruning keeps the newest thousand and three days":                 eventsPruned,
	"threads are active that messages came to or went from":            activeThreads,
}

// Posted is some event of a thread.
func posted(threadID, messageID int64) parley.Event {
	return parley.MessagePosted{ThreadID: threadID, MessageID: messageID}
}

func (c *Community) append(t *testing.T, events ...parley.Event) []store.Logged {
	t.Helper()
	return Update(t, c.Store, func(tx *store.Tx) error { tx.Append(events...); return nil })
}

func (c *Community) events(t *testing.T, channel parley.Channel, after uint64, limit int) []store.Logged {
	t.Helper()
	return Read(t, c.Store, func(s *store.Snapshot) ([]store.Logged, error) { return s.Events(channel, after, limit) })
}

func (c *Community) head(t *testing.T, channel parley.Channel) uint64 {
	t.Helper()
	return Read(t, c.Store, func(s *store.Snapshot) (uint64, error) { return s.Head(channel) })
}

func (c *Community) oldest(t *testing.T, channel parley.Channel) uint64 {
	t.Helper()
	return Read(t, c.Store, func(s *store.Snapshot) (uint64, error) {
		found, err := s.Extents([]parley.Channel{"t4711", channel})
		return found[channel].Oldest, err
	})
}

func eventsNumbered(t *testing.T, open Open) {
	c := community(t, open)
	control, user, forum := parley.UserRightsChanged{UserID: 3}, parley.MembershipChanged{UserID: 3}, parley.ThreadCreated{ThreadID: 10}
	at := parley.At(c.Clock.Now())
	// Channels are locked in one order: threads by their numbers, the forum, users, control. All wait for the
	// change of rights that they were committed with.
	want := []store.Logged{
		{Channel: "t2", Seq: 1, Control: 1, At: at, Event: posted(2, 7)},
		{Channel: "t10", Seq: 1, Control: 1, At: at, Event: posted(10, 9)},
		{Channel: "t10", Seq: 2, Control: 1, At: at, Event: posted(10, 8)},
		{Channel: "f", Seq: 1, Control: 1, At: at, Event: forum},
		{Channel: "u3", Seq: 1, Control: 1, At: at, Event: user},
		{Channel: "control", Seq: 1, Control: 1, At: at, Event: control},
	}
	if diff := cmp.Diff(want, c.append(t, control, user, posted(10, 9), forum, posted(2, 7), posted(10, 8))); diff != "" {
		t.Errorf("told to the caller (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[1:3], c.events(t, "t10", 0, 10)); diff != "" {
		t.Errorf("in the log (-want +got):\n%s", diff)
	}
	if next := c.append(t, posted(10, 11)); next[0].Seq != 3 {
		t.Errorf("the next one is number %d, want 3", next[0].Seq)
	}
	if got := c.head(t, "t10"); got != 3 {
		t.Errorf("the head is %d, want 3", got)
	}
}

func stretchesAtOnce(t *testing.T, open Open) {
	c := community(t, open)
	for range 3 {
		c.append(t, posted(1, 1), posted(2, 2), posted(3, 3))
	}
	wanted := []store.Stretch{
		{Channel: "t2", After: 1, Limit: 9},
		{Channel: "t1", Limit: 2},
		{Channel: "t9", Limit: 9},
		{Channel: "t3", After: 3, Limit: 9},
		{Channel: "t3", After: math.MaxUint64, Limit: 9},
	}
	got := Read(t, c.Store, func(s *store.Snapshot) ([]store.Logged, error) { return s.Stretches(wanted) })
	want := slices.Concat(c.events(t, "t1", 0, 2), c.events(t, "t2", 1, 2))
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 4 {
		t.Errorf("read at once (-want +got):\n%s", diff)
	}
}

func failedChangeUntold(t *testing.T, open Open) {
	c := community(t, open)
	c.append(t, posted(1, 1))
	failure := errors.New("changed my mind")
	logged, err := c.Store.Update(t.Context(), func(tx *store.Tx) error {
		tx.Append(posted(1, 2))
		if _, err := tx.InsertMessage(c.Free.ID, c.Ada.ID, 0, Text("never")); err != nil {
			return err
		}
		return failure
	})
	if !errors.Is(err, failure) || logged != nil {
		t.Errorf("got %v, %v; want the function's own error and no events", logged, err)
	}
	if got := c.head(t, "t1"); got != 1 {
		t.Errorf("the head is %d, want 1", got)
	}
	if next := c.append(t, posted(1, 3)); next[0].Seq != 2 {
		t.Errorf("the next one is number %d, want 2", next[0].Seq)
	}
}

func controlCarried(t *testing.T, open Open) {
	c := community(t, open)
	rights := parley.UserRightsChanged{UserID: 3}
	for i, tc := range []struct {
		event parley.Event
		want  uint64
	}{{posted(1, 1), 0}, {rights, 1}, {posted(1, 2), 1}, {rights, 2}, {rights, 3}, {posted(1, 3), 3}} {
		got := c.append(t, tc.event)[0]
		if channel := tc.event.Channel(); channel != parley.ControlChannel && got.Control != tc.want {
			t.Errorf("event %d: carries %d, want %d", i, got.Control, tc.want)
		}
	}
	if got := c.events(t, "t1", 0, 10); len(got) != 3 || got[1].Control != 1 || got[2].Control != 3 {
		t.Errorf("in the log: %+v", got)
	}
}

func eventPages(t *testing.T, open Open) {
	c := community(t, open)
	for i := range int64(5) {
		c.append(t, posted(1, i+1), posted(2, i+1))
	}
	numbers := func(after uint64, limit int) (seqs []uint64) {
		for _, l := range c.events(t, "t1", after, limit) {
			seqs = append(seqs, l.Seq)
		}
		return seqs
	}
	for _, tc := range []struct{ got, want []uint64 }{
		{numbers(0, 2), []uint64{1, 2}},
		{numbers(2, 10), []uint64{3, 4, 5}},
		{numbers(5, 10), nil},
	} {
		if diff := cmp.Diff(tc.want, tc.got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if c.oldest(t, "t1") != 1 || c.oldest(t, "t9") != 0 || c.head(t, "t9") != 0 {
		t.Error("a channel begins with 1, one without events stands at 0")
	}
}

// follow looks at the log once and returns the heads it tells of.
func follow(t *testing.T, s *store.Store, cursor *uint64) map[parley.Channel]uint64 {
	t.Helper()
	heads := map[parley.Channel]uint64{}
	for _, h := range Read(t, s, func(s *store.Snapshot) (heads []store.Head, err error) {
		heads, *cursor, err = s.Since(*cursor)
		return heads, err
	}) {
		heads[h.Channel] = h.Seq
	}
	return heads
}

func followedFromNow(t *testing.T, open Open) {
	c := community(t, open)
	c.append(t, posted(1, 1))
	var cursor uint64
	if heads := follow(t, c.Store, &cursor); len(heads) != 0 || cursor == 0 {
		t.Fatalf("from now: %v, cursor %d; want no heads and a cursor", heads, cursor)
	}
	if heads := follow(t, c.Store, &cursor); len(heads) != 0 {
		t.Errorf("nothing happened, but %v", heads)
	}
	c.append(t, posted(1, 2), posted(1, 3), posted(2, 4))
	c.append(t, parley.ThreadCreated{ThreadID: 2})
	want := map[parley.Channel]uint64{"t1": 3, "t2": 1, "f": 1}
	if diff := cmp.Diff(want, follow(t, c.Store, &cursor)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if heads := follow(t, c.Store, &cursor); len(heads) != 0 {
		t.Errorf("told twice: %v", heads)
	}
}

func firstEventFollowed(t *testing.T, open Open) {
	s := open(t, store.Options{})
	var cursor uint64
	follow(t, s, &cursor)
	Update(t, s, func(tx *store.Tx) error { tx.Append(posted(1, 1)); return nil })
	if heads := follow(t, s, &cursor); heads["t1"] != 1 {
		t.Errorf("told of %v, want t1 at 1", heads)
	}
}

func recountsFollowed(t *testing.T, open Open) {
	c := community(t, open)
	var cursor uint64
	changed := func() (changed []store.Recount) {
		t.Helper()
		return Read(t, c.Store, func(s *store.Snapshot) (_ []store.Recount, err error) {
			changed, cursor, err = s.RecountsSince(cursor)
			return changed, err
		})
	}
	c.Notify(t, c.Mina, parley.NotifyMention, c.Free, c.Free.First)
	if got := changed(); len(got) != 0 || cursor == 0 {
		t.Fatalf("from now: %v, cursor %d", got, cursor)
	}
	c.Notify(t, c.Finn, parley.NotifyMention, c.Sub, c.Sub.First)
	if got := changed(); !slices.Contains(got, store.Recount{UserID: c.Finn.ID, ThreadID: c.Sub.ID, Version: 1}) {
		t.Errorf("after a notification: %v", got)
	}
	Update(t, c.Store, func(tx *store.Tx) error { // without an event
		if _, err := tx.ReadNotification(c.Finn, 0); err != nil {
			return err
		}
		return tx.Recount([]int64{c.Finn.ID}, 0)
	})
	if got := changed(); !slices.Contains(got, store.Recount{UserID: c.Finn.ID, Version: 2}) {
		t.Errorf("after reading: %v", got)
	}
	c.append(t, posted(1, 1))
	changed()
	if got := changed(); len(got) != 0 {
		t.Errorf("nothing happened, but %v", got)
	}
}

func recountsPruned(t *testing.T, open Open) {
	c := community(t, open)
	c.Notify(t, c.Mina, parley.NotifyMention, c.Free, c.Free.First)
	c.Notify(t, c.Finn, parley.NotifyMention, c.Free, c.Free.First)
	c.append(t, posted(1, 1))
	var cursor uint64
	follow(t, c.Store, &cursor)
	recount := func(thread int64) {
		Update(t, c.Store, func(tx *store.Tx) error { return tx.Recount([]int64{c.Finn.ID}, thread) })
	}
	recount(c.Free.ID) // once more
	recount(c.Paid.ID)
	if more := Write(t, c.Store, func(tx *store.Tx) (bool, error) { return tx.PruneRecounts(cursor) }); more {
		t.Error("two changes are more than a batch")
	}
	left := Read(t, c.Store, func(s *store.Snapshot) ([]store.Recount, error) {
		left, _, err := s.RecountsSince(1)
		return left, err
	})
	for _, thread := range []int64{c.Free.ID, c.Paid.ID} {
		if !slices.Contains(left, store.Recount{UserID: c.Finn.ID, ThreadID: thread, Version: 1}) {
			t.Errorf("a change since is gone: %v", left)
		}
	}
	if len(left) != 2 {
		t.Errorf("%v are left, want those since", left)
	}
}

func activeThreads(t *testing.T, open Open) {
	c := community(t, open)
	c.append(t, posted(c.Free.ID, 1))
	var cursor uint64
	active := func() map[int64]store.Activity {
		t.Helper()
		found := map[int64]store.Activity{}
		for _, a := range Read(t, c.Store, func(s *store.Snapshot) (active []store.Activity, err error) {
			active, cursor, err = s.ActivitySince(cursor)
			return active, err
		}) {
			found[a.ThreadID] = a
		}
		return found
	}
	wantActive := func(want map[int64]store.Activity) {
		t.Helper()
		if diff := cmp.Diff(want, active()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	wantActive(map[int64]store.Activity{}) // from now on

	begun := parley.At(c.Clock.Now())
	first, second := c.Post(t, c.Mina, c.Paid, "first"), c.Post(t, c.Mina, c.Paid, "second")
	c.append(t, posted(c.Paid.ID, first), posted(c.Paid.ID, second), posted(c.Private.ID, c.Private.First))
	c.append(t, parley.MessageLiked{ThreadID: c.Free.ID, MessageID: c.Free.First, UserID: c.Finn.ID})
	c.append(t, parley.MessageEdited{ThreadID: c.Free.ID, MessageID: c.Free.First}, parley.ThreadCreated{ThreadID: c.Free.ID})
	paid := parley.ThreadActivity{ThreadID: c.Paid.ID, MessageCount: 3, LastMessageAt: parley.At(c.Clock.Now())}
	wantActive(map[int64]store.Activity{
		c.Paid.ID: {ThreadActivity: paid, Access: parley.Access{MinTierCents: 500}},
		c.Private.ID: {
			ThreadActivity: parley.ThreadActivity{ThreadID: c.Private.ID, MessageCount: 1, LastMessageAt: begun}, Access: parley.Access{Private: true},
		},
	})
	wantActive(map[int64]store.Activity{}) // told once

	// What went counts too; a thread that went does not.
	c.append(t, parley.MessagesDeleted{ThreadID: c.Paid.ID, MessageIDs: c.Delete(t, first)}, posted(c.Free.ID, c.Free.First))
	Update(t, c.Store, func(tx *store.Tx) error { return tx.DeleteThread(store.ThreadState{ID: c.Free.ID}) })
	paid.MessageCount = 2
	wantActive(map[int64]store.Activity{c.Paid.ID: {ThreadActivity: paid, Access: parley.Access{MinTierCents: 500}}})
}

func eventsPruned(t *testing.T, open Open) {
	c := community(t, open)
	fill := func(n int, of func(int) parley.Event) {
		Update(t, c.Store, func(tx *store.Tx) error {
			for i := range n {
				tx.Append(of(i))
			}
			return nil
		})
	}
	fill(1600, func(i int) parley.Event { return posted(1, int64(i)) })
	c.append(t, posted(2, 1))
	c.Clock.Pass(72*time.Hour + time.Second)
	fill(10, func(i int) parley.Event { return posted(1, int64(i)) })
	var cursor uint64
	follow(t, c.Store, &cursor)
	var rounds int
	for more := true; more; rounds++ {
		more = Write(t, c.Store, (*store.Tx).PruneEvents)
	}
	if rounds < 2 || rounds > 3 {
		t.Errorf("610 events went in %d rounds, want them in batches", rounds)
	}
	if head, oldest := c.head(t, "t1"), c.oldest(t, "t1"); head != 1610 || oldest != 611 {
		t.Errorf("t1 goes from %d to %d, want 611 to 1610", oldest, head)
	}
	if got := c.events(t, "t1", 610, 2000); len(got) != 1000 {
		t.Errorf("%d are left of t1, want 1000", len(got))
	}
	if got := c.oldest(t, "t2"); got != 1 {
		t.Errorf("the only event of t2 is pruned: it begins with %d", got)
	}
	c.append(t, posted(3, 1))
	if heads := follow(t, c.Store, &cursor); len(heads) != 1 || heads["t3"] != 1 {
		t.Errorf("after pruning a follower is told of %v, want t3 alone", heads)
	}
}
