package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

var uploadTests = map[string]func(*testing.T, Open){
	"an upload is shown when it is stored, by its owner alone": uploadsShown,
	"an upload is unused when no message shows it":             uploadsUnused,
	"a deleted message keeps its uploads while it may be back": uploadsKept,
	"what was unused for long enough is retired for good":      uploadsRetired,
	"an upload that is used meanwhile is not retired":          uploadsRaced,
}

// AddUpload stores an upload of somebody's, whose file is there.
func (c *Community) AddUpload(t testing.TB, owner parley.Viewer) int64 {
	t.Helper()
	return Write(t, c.Store, func(tx *store.Tx) (int64, error) {
		id, err := tx.InsertUpload(store.Upload{UserID: owner.ID, Key: "0123456789abcdef0123456789abcdef", Type: "image/png", Size: 9, Width: 4, Height: 3})
		if err != nil {
			return 0, err
		}
		_, err = tx.UploadStored(id)
		return id, err
	})
}

// Show makes a message of somebody's show these uploads and no others.
func (c *Community) Show(t testing.TB, author parley.Viewer, messageID int64, uploads ...int64) {
	t.Helper()
	Update(t, c.Store, func(tx *store.Tx) error { return tx.ShowUploads(messageID, author.ID, uploads) })
}

// showingUpload returns the messages that show an upload, and checks that it is unused if
// there are none.
func (c *Community) showingUpload(t testing.TB, id int64) []int64 {
	t.Helper()
	u := Found(t, c.Store, func(s *store.Snapshot) (store.Upload, bool, error) { return s.Upload(id) })
	messages := Read(t, c.Store, func(s *store.Snapshot) ([]int64, error) { return s.MessagesShowing(id, 0, 99) })
	if u.Unused != (len(messages) == 0) {
		t.Errorf("upload %d, unused: %t, is shown by %v", id, u.Unused, messages)
	}
	return messages
}

func (c *Community) expectShown(t testing.TB, id int64, want ...int64) {
	t.Helper()
	if got := c.showingUpload(t, id); !slices.Equal(got, want) {
		t.Errorf("upload %d is shown by %v, want %v", id, got, want)
	}
}

func uploadsShown(t *testing.T, open Open) {
	c := community(t, open)
	one, other := c.AddUpload(t, c.Mina), c.AddUpload(t, c.Finn)
	pending := Write(t, c.Store, func(tx *store.Tx) (int64, error) {
		return tx.InsertUpload(store.Upload{UserID: c.Mina.ID, Key: "k", Type: "image/png"})
	})
	got := Read(t, c.Store, func(s *store.Snapshot) (map[int64]parley.Upload, error) {
		return s.UploadsOf(c.Mina.ID, []int64{one, other, pending, 4711})
	})
	want := map[int64]parley.Upload{one: {ID: one, URL: parley.UploadURL(one), Width: 4, Height: 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Mina's (-want +got):\n%s", diff)
	}
	message := c.Post(t, c.Mina, c.Free, "look")
	c.Show(t, c.Mina, message, one, other, pending, 4711)
	c.expectShown(t, one, message)
	c.expectShown(t, other)
	c.expectShown(t, pending)
	unused := func(v parley.Viewer) int64 {
		return Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.CountUnusedUploads(v.ID) })
	}
	if m, f := unused(c.Mina), unused(c.Finn); m != 1 || f != 1 {
		t.Errorf("unused: %d of Mina's, %d of Finn's", m, f)
	}
}

func uploadsUnused(t *testing.T, open Open) {
	c := community(t, open)
	one, other := c.AddUpload(t, c.Mina), c.AddUpload(t, c.Mina)
	first, second := c.Post(t, c.Mina, c.Free, "look"), c.Post(t, c.Mina, c.Paid, "look here")
	c.Show(t, c.Mina, first, one, other)
	c.Show(t, c.Mina, second, one)
	c.Show(t, c.Mina, second, one) // as when it is edited and shows the same
	c.expectShown(t, one, first, second)
	c.Show(t, c.Mina, first)
	c.expectShown(t, one, second)
	c.expectShown(t, other)
	c.Show(t, c.Mina, second, other)
	c.expectShown(t, one)
	c.expectShown(t, other, second)
}

const day = 24 * time.Hour

// sweep lets go of what it is time for, and retires what was unused for a day. It
// returns what is retired in all.
func (c *Community) sweep(t testing.TB) (retired []int64) {
	t.Helper()
	Update(t, c.Store, func(tx *store.Tx) error {
		if _, err := tx.ReleaseUploads(); err != nil {
			return err
		}
		_, err := tx.RetireUploads(day)
		return err
	})
	for _, u := range Read(t, c.Store, func(s *store.Snapshot) ([]store.Upload, error) { return s.RetiredUploads(0) }) {
		retired = append(retired, u.ID)
	}
	return retired
}

func uploadsKept(t *testing.T, open Open) {
	c := community(t, open)
	deleted, restored, below, threads := c.AddUpload(t, c.Mina), c.AddUpload(t, c.Mina), c.AddUpload(t, c.Mina), c.AddUpload(t, c.Mina)
	root := c.Post(t, c.Mina, c.Free, "gone")
	back := c.Post(t, c.Mina, c.Free, "back")
	reply := c.Reply(t, c.Mina, c.Free, back, "back too")
	inThread := c.Post(t, c.Mina, c.Paid, "with its thread")
	for message, upload := range map[int64]int64{root: deleted, back: restored, reply: below, inThread: threads} {
		c.Show(t, c.Mina, message, upload)
	}
	c.Delete(t, root)
	c.Delete(t, back)
	Update(t, c.Store, func(tx *store.Tx) error { return tx.DeleteThread(store.ThreadState{ID: c.Paid.ID}) })
	c.Clock.Pass(parley.RestoreDays * day / 2)
	Update(t, c.Store, func(tx *store.Tx) error {
		m, _, err := tx.DeletedMessage(back)
		if err != nil {
			return err
		}
		_, err = tx.RestoreMessages(m.MessageState)
		return err
	})
	if got := c.sweep(t); got != nil {
		t.Errorf("retired %v while they may be back", got)
	}
	c.Clock.Pass(parley.RestoreDays * day / 2)
	if got := c.sweep(t); got != nil {
		t.Errorf("retired %v on the day that they are let go of", got)
	}
	c.Clock.Pass(day)
	if got, want := c.sweep(t), []int64{deleted, threads}; !slices.Equal(got, want) {
		t.Errorf("retired %v, want %v", got, want)
	}
	c.expectShown(t, restored, back)
	c.expectShown(t, below, reply)
}

func uploadsRetired(t *testing.T, open Open) {
	c := community(t, open)
	old, fresh := c.AddUpload(t, c.Mina), int64(0)
	message := c.Post(t, c.Mina, c.Free, "look")
	c.Show(t, c.Mina, message, old)
	c.Clock.Pass(9 * day)
	c.Show(t, c.Mina, message)
	c.Clock.Pass(day - time.Second)
	fresh = c.AddUpload(t, c.Mina)
	if got := c.sweep(t); got != nil {
		t.Errorf("retired %v too early", got)
	}
	c.Clock.Pass(time.Second)
	if got := c.sweep(t); !slices.Equal(got, []int64{old}) {
		t.Errorf("retired %v, want %d", got, old)
	}
	c.Show(t, c.Mina, message, old, fresh)
	if _, found, err := lookup(t, c.Store, old); found || err != nil {
		t.Errorf("a retired upload is there: %v", err)
	}
	c.expectShown(t, fresh, message)
	late := Write(t, c.Store, func(tx *store.Tx) (bool, error) { return tx.UploadStored(old) })
	Update(t, c.Store, func(tx *store.Tx) error {
		for _, id := range []int64{old, fresh} { // the fresh one stays
			if err := tx.DeleteUpload(id); err != nil {
				return err
			}
		}
		return nil
	})
	c.expectShown(t, fresh, message)
	if got := c.sweep(t); late || got != nil {
		t.Errorf("after all: %v, stored late: %t", got, late)
	}
}

// lookup reads an upload.
func lookup(t testing.TB, s *store.Store, id int64) (u store.Upload, found bool, err error) {
	t.Helper()
	err = s.View(t.Context(), func(s *store.Snapshot) (err error) {
		u, found, err = s.Upload(id)
		return err
	})
	return u, found, err
}

// A post and a sweep at the same time: either the message shows the upload and it
// stays, or it does not and the upload goes.
func uploadsRaced(t *testing.T, open Open) {
	c := community(t, open)
	for range 5 {
		upload := c.AddUpload(t, c.Mina)
		message := c.Post(t, c.Mina, c.Free, "look")
		c.Clock.Pass(2 * day)
		swept := make(chan error)
		go func() {
			_, err := c.Store.Update(t.Context(), func(tx *store.Tx) error {
				_, err := tx.RetireUploads(day)
				return err
			})
			swept <- err
		}()
		c.Show(t, c.Mina, message, upload)
		if err := <-swept; err != nil {
			t.Fatal(err)
		}
		_, there, err := lookup(t, c.Store, upload)
		shown := Read(t, c.Store, func(s *store.Snapshot) ([]int64, error) { return s.MessagesShowing(upload, 0, 9) })
		if err != nil || there != (len(shown) == 1) {
			t.Errorf("there: %t, shown by %v, %v", there, shown, err)
		}
	}
}
