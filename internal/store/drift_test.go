package store_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// drifts returns what differs, by counter.
func drifts(t *testing.T, s *store.Store) map[string][]store.Drift {
	t.Helper()
	found := map[string][]store.Drift{}
	for _, c := range s.Counters() {
		looks := 0
		err := s.Drifts(t.Context(), c, func(d store.Drift) error {
			found[c.Name()] = append(found[c.Name()], d)
			return nil
		}, func(p store.Progress) {
			if looks++; p.Done > p.All {
				t.Errorf("%s: looked at %d of %d", c.Name(), p.Done, p.All)
			}
		})
		if err != nil || looks == 0 {
			t.Fatal(err, looks)
		}
	}
	return found
}

// fix sets right what differs of a counter.
func fix(t *testing.T, s *store.Store, found map[string][]store.Drift) {
	t.Helper()
	for _, c := range s.Counters() {
		for _, d := range found[c.Name()] {
			if err := s.FixDrift(t.Context(), c, d); err != nil {
				t.Fatalf("%s: %v", d.Says, err)
			}
		}
	}
}

func onBoth(t *testing.T, test func(*testing.T, *storetest.Community)) {
	for name, dsn := range map[string]func() string{
		"SQLite":     func() string { return filepath.Join(t.TempDir(), "parley.db") },
		"PostgreSQL": func() string { return storetest.NewPostgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			test(t, storetest.NewCommunity(t, func(opts store.Options) *store.Store { return openFile(t, dsn(), opts) }))
		})
	}
}

// TestEveryCounterThatDriftsIsFoundAndSetRight changes one kept value after the other.
func TestEveryCounterThatDriftsIsFoundAndSetRight(t *testing.T) {
	corruptions := map[string]string{
		"message_count":        `UPDATE threads SET message_count = message_count + 1 WHERE id = 1`,
		"follower_count":       `UPDATE threads SET follower_count = 7 WHERE id = 1`,
		"last_message_at":      `UPDATE threads SET last_message_at = last_message_at + 1 WHERE id = 1`,
		"first_message_id":     `UPDATE threads SET first_message_id = NULL WHERE id = 1`,
		"reply_count":          `UPDATE messages SET reply_count = 3 WHERE id = 1`,
		"like_count":           `UPDATE messages SET like_count = 9 WHERE id = 1`,
		"spawned_thread_count": `UPDATE messages SET spawned_thread_count = 5 WHERE id = 1`,
		"member_counts":        `UPDATE member_counts SET members = members + 1 WHERE role = 'creator'`,
		"parent_thread":        `UPDATE threads SET parent_thread_id = 2 WHERE id = 4`,
		"upload_used":          `UPDATE uploads SET unused_since = 1`,
		"upload_release":       `UPDATE upload_uses SET release_at = 1`,
		"thread_tree":          `UPDATE threads SET deleted_at = 1 WHERE id = 1`,
		"notification_thread":  `UPDATE notifications SET thread_id = 2`,
		"call_thread":          `UPDATE calls SET thread_id = 2`,
		"call_marks":           `INSERT INTO call_marks (user_id, call_id, is_read, is_deleted) SELECT user_id, up_to, 1, 0 FROM call_reads`,
		"count_versions":       `DELETE FROM count_versions`,
		"read_positions":       `INSERT INTO read_positions (user_id, thread_id, message_id) VALUES (1, 1, 4711)`,
		"deaf_by_setting":      `UPDATE user_settings SET everyone_mentions = 0`,
		"deaf_by_follow":       `UPDATE follows SET mention = 0`,
		"message_search":       `INSERT INTO message_search (message_search, rowid, content) SELECT 'delete', id, content FROM messages WHERE id = 1`,
		"thread_search":        `INSERT INTO thread_search (thread_search, rowid, title) SELECT 'delete', id, title FROM threads WHERE id = 1`,
	}
	onBoth(t, func(t *testing.T, c *storetest.Community) {
		live(t, c)
		if found := drifts(t, c.Store); len(found) != 0 {
			t.Fatalf("before: %+v", found)
		}
		for _, counter := range c.Store.Counters() {
			text, known := corruptions[counter.Name()]
			if !known {
				t.Errorf("%s has no corruption here", counter.Name())
				continue
			}
			storetest.Update(t, c.Store, func(tx *store.Tx) error { return tx.Corrupt(text) })
			found := drifts(t, c.Store)
			if len(found[counter.Name()]) == 0 {
				t.Errorf("%s: not found, only %+v", counter.Name(), found)
			}
			for _, d := range found[counter.Name()] {
				if strings.Contains(d.Says, "%!") || d.Says == "" {
					t.Errorf("%s says %q", counter.Name(), d.Says)
				}
			}
			for range 2 { // a thread that is deleted takes more along
				fix(t, c.Store, drifts(t, c.Store))
			}
			if left := drifts(t, c.Store); len(left) != 0 {
				t.Errorf("%s: left are %+v", counter.Name(), left)
			}
		}
	})
}

// live has something of everything that is counted happen.
func live(t *testing.T, c *storetest.Community) {
	t.Helper()
	c.Notify(t, c.Mina, parley.NotifyMention, c.Free, c.Free.First)
	c.Show(t, c.Ada, c.Free.First, c.AddUpload(t, c.Ada))
	for range 2 {
		c.Clock.Pass(time.Second)
		c.Call(t, c.Ada, c.Free)
	}
	storetest.Update(t, c.Store, func(tx *store.Tx) error {
		if _, err := tx.ReadNotification(c.Finn, 0); err != nil {
			return err
		}
		if _, err := tx.AddLike(c.Free.First, c.Finn.ID); err != nil {
			return err
		}
		if err := tx.SetSettings(c.Finn.ID, parley.DefaultSettings()); err != nil {
			return err
		}
		return tx.Follow(c.Free.ID, c.Finn.ID, parley.Follow{Mention: true})
	})
}

func TestWrongNumbersOfTheLogAreFoundAndSetRight(t *testing.T) {
	onBoth(t, func(t *testing.T, c *storetest.Community) {
		for range 5 {
			storetest.Update(t, c.Store, func(tx *store.Tx) error {
				tx.Append(parley.MessagePosted{ThreadID: 1, MessageID: 1}, parley.CallsChanged{ThreadID: 1})
				return nil
			})
		}
		look := func() (found []store.LogDrift) {
			if err := c.Store.LogDrifts(t.Context(), func(d store.LogDrift) error { found = append(found, d); return nil }); err != nil {
				t.Fatal(err)
			}
			return found
		}
		if found := look(); len(found) != 0 {
			t.Errorf("before: %+v", found)
		}
		for _, text := range []string{`DELETE FROM events WHERE channel = 't1' AND seq = 3`, `UPDATE channels SET head = 2 WHERE name = 'f'`} {
			storetest.Update(t, c.Store, func(tx *store.Tx) error { return tx.Corrupt(text) })
			found := look()
			if len(found) != 1 {
				t.Fatalf("after %s: %+v", text, found)
			}
			if err := c.Store.FixLog(t.Context(), found[0].Channel); err != nil {
				t.Fatal(err)
			}
			if left := look(); len(left) != 0 {
				t.Errorf("left after %s: %+v", text, left)
			}
		}
		storetest.Read(t, c.Store, func(s *store.Snapshot) (bool, error) {
			log, err := s.Extents([]parley.Channel{"t1", "f"})
			if log["t1"].Oldest != 4 || log["f"].Head != 5 {
				t.Errorf("the log is %+v", log)
			}
			return true, err
		})
	})
}

// TestDriftOfUploadsIsSetRightWhateverBecameOfThem corrupts what is noted of an image
// that is shown, of one that a deleted message shows, of one that nothing does, and of
// one whose file is about to be removed.
func TestDriftOfUploadsIsSetRightWhateverBecameOfThem(t *testing.T) {
	onBoth(t, func(t *testing.T, c *storetest.Community) {
		shown, deleted, unused, gone := c.AddUpload(t, c.Ada), c.AddUpload(t, c.Finn), c.AddUpload(t, c.Finn), c.AddUpload(t, c.Ada)
		live(t, c)
		post := c.Post(t, c.Finn, c.Free, "a joint")
		c.Show(t, c.Ada, c.Post(t, c.Ada, c.Free, "two joints"), shown, gone)
		c.Show(t, c.Finn, post, deleted)
		c.Delete(t, post)
		storetest.Update(t, c.Store, func(tx *store.Tx) error {
			for text, args := range map[string][]any{
				`UPDATE uploads SET unused_since = 1 WHERE id = $1`:               {shown},
				`UPDATE uploads SET unused_since = NULL WHERE id = $1`:            {unused},
				`UPDATE upload_uses SET release_at = NULL WHERE upload_id = $1`:   {deleted},
				`UPDATE uploads SET unused_since = 1, gone_at = $2 WHERE id = $1`: {gone, tx.Now()},
			} {
				if err := tx.Corrupt(text, args...); err != nil {
					return err
				}
			}
			return nil
		})
		found := drifts(t, c.Store)
		if len(found["upload_used"]) != 3 || len(found["upload_release"]) != 1 {
			t.Errorf("found %+v", found)
		}
		fix(t, c.Store, found)
		if left := drifts(t, c.Store); len(left) != 0 {
			t.Errorf("left are %+v", left)
		}
		c.Clock.Pass((parley.RestoreDays + 1) * 24 * time.Hour)
		storetest.Update(t, c.Store, func(tx *store.Tx) error {
			if _, err := tx.ReleaseUploads(); err != nil {
				return err
			}
			_, err := tx.RetireUploads(0)
			return err
		})
		retired := storetest.Read(t, c.Store, func(s *store.Snapshot) ([]store.Upload, error) { return s.RetiredUploads(0) })
		var ids []int64
		for _, u := range retired {
			ids = append(ids, u.ID)
			storetest.Update(t, c.Store, func(tx *store.Tx) error { return tx.DeleteUpload(u.ID) })
		}
		if want := []int64{deleted, unused, gone}; !slices.Equal(ids, want) {
			t.Errorf("retired are %v, want %v", ids, want)
		}
	})
}

// TestASubThreadThatBelongsElsewhereIsAsOpenAsItsMessage has a thread be where its
// message was once: in a thread that Finn may read, as opposed to the message.
func TestASubThreadThatBelongsElsewhereIsAsOpenAsItsMessage(t *testing.T) {
	onBoth(t, func(t *testing.T, c *storetest.Community) {
		live(t, c)
		sub := storetest.Write(t, c.Store, func(tx *store.Tx) (storetest.ThreadRef, error) {
			return storetest.StartThread(tx, store.NewThread{Title: "Why?", AuthorID: c.Mina.ID, ParentThreadID: c.Paid.ID, ParentMessageID: c.Paid.First})
		})
		storetest.Update(t, c.Store, func(tx *store.Tx) error {
			return tx.Corrupt(`UPDATE threads SET parent_thread_id = $1 WHERE id = $2`, c.Free.ID, sub.ID)
		})
		may := func() bool {
			return storetest.Found(t, c.Store, func(s *store.Snapshot) (parley.Thread, bool, error) { return s.Thread(c.Finn, sub.ID) }).CanAccess
		}
		if !may() {
			t.Error("before: Finn may not see it")
		}
		fix(t, c.Store, drifts(t, c.Store))
		if may() {
			t.Error("Finn may still see it")
		}
		if left := drifts(t, c.Store); len(left) != 0 {
			t.Errorf("left are %+v", left)
		}
	})
}
