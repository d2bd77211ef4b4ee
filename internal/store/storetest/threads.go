package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

var threadTests = map[string]func(*testing.T, Open){
	"pages are full, in order and without repetition":          threadPages,
	"filters choose what the viewer follows, has not read …":   threadFilters,
	"a thread shows who wrote it, what it asks and its origin": threadShown,
	"a thread's settings are kept":                             threadSettings,
	"a deleted thread is nowhere":                              threadDeleted,
	"views add up":                                             viewsAdded,
	"tiers are found by id and by amount":                      tiersFound,
}

func threadIDs(threads []parley.Thread) []int64 {
	ids := []int64{}
	for _, t := range threads {
		ids = append(ids, t.ID)
	}
	return ids
}

func (c *Community) list(t *testing.T, v parley.Viewer, f store.ThreadFilter) []int64 {
	t.Helper()
	if f.Limit == 0 {
		f.Limit = 100
	}
	return threadIDs(Read(t, c.Store, func(s *store.Snapshot) ([]parley.Thread, error) { return s.Threads(v, f) }))
}

// pin pins a thread.
func (c *Community) pin(t *testing.T, thread ThreadRef) {
	t.Helper()
	c.set(t, thread, func(s *store.ThreadState) { s.Pinned = true })
}

func (c *Community) set(t *testing.T, thread ThreadRef, change func(*store.ThreadState)) {
	t.Helper()
	Update(t, c.Store, func(tx *store.Tx) error {
		state, _, err := tx.ThreadState(thread.ID)
		if err != nil {
			return err
		}
		change(&state)
		return tx.SetThread(state)
	})
}

func threadPages(t *testing.T, open Open) {
	c := community(t, open)
	var started []ThreadRef
	for i := range 12 { // every third one is private
		c.Clock.Pass(time.Duration(i%2) * time.Second) // some at the same time
		started = append(started, Write(t, c.Store, func(tx *store.Tx) (ThreadRef, error) {
			return StartThread(tx, store.NewThread{Title: "more", AuthorID: c.Ada.ID, Access: parley.Access{Private: i%3 == 0}})
		}))
	}
	c.pin(t, started[1])
	c.pin(t, started[0]) // private
	c.Post(t, c.Ada, started[2], "lifts it to the top")
	for _, v := range []parley.Viewer{c.Finn, c.Ada} {
		Update(t, c.Store, func(tx *store.Tx) error {
			for _, thread := range started[:10] {
				if err := tx.Follow(thread.ID, v.ID, parley.Follow{}); err != nil {
					return err
				}
			}
			return nil
		})
		for _, filter := range []store.ThreadFilter{{}, {Following: true}, {Unread: true}, {Kind: parley.MainThread}} {
			c.expectPages(t, v, filter)
		}
	}
	if got := c.list(t, c.Finn, store.ThreadFilter{})[:2]; !slices.Equal(got, []int64{started[1].ID, started[2].ID}) {
		t.Errorf("Finn's list begins with %v, want the pinned %d, then %d", got, started[1].ID, started[2].ID)
	}
}

// expectPages checks that the pages of a list are the whole list, in its order.
func (c *Community) expectPages(t *testing.T, v parley.Viewer, filter store.ThreadFilter) {
	t.Helper()
	whole := filter
	whole.Limit = 100
	all := Read(t, c.Store, func(s *store.Snapshot) ([]parley.Thread, error) { return s.Threads(v, whole) })
	if len(all) == 0 || !slices.IsSortedFunc(all, listOrder) {
		t.Errorf("%+v: not in order: %v", filter, threadIDs(all))
	}
	var paged []int64
	for filter.Limit = 3; filter.Offset < len(all); filter.Offset += 3 {
		page := c.list(t, v, filter)
		if len(page) != min(3, len(all)-filter.Offset) {
			t.Errorf("%+v: the page has %d threads of %d", filter, len(page), len(all))
		}
		paged = append(paged, page...)
	}
	if diff := cmp.Diff(threadIDs(all), paged); diff != "" {
		t.Errorf("%+v (-whole +paged):\n%s", filter, diff)
	}
}

// listOrder is the order of the list of threads: pinned first, then the newest
// messages; what is equal by id, so that pages do not overlap.
func listOrder(a, b parley.Thread) int {
	switch {
	case a.IsPinned != b.IsPinned:
		if a.IsPinned {
			return -1
		}
		return 1
	case a.LastMessageAt != b.LastMessageAt:
		return int(b.LastMessageAt - a.LastMessageAt)
	default:
		return int(b.ID - a.ID)
	}
}

func threadFilters(t *testing.T, open Open) {
	c := community(t, open)
	Update(t, c.Store, func(tx *store.Tx) error {
		if err := tx.Follow(c.Paid.ID, c.Mina.ID, parley.Follow{}); err != nil {
			return err
		}
		if err := tx.Follow(c.Private.ID, c.Mina.ID, parley.Follow{}); err != nil { // since when she was of the team
			return err
		}
		return tx.MoveReadPosition(c.Mina.ID, c.Paid.ID, c.Paid.First)
	})
	for _, tc := range []struct {
		name   string
		filter store.ThreadFilter
		want   []int64
	}{
		{"all", store.ThreadFilter{}, []int64{c.Sub.ID, c.Paid.ID, c.Free.ID}},
		{"main", store.ThreadFilter{Kind: parley.MainThread}, []int64{c.Paid.ID, c.Free.ID}},
		{"sub", store.ThreadFilter{Kind: parley.SubThread}, []int64{c.Sub.ID}},
		{"followed and accessible", store.ThreadFilter{Following: true}, []int64{c.Paid.ID}},
		{"unread, not her own", store.ThreadFilter{Unread: true}, []int64{c.Free.ID}},
		{"from a message", store.ThreadFilter{Source: c.Free.First}, []int64{c.Sub.ID}},
		{"from another message", store.ThreadFilter{Source: c.Paid.First}, []int64{}},
		{"unread and followed", store.ThreadFilter{Unread: true, Following: true}, []int64{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, c.list(t, c.Mina, tc.filter)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func threadShown(t *testing.T, open Open) {
	c := community(t, open)
	origin := c.Post(t, c.Finn, c.Paid, strings.Repeat("ж", 120))
	now := parley.At(c.Clock.Now())
	sub := Write(t, c.Store, func(tx *store.Tx) (ThreadRef, error) {
		return StartThread(tx, store.NewThread{Title: "Why?", AuthorID: c.Mina.ID, ParentThreadID: c.Paid.ID, ParentMessageID: origin})
	})
	got := Found(t, c.Store, func(s *store.Snapshot) (parley.Thread, bool, error) { return s.Thread(c.Mina, sub.ID) })
	want := parley.Thread{
		ID: sub.ID, Title: "Why?", UserID: c.Mina.ID, Username: "Mina", UserRole: parley.DisplayPatron, UserBadgeColor: "#f97316",
		MessageCount: 1, MinTierCents: 500, TierInfo: parley.NewTierInfo(500, &c.Silver), LastMessageAt: now, CreatedAt: now,
		CanAccess: true, CanDelete: true, CanManage: true, ThreadType: parley.SubThread, ParentThreadID: &c.Paid.ID, ParentMessageID: &origin,
		CreatedFromMessage: &parley.SourceMessage{ID: origin, Content: strings.Repeat("ж", 100), Username: "Finn", CreatedAt: now},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c.Delete(t, origin)
	got = Found(t, c.Store, func(s *store.Snapshot) (parley.Thread, bool, error) { return s.Thread(c.Mina, sub.ID) })
	if got.CreatedFromMessage != nil || got.ParentMessageID == nil {
		t.Errorf("its origin is deleted, but it shows %+v", got.CreatedFromMessage)
	}
}

func threadSettings(t *testing.T, open Open) {
	c := community(t, open)
	c.set(t, c.Free, func(s *store.ThreadState) {
		s.Title, s.Pinned, s.Locked, s.SlowModeSeconds = "Hello", true, true, 30
		s.Own, s.TierID = parley.Access{Private: true, MinTierCents: 500}, c.Silver.ID
	})
	want := store.ThreadState{
		ID: c.Free.ID, AuthorID: c.Ada.ID, Title: "Hello", Kind: parley.MainThread, FirstMessageID: c.Free.First,
		Access: parley.Access{Private: true, MinTierCents: 500}, Own: parley.Access{Private: true, MinTierCents: 500}, TierID: c.Silver.ID,
		ShownTierID: c.Silver.ID, Pinned: true, Locked: true, SlowModeSeconds: 30, MessageCount: 1,
	}
	got := Found(t, c.Store, func(s *store.Snapshot) (store.ThreadState, bool, error) { return s.ThreadState(c.Free.ID) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func threadDeleted(t *testing.T, open Open) {
	c := community(t, open)
	c.Notify(t, c.Tomas, parley.NotifyMention, c.Sub, c.Sub.First)
	Update(t, c.Store, func(tx *store.Tx) error {
		state, _, err := tx.ThreadState(c.Sub.ID)
		if err != nil {
			return err
		}
		return tx.DeleteThread(state)
	})
	Read(t, c.Store, func(s *store.Snapshot) (bool, error) {
		_, state, err1 := s.ThreadState(c.Sub.ID)
		_, thread, err2 := s.Thread(c.Ada, c.Sub.ID)
		_, message, err3 := s.Message(c.Ada, c.Sub.First)
		_, messageState, err4 := s.MessageState(c.Sub.First)
		if state || thread || message || messageState || err1 != nil || err2 != nil || err3 != nil || err4 != nil {
			t.Errorf("found: state %v, thread %v, message %v, its state %v", state, thread, message, messageState)
		}
		messages, err := s.NewestMessages(c.Ada, c.Sub.ID, 0, 10)
		if len(messages) != 0 {
			t.Errorf("it still has %d messages", len(messages))
		}
		return true, err
	})
	if got := c.list(t, c.Ada, store.ThreadFilter{Kind: parley.SubThread}); len(got) != 0 {
		t.Errorf("listed: %v", got)
	}
	source := Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada, c.Free.First) })
	if source.SpawnedThreadCount != 0 {
		t.Errorf("its source still counts %d sub-threads", source.SpawnedThreadCount)
	}
	if unread := Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.UnreadNotifications(c.Tomas, 0) }); unread != 0 {
		t.Errorf("%d unread notifications of it are left", unread)
	}
	if title := Read(t, c.Store, func(s *store.Snapshot) (string, error) { return s.ThreadTitle(c.Sub.ID) }); title != "A question" {
		t.Errorf("its title is %q", title)
	}
}

func viewsAdded(t *testing.T, open Open) {
	c := community(t, open)
	for range 2 {
		Update(t, c.Store, func(tx *store.Tx) error { return tx.AddViews(map[int64]int64{c.Free.ID: 3, c.Paid.ID: 1}) })
	}
	got := Found(t, c.Store, func(s *store.Snapshot) (parley.Thread, bool, error) { return s.Thread(c.Finn, c.Free.ID) })
	if got.ViewCount != 6 {
		t.Errorf("%d views, want 6", got.ViewCount)
	}
}

func tiersFound(t *testing.T, open Open) {
	c := community(t, open)
	Update(t, c.Store, func(tx *store.Tx) error {
		_, err := tx.InsertTier(parley.Tier{Title: "Retired gold", AmountCents: 1000})
		return err
	})
	got := Found(t, c.Store, func(s *store.Snapshot) (parley.Tier, bool, error) { return s.Tier(c.Silver.ID) })
	if got != c.Silver {
		t.Errorf("got %+v, want %+v", got, c.Silver)
	}
	for cents, want := range map[int64]string{0: "", 499: "", 500: "Silver", 2000: "Silver"} {
		if got := Read(t, c.Store, func(s *store.Snapshot) (string, error) { return s.TierTitle(cents) }); got != want {
			t.Errorf("%d cents are %q, want %q", cents, got, want)
		}
	}
}
