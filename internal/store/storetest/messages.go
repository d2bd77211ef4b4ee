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

var messageTests = map[string]func(*testing.T, Open){
	"pages are read backwards and forwards, oldest first":  messagePages,
	"a message shows its author, its origin and its likes": messageShown,
	"many are read by id at once":                          messagesByID,
	"an edit replaces the text":                            messageEdited,
	"a deletion takes all replies below":                   subtreeDeleted,
	"a deletion of many hides every one":                   longChainDeleted,
	"replies are paged":                                    repliesPaged,
	"the last post counts though it was deleted":           lastPosted,
}

func messageIDs(messages []parley.Message) []int64 {
	ids := []int64{}
	for _, m := range messages {
		ids = append(ids, m.ID)
	}
	return ids
}

func messagePages(t *testing.T, open Open) {
	c := community(t, open)
	all := []int64{c.Free.First}
	for range 6 {
		all = append(all, c.Post(t, c.Finn, c.Free, "more"))
		c.Post(t, c.Finn, c.Paid, "elsewhere")
	}
	c.Delete(t, all[3])
	all = slices.Delete(all, 3, 4)
	newest := func(before int64, limit int) []int64 {
		return messageIDs(Read(t, c.Store, func(s *store.Snapshot) ([]parley.Message, error) {
			return s.NewestMessages(c.Mina.ID, c.Free.ID, before, limit)
		}))
	}
	after := func(after int64, limit int) []int64 {
		return messageIDs(Read(t, c.Store, func(s *store.Snapshot) ([]parley.Message, error) {
			return s.MessagesAfter(c.Mina.ID, c.Free.ID, after, limit)
		}))
	}
	for _, tc := range []struct {
		name      string
		got, want []int64
	}{
		{"the newest", newest(0, 3), all[3:]},
		{"those before", newest(all[3], 2), all[1:3]},
		{"the first ones", newest(all[1], 5), all[:1]},
		{"none before the first", newest(all[0], 5), []int64{}},
		{"those after the first", after(all[0], 2), all[1:3]},
		{"all after nothing", after(0, 100), all},
		{"none after the last", after(all[5], 5), []int64{}},
	} {
		if diff := cmp.Diff(tc.want, tc.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	last := Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.NewestMessageID(c.Free.ID) })
	if last != all[5] {
		t.Errorf("the newest is %d, want %d", last, all[5])
	}
}

func messageShown(t *testing.T, open Open) {
	c := community(t, open)
	origin := c.Post(t, c.Finn, c.Free, strings.Repeat("ж", 120))
	asked := parley.At(c.Clock.Now())
	c.Clock.Pass(time.Minute)
	id := Write(t, c.Store, func(tx *store.Tx) (int64, error) {
		text := store.Text{Content: "@Ada @team", HTML: "<p>…</p>", Mentions: []parley.Mention{{Name: "Ada", UserID: c.Ada.ID}, {Name: "team", Special: parley.MentionTeam}}}
		id, err := tx.InsertMessage(c.Free.ID, c.Mina.ID, origin, text)
		if err != nil {
			return 0, err
		}
		_, err = tx.AddLike(id, c.Finn.ID)
		return id, err
	})
	want := parley.Message{
		ID: id, ThreadID: c.Free.ID, Content: "@Ada @team", ContentHTML: "<p>…</p>", UserID: c.Mina.ID, Username: "Mina",
		UserRole: parley.DisplayPatron, UserBadgeColor: "#f97316", CreatedAt: asked.Add(time.Minute), Mentions: []string{"Ada", "team"},
		ReplyToID: &origin, ReplyToMessage: &parley.ReplyExcerpt{
			ID: origin, Content: strings.Repeat("ж", 100), Username: "Finn", UserRole: parley.DisplayMember, UserBadgeColor: "#6b7280", CreatedAt: asked,
		},
		LikeCount: 1, UserHasLiked: true, CanCreateThread: true,
	}
	see := func(v parley.Viewer) parley.Message {
		return Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(v.ID, id) })
	}
	if diff := cmp.Diff(want, see(c.Finn)); diff != "" {
		t.Errorf("to Finn, who likes it (-want +got):\n%s", diff)
	}
	want.UserHasLiked = false
	if diff := cmp.Diff(want, see(c.Ada)); diff != "" {
		t.Errorf("to Ada (-want +got):\n%s", diff)
	}
	state := Found(t, c.Store, func(s *store.Snapshot) (store.MessageState, bool, error) { return s.MessageState(id) })
	if state.AuthorID != c.Mina.ID || state.ReplyToID != origin || len(state.Mentions) != 2 || state.Mentions[1].Special != parley.MentionTeam {
		t.Errorf("its state is %+v", state)
	}
	inSub := Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada.ID, c.Sub.First) })
	if inSub.CanCreateThread || inSub.Mentions == nil {
		t.Errorf("in a sub-thread: can_create_thread %v, mentions %v", inSub.CanCreateThread, inSub.Mentions)
	}
}

func messagesByID(t *testing.T, open Open) {
	c := community(t, open)
	ids := Write(t, c.Store, func(tx *store.Tx) (ids []int64, err error) {
		for len(ids) < 300 { // more than one query asks for
			id, err := tx.InsertMessage(c.Free.ID, c.Finn.ID, 0, Text("one of many"))
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		return ids, nil
	})
	got := Read(t, c.Store, func(s *store.Snapshot) (map[int64]parley.Message, error) {
		return s.MessagesByID(0, append([]int64{1 << 40}, ids...))
	})
	if len(got) != len(ids) || got[ids[299]].ID != ids[299] {
		t.Errorf("%d of %d are found", len(got), len(ids))
	}
	if none := Read(t, c.Store, func(s *store.Snapshot) (map[int64]parley.Message, error) { return s.MessagesByID(0, nil) }); len(none) != 0 {
		t.Errorf("asked for none, found %d", len(none))
	}
}

func messageEdited(t *testing.T, open Open) {
	c := community(t, open)
	id := c.Post(t, c.Mina, c.Free, "befroe")
	before := Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada.ID, id) })
	c.Clock.Pass(time.Minute)
	Update(t, c.Store, func(tx *store.Tx) error {
		old, _, err := tx.MessageState(id)
		if err != nil {
			return err
		}
		return tx.EditMessage(old, c.Mina.ID, store.Text{Content: "before @Finn", HTML: "<p>before</p>", Mentions: []parley.Mention{{Name: "Finn", UserID: c.Finn.ID}}})
	})
	edited := parley.At(c.Clock.Now())
	want := before
	want.Content, want.ContentHTML, want.Mentions, want.IsEdited, want.EditedAt = "before @Finn", "<p>before</p>", []string{"Finn"}, true, &edited
	got := Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada.ID, id) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func subtreeDeleted(t *testing.T, open Open) {
	c := community(t, open)
	root := c.Post(t, c.Finn, c.Free, "root")
	kept := c.Reply(t, c.Mina, c.Free, root, "stays")
	keptAt := parley.At(c.Clock.Now())
	branch := c.Reply(t, c.Mina, c.Free, root, "branch")
	left := c.Reply(t, c.Finn, c.Free, branch, "left")
	right := c.Reply(t, c.Ada, c.Free, branch, "right")
	below := c.Reply(t, c.Ada, c.Free, left, "below left")
	gone := c.Reply(t, c.Ada, c.Free, left, "gone before")
	if diff := cmp.Diff([]int64{gone}, c.Delete(t, gone)); diff != "" {
		t.Fatalf("one without replies (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{branch, left, right, below}, c.Delete(t, branch)); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
	see := func(id int64) (m parley.Message) {
		return Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada.ID, id) })
	}
	counted := Found(t, c.Store, func(s *store.Snapshot) (int64, bool, error) { return s.ReplyCount(root) })
	if shown := see(root).ReplyCount; shown != 1 || counted != 1 {
		t.Errorf("the root shows %d replies and counts %d, want 1", shown, counted)
	}
	if to := Read(t, c.Store, func(s *store.Snapshot) (*int64, error) { return s.RepliedTo(branch) }); to == nil || *to != root {
		t.Errorf("the deleted branch replied to %v, want %d", to, root)
	}
	thread := Found(t, c.Store, func(s *store.Snapshot) (parley.Thread, bool, error) { return s.Thread(c.Ada, c.Free.ID) })
	if thread.MessageCount != 3 || thread.LastMessageAt != keptAt {
		t.Errorf("the thread has %d messages, the last at %v; want 3, %v", thread.MessageCount, thread.LastMessageAt, keptAt)
	}
	left3 := messageIDs(Read(t, c.Store, func(s *store.Snapshot) ([]parley.Message, error) { return s.NewestMessages(c.Ada.ID, c.Free.ID, 0, 10) }))
	if diff := cmp.Diff([]int64{c.Free.First, root, kept}, left3); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

func longChainDeleted(t *testing.T, open Open) {
	c := community(t, open)
	chain := Write(t, c.Store, func(tx *store.Tx) (ids []int64, err error) {
		var last int64
		for len(ids) < 600 {
			if last, err = tx.InsertMessage(c.Free.ID, c.Finn.ID, last, Text("deeper")); err != nil {
				return nil, err
			}
			ids = append(ids, last)
		}
		return ids, nil
	})
	if diff := cmp.Diff(chain, c.Delete(t, chain[0])); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
	state := Found(t, c.Store, func(s *store.Snapshot) (store.ThreadState, bool, error) { return s.ThreadState(c.Free.ID) })
	newest := Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.NewestMessageID(c.Free.ID) })
	if state.MessageCount != 1 || newest != c.Free.First {
		t.Errorf("%d messages are counted, the newest is %d; want 1, %d", state.MessageCount, newest, c.Free.First)
	}
}

func repliesPaged(t *testing.T, open Open) {
	c := community(t, open)
	var replies []int64
	for range 5 {
		replies = append(replies, c.Reply(t, c.Finn, c.Free, c.Free.First, "reply"))
	}
	c.Reply(t, c.Finn, c.Free, replies[0], "not directly below")
	page := func(after int64, limit, offset int) []int64 {
		return messageIDs(Read(t, c.Store, func(s *store.Snapshot) ([]parley.Message, error) {
			return s.Replies(c.Ada.ID, c.Free.First, after, limit, offset)
		}))
	}
	for _, tc := range []struct{ got, want []int64 }{
		{page(0, 10, 0), replies},
		{page(replies[1], 2, 0), replies[2:4]},
		{page(0, 2, 4), replies[4:]},
		{page(replies[4], 2, 0), []int64{}},
	} {
		if diff := cmp.Diff(tc.want, tc.got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func lastPosted(t *testing.T, open Open) {
	c := community(t, open)
	last := func() parley.Time {
		return Read(t, c.Store, func(s *store.Snapshot) (parley.Time, error) { return s.LastPosted(c.Free.ID, c.Finn.ID) })
	}
	if got := last(); got != 0 {
		t.Errorf("Finn has not written, but last did at %v", got)
	}
	id := c.Post(t, c.Finn, c.Free, "hello")
	want := parley.At(c.Clock.Now())
	c.Post(t, c.Ada, c.Free, "hello Finn")
	c.Delete(t, id)
	if got := last(); got != want {
		t.Errorf("Finn last wrote at %v, want %v", got, want)
	}
}
