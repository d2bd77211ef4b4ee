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
	"pages are read backwards and forwards, oldest first":                               messagePages,
	"a message shows its author, its origin and its likes":                              messageShown,
	"a mention stands while its name is the person's":                                   mentionStands,
	"many are read by id at once":                                                       messagesByID,
	"an edit replaces the text":                                                         messageEdited,
	"a deletion takes all replies below":                                                subtreeDeleted,
	"a deletion of many hides every one":                                                longChainDeleted,
	"replies are paged":                                                                 repliesPaged,
	"the last post counts though it was deleted":                                        lastPosted,
	"deleted posts count among those since a time":                                      postsSince,
	"a hidden message is shown to its author and the team alone, and counts for nobody": hiddenShown,
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
			return s.NewestMessages(c.Mina, c.Free.ID, before, limit)
		}))
	}
	after := func(after int64, limit int) []int64 {
		return messageIDs(Read(t, c.Store, func(s *store.Snapshot) ([]parley.Message, error) {
			return s.MessagesAfter(c.Mina, c.Free.ID, after, limit)
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
	last := Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.NewestMessageID(c.Ada, c.Free.ID) })
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
		return Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(v, id) })
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
	inSub := Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada, c.Sub.First) })
	if inSub.CanCreateThread || inSub.Mentions == nil {
		t.Errorf("in a sub-thread: can_create_thread %v, mentions %v", inSub.CanCreateThread, inSub.Mentions)
	}
}

func mentionStands(t *testing.T, open Open) {
	c := community(t, open)
	mina, finn := parley.Mention{Name: "Mina", UserID: c.Mina.ID}, parley.Mention{Name: "Finn", UserID: c.Finn.ID}
	team := parley.Mention{Name: "team", Special: parley.MentionTeam}
	post := func(mentions ...parley.Mention) int64 {
		return Write(t, c.Store, func(tx *store.Tx) (int64, error) {
			text := store.Text{Content: "hello", Mentions: mentions}
			for _, m := range mentions {
				text.HTML += m.Link()
			}
			return tx.InsertMessage(c.Free.ID, c.Ada.ID, 0, text)
		})
	}
	shows := func(when string, id int64, html string, names string) {
		t.Helper()
		m := Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada, id) })
		if got := strings.Join(m.Mentions, " "); m.ContentHTML != html || got != names || m.Mentions == nil {
			t.Errorf("%s it is %s and mentions %s, want %s and %s", when, m.ContentHTML, got, html, names)
		}
	}
	both := post(mina, team, finn, mina)
	written := mina.Link() + team.Link() + finn.Link() + mina.Link()
	c.alias(t, c.Mina, "Стелла", false)
	shows("with an alias that is not in use", both, written, "Mina team Finn Mina")
	c.alias(t, c.Mina, "Стелла", true)
	shows("under an alias", both, "@Mina"+team.Link()+finn.Link()+"@Mina", "team Finn")
	c.alias(t, c.Finn, "Luna", true)
	shows("under two", both, "@Mina"+team.Link()+"@Finn@Mina", "team")
	stella := parley.Mention{Name: "СТЕЛЛА", UserID: c.Mina.ID}
	later := post(stella)
	shows("in capitals", later, stella.Link(), "СТЕЛЛА")
	c.alias(t, c.Mina, "Стелла", false)
	shows("once the alias is given up", later, "@СТЕЛЛА", "")
	shows("under the username again", both, mina.Link()+team.Link()+"@Finn"+mina.Link(), "Mina team Mina")
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
		return s.MessagesByID(parley.Viewer{}, append([]int64{1 << 40}, ids...))
	})
	if len(got) != len(ids) || got[ids[299]].ID != ids[299] {
		t.Errorf("%d of %d are found", len(got), len(ids))
	}
	if none := Read(t, c.Store, func(s *store.Snapshot) (map[int64]parley.Message, error) { return s.MessagesByID(parley.Viewer{}, nil) }); len(none) != 0 {
		t.Errorf("asked for none, found %d", len(none))
	}
}

func messageEdited(t *testing.T, open Open) {
	c := community(t, open)
	id := c.Post(t, c.Mina, c.Free, "befroe")
	before := Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada, id) })
	Update(t, c.Store, func(tx *store.Tx) error { return tx.ShowPreview(id, "<div>befroe</div>") })
	previewed := Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada, id) })
	if previewed.ContentHTML != before.ContentHTML+"<div>befroe</div>" || previewed.IsEdited {
		t.Errorf("with a preview: %+v", previewed)
	}
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
	got := Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada, id) })
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
		return Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada, id) })
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
	left3 := messageIDs(Read(t, c.Store, func(s *store.Snapshot) ([]parley.Message, error) { return s.NewestMessages(c.Ada, c.Free.ID, 0, 10) }))
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
	newest := Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.NewestMessageID(c.Ada, c.Free.ID) })
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
			return s.Replies(c.Ada, c.Free.First, after, limit, offset)
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

func postsSince(t *testing.T, open Open) {
	c := community(t, open)
	var at []parley.Time
	for range 4 {
		c.Clock.Pass(time.Minute)
		id := c.Post(t, c.Finn, c.Free, "spam")
		at = append(at, parley.At(c.Clock.Now()))
		c.Post(t, c.Mina, c.Free, "by another")
		c.Delete(t, id)
	}
	for _, tc := range []struct {
		since parley.Time
		limit int64
		want  []parley.Time
	}{
		{at[0], 9, []parley.Time{at[3], at[2], at[1]}},
		{at[0], 2, []parley.Time{at[3], at[2]}},
		{at[3], 9, []parley.Time{}},
	} {
		got := Write(t, c.Store, func(tx *store.Tx) ([]parley.Time, error) { return tx.PostsSince(c.Finn.ID, tc.since, tc.limit) })
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("at most %d since %v (-want +got):\n%s", tc.limit, tc.since, diff)
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

func hiddenShown(t *testing.T, open Open) {
	c := community(t, open)
	id := c.Post(t, c.Finn, c.Free, "mahogany")
	answer := c.Reply(t, c.Ada, c.Free, id, "walnut")
	Write(t, c.Store, func(tx *store.Tx) (bool, error) {
		m, _, err := tx.MessageState(id)
		if err == nil {
			err = tx.HideMessage(m, c.Tomas.ID)
		}
		return true, err
	})
	sub := Write(t, c.Store, func(tx *store.Tx) (ThreadRef, error) {
		return StartThread(tx, store.NewThread{Title: "sub", AuthorID: c.Ada.ID, ParentThreadID: c.Free.ID, ParentMessageID: id})
	})
	c.Notify(t, c.Mina, parley.NotifyMention, c.Free, id)
	c.Notify(t, c.Tomas, parley.NotifyMention, c.Free, id)
	stranger := parley.Viewer{ID: c.Finn.ID, Role: parley.RoleMember} // his account, deactivated
	for _, v := range []parley.Viewer{c.Ada, c.Tomas, c.Mina, c.Finn} {
		sees := v != c.Mina
		if v.SeesHidden(c.Finn.ID) != sees || stranger.SeesHidden(c.Finn.ID) {
			t.Fatalf("%d sees what is hidden: %v", v.ID, !sees)
		}
		for surface, shows := range c.showing(t, v, id, answer, sub.ID) {
			if shows != sees {
				t.Errorf("%d sees it in %s: %v, want %v", v.ID, surface, shows, sees)
			}
		}
	}
	for v, want := range map[parley.Viewer]int64{c.Mina: 0, c.Tomas: 1} {
		unread := Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.UnreadNotifications(v, 0) })
		if thread := c.seen(t, v, c.Free.ID); unread != want || thread.UnreadCount != want || thread.UnreadMessages != 2 || thread.MessageCount != 2 {
			t.Errorf("%d has %d unread, of the thread %d and %d of %d messages; want %d, and 2 of 2", v.ID, unread, thread.UnreadCount, thread.UnreadMessages, thread.MessageCount, want)
		}
	}
}

// seen is a thread as somebody sees it.
func (c *Community) seen(t *testing.T, v parley.Viewer, id int64) parley.Thread {
	t.Helper()
	return Found(t, c.Store, func(s *store.Snapshot) (parley.Thread, bool, error) { return s.Thread(v, id) })
}

// showing tells which surfaces show a message of the free thread to somebody, which
// another one answers and a sub-thread grew out of.
func (c *Community) showing(t *testing.T, v parley.Viewer, id, answer, sub int64) map[string]bool {
	t.Helper()
	shows := map[string]bool{"the source of a sub-thread": c.seen(t, v, sub).CreatedFromMessage != nil}
	in := func(surface string, read func(*store.Snapshot) ([]parley.Message, error)) {
		shows[surface] = slices.Contains(messageIDs(Read(t, c.Store, read)), id)
	}
	in("the newest", func(s *store.Snapshot) ([]parley.Message, error) { return s.NewestMessages(v, c.Free.ID, 0, 9) })
	in("those after one", func(s *store.Snapshot) ([]parley.Message, error) { return s.MessagesAfter(v, c.Free.ID, 0, 9) })
	in("activity", func(s *store.Snapshot) ([]parley.Message, error) { return s.MessagesBy(v, c.Finn.ID, 9) })
	Read(t, c.Store, func(s *store.Snapshot) (_ bool, err error) {
		if _, shows["itself"], err = s.Message(v, id); err != nil {
			return false, err
		}
		quoting, _, err := s.Message(v, answer)
		if err != nil {
			return false, err
		}
		shows["what it answers"] = quoting.ReplyToMessage != nil && quoting.ReplyToMessage.IsHidden
		byID, err := s.MessagesByID(v, []int64{id})
		shows["some by their ids"] = byID[id].IsHidden
		return true, err
	})
	shows["search"] = len(c.findAs(t, v, "mahogany")) > 0
	return shows
}
