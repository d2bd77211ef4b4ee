package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

var restoreTests = map[string]func(*testing.T, Open){
	"what was deleted together is restored together":             deletionRestored,
	"a message that is deleted shows when, one that is not none": deletedShown,
	"what a message said before is kept in order":                historyKept,
	"who likes messages is told for many at once":                likersTold,
}

func (c *Community) deleted(t testing.TB, id int64) store.DeletedMessage {
	t.Helper()
	return Found(t, c.Store, func(s *store.Snapshot) (store.DeletedMessage, bool, error) { return s.DeletedMessage(id) })
}

func deletionRestored(t *testing.T, open Open) {
	c := community(t, open)
	root := c.Post(t, c.Finn, c.Free, "root")
	left := c.Reply(t, c.Mina, c.Free, root, "left")
	right := c.Reply(t, c.Ada, c.Free, root, "right, gone before")
	below := c.Reply(t, c.Ada, c.Free, left, "below")
	last := parley.At(c.Clock.Now())
	c.Delete(t, right) // at the same time and by the same person as the next one
	c.Delete(t, root)
	restore := func(id int64) []store.Touched {
		return Write(t, c.Store, func(tx *store.Tx) ([]store.Touched, error) {
			return tx.RestoreMessages(c.deleted(t, id).MessageState)
		})
	}
	want := []store.Touched{
		{ID: root, AuthorID: c.Finn.ID, Length: 4 + 11}, {ID: left, AuthorID: c.Mina.ID, Length: 4 + 11}, {ID: below, AuthorID: c.Ada.ID, Length: 5 + 12},
	}
	if diff := cmp.Diff(want, restore(root)); diff != "" {
		t.Errorf("restored (-want +got):\n%s", diff)
	}
	expect := func(replies, messages int64) {
		t.Helper()
		counted := Found(t, c.Store, func(s *store.Snapshot) (int64, bool, error) { return s.ReplyCount(root) })
		thread := Found(t, c.Store, func(s *store.Snapshot) (parley.Thread, bool, error) { return s.Thread(c.Ada, c.Free.ID) })
		if counted != replies || thread.MessageCount != messages || thread.LastMessageAt != last {
			t.Errorf("%d replies, %d messages, the last at %v; want %d, %d, %v", counted, thread.MessageCount, thread.LastMessageAt, replies, messages, last)
		}
	}
	expect(1, 4)
	restore(right)
	expect(2, 5)
}

func deletedShown(t *testing.T, open Open) {
	c := community(t, open)
	id := c.Reply(t, c.Finn, c.Free, c.Free.First, "hello")
	absent := func(id int64) {
		t.Helper()
		if Read(t, c.Store, func(s *store.Snapshot) (bool, error) { _, found, err := s.DeletedMessage(id); return found, err }) {
			t.Errorf("message %d is not deleted, or not there, but found as deleted", id)
		}
	}
	absent(id)
	absent(4711)
	c.Clock.Pass(time.Minute)
	c.Delete(t, id)
	got := c.deleted(t, id)
	if got.DeletedAt != parley.At(c.Clock.Now()) || got.AuthorID != c.Finn.ID || got.ThreadID != c.Free.ID || got.ReplyToID != c.Free.First {
		t.Errorf("deleted is %+v", got)
	}
	Update(t, c.Store, func(tx *store.Tx) error { return tx.DeleteThread(store.ThreadState{ID: c.Free.ID}) })
	absent(id)
}

func historyKept(t *testing.T, open Open) {
	c := community(t, open)
	id := c.Post(t, c.Mina, c.Free, "one")
	var edits []parley.Time
	for _, text := range []string{"two", "three"} {
		c.Clock.Pass(time.Minute)
		edits = append(edits, parley.At(c.Clock.Now()))
		Update(t, c.Store, func(tx *store.Tx) error {
			m, _, err := tx.MessageState(id)
			if err != nil {
				return err
			}
			return tx.EditMessage(m, c.Mina.ID, Text(text))
		})
	}
	read := func(after int64, limit int) []store.Earlier {
		return Read(t, c.Store, func(s *store.Snapshot) ([]store.Earlier, error) { return s.History(id, after, limit) })
	}
	all := read(0, 10)
	if len(all) != 2 || all[0].Content != "one" || all[1].Content != "two" || all[0].EditedAt != edits[0] || all[1].EditedAt != edits[1] || all[1].Editor.Name != "Mina" {
		t.Fatalf("it said %+v", all)
	}
	if first := read(0, 1); len(first) != 1 || first[0] != all[0] {
		t.Errorf("first it said %+v", first)
	}
	if rest := read(all[0].ID, 10); len(rest) != 1 || rest[0] != all[1] {
		t.Errorf("then it said %+v", rest)
	}
}

func likersTold(t *testing.T, open Open) {
	c := community(t, open)
	other := c.Post(t, c.Ada, c.Free, "other")
	for _, like := range []struct{ message, user int64 }{{other, c.Mina.ID}, {c.Free.First, c.Finn.ID}, {c.Free.First, c.Mina.ID}} {
		Write(t, c.Store, func(tx *store.Tx) (bool, error) { return tx.AddLike(like.message, like.user) })
	}
	likers := func(limit int) map[int64][]int64 {
		return Read(t, c.Store, func(s *store.Snapshot) (map[int64][]int64, error) {
			return s.LikersOf([]int64{c.Free.First, other, c.Paid.First}, limit)
		})
	}
	want := map[int64][]int64{c.Free.First: {c.Finn.ID, c.Mina.ID}, other: {c.Mina.ID}}
	if diff := cmp.Diff(want, likers(10)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	delete(want, other)
	if diff := cmp.Diff(want, likers(2)); diff != "" {
		t.Errorf("the first two (-want +got):\n%s", diff)
	}
}
