package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

var notificationTests = map[string]func(*testing.T, Open){
	"one message notifies a person once":                    notifiedOnce,
	"notifications are paged, newest first":                 notificationPages,
	"reading a thread goes up to a message":                 threadRead,
	"reading and deleting change one's own alone":           ownNotifications,
	"reading leaves alone what cannot be seen now":          readVisible,
	"they go with their message and their thread":           notificationsWithdrawn,
	"whatever changes a count advances its version":         countVersions,
	"a deleted one is neither shown nor written again":      deletedStaysDeleted,
	"those with something unread in some threads are known": unreadIn,
}

func (c *Community) unread(t *testing.T, v parley.Viewer) int64 {
	t.Helper()
	return Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.UnreadNotifications(v, 0) })
}

func (c *Community) notificationIDs(t *testing.T, v parley.Viewer) []int64 {
	t.Helper()
	ids := []int64{}
	for _, f := range Read(t, c.Store, func(s *store.Snapshot) ([]parley.NotificationFacts, error) { return s.Notifications(v, 0, 100, 0) }) {
		ids = append(ids, f.ID)
	}
	return ids
}

func notifiedOnce(t *testing.T, open Open) {
	c := community(t, open)
	notify := func(n store.NewNotification) (fresh bool, logged []store.Logged) {
		logged = Update(t, c.Store, func(tx *store.Tx) (err error) {
			fresh, err = tx.Notify(n)
			return err
		})
		return fresh, logged
	}
	for _, tc := range []struct {
		name string
		n    store.NewNotification
		want bool
	}{
		{"a mention", store.NewNotification{UserID: c.Finn.ID, Kind: "mention", SenderID: c.Ada.ID, MessageID: c.Free.First}, true},
		{"a reply by the same message", store.NewNotification{UserID: c.Finn.ID, Kind: "reply", SenderID: c.Ada.ID, MessageID: c.Free.First}, false},
		{"the new message itself", store.NewNotification{UserID: c.Finn.ID, Kind: "new_message", SenderID: c.Ada.ID, MessageID: c.Free.First}, false},
		{"somebody else", store.NewNotification{UserID: c.Mina.ID, Kind: "new_message", SenderID: c.Ada.ID, MessageID: c.Free.First}, true},
		{"a like of it", store.NewNotification{UserID: c.Finn.ID, Kind: "like", SenderID: c.Ada.ID, MessageID: c.Free.First}, true},
		{"the same liker again", store.NewNotification{UserID: c.Finn.ID, Kind: "like", SenderID: c.Ada.ID, MessageID: c.Free.First}, false},
		{"another liker", store.NewNotification{UserID: c.Finn.ID, Kind: "like", SenderID: c.Mina.ID, MessageID: c.Free.First}, true},
		{"a sub-thread", store.NewNotification{UserID: c.Finn.ID, Kind: "sub_thread", SenderID: c.Ada.ID, MessageID: c.Free.First}, true},
		{"the same sub-thread", store.NewNotification{UserID: c.Finn.ID, Kind: "sub_thread", SenderID: c.Mina.ID, MessageID: c.Free.First}, false},
	} {
		tc.n.ThreadID = c.Free.ID
		fresh, logged := notify(tc.n)
		if fresh != tc.want || (len(logged) == 1) != tc.want {
			t.Errorf("%s: fresh %v with %d events, want %v", tc.name, fresh, len(logged), tc.want)
		}
		if fresh && logged[0].Channel != parley.UserChannel(tc.n.UserID) {
			t.Errorf("%s: told in channel %s", tc.name, logged[0].Channel)
		}
	}
}

func notificationPages(t *testing.T, open Open) {
	c := community(t, open)
	for range 5 {
		id := c.Post(t, c.Ada, c.Free, "hello")
		c.Notify(t, c.Finn, parley.NotifyNewMessage, c.Free, id)
	}
	page := func(before int64, limit, offset int) []parley.NotificationFacts {
		return Read(t, c.Store, func(s *store.Snapshot) ([]parley.NotificationFacts, error) {
			return s.Notifications(c.Finn, before, limit, offset)
		})
	}
	all := page(0, 10, 0)
	if len(all) != 5 || all[0].ID < all[4].ID {
		t.Fatalf("all: %+v", all)
	}
	newest := Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.NewestMessageID(c.Ada, c.Free.ID) })
	want := parley.NotificationFacts{
		ID: all[0].ID, Kind: parley.NotifyNewMessage, Sender: parley.PersonRef{ID: c.Ada.ID, Username: "Ada"}, ThreadID: c.Free.ID,
		ThreadTitle: "Welcome", MessageID: newest, MessageContent: "hello", CreatedAt: parley.At(c.Clock.Now()),
	}
	if diff := cmp.Diff(want, all[0]); diff != "" {
		t.Errorf("the newest (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(all[2:4], page(all[1].ID, 2, 0)); diff != "" {
		t.Errorf("before the second (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(all[3:], page(0, 10, 3)); diff != "" {
		t.Errorf("after three (-want +got):\n%s", diff)
	}
	one := Found(t, c.Store, func(s *store.Snapshot) (parley.NotificationFacts, bool, error) {
		return s.Notification(c.Finn, all[2].ID)
	})
	if diff := cmp.Diff(all[2], one); diff != "" {
		t.Errorf("one alone (-want +got):\n%s", diff)
	}
}

func threadRead(t *testing.T, open Open) {
	c := community(t, open)
	c.Notify(t, c.Finn, parley.NotifyMention, c.Free, c.Free.First)
	second := c.Post(t, c.Ada, c.Free, "second")
	c.Notify(t, c.Finn, parley.NotifyNewMessage, c.Free, second)
	c.Notify(t, c.Finn, parley.NotifyNewMessage, c.Sub, c.Sub.First)
	c.Notify(t, c.Mina, parley.NotifyNewMessage, c.Free, second)
	for _, tc := range []struct{ upTo, marked, left int64 }{{c.Free.First, 1, 2}, {c.Free.First, 0, 2}, {0, 1, 1}, {0, 0, 1}} {
		marked := Write(t, c.Store, func(tx *store.Tx) (int64, error) { return tx.ReadThread(c.Finn, c.Free.ID, tc.upTo) })
		if left := c.unread(t, c.Finn); marked != tc.marked || left != tc.left {
			t.Errorf("up to %d: %d marked, %d left; want %d, %d", tc.upTo, marked, left, tc.marked, tc.left)
		}
	}
	if got := c.unread(t, c.Mina); got != 1 {
		t.Errorf("Mina has %d unread, want 1", got)
	}
}

func ownNotifications(t *testing.T, open Open) {
	c := community(t, open)
	for _, v := range []parley.Viewer{c.Finn, c.Mina} {
		c.Notify(t, v, parley.NotifyMention, c.Free, c.Free.First)
		c.Notify(t, v, parley.NotifyMention, c.Sub, c.Sub.First)
	}
	theirs, others := c.notificationIDs(t, c.Finn), c.notificationIDs(t, c.Mina)
	read := func(id int64) int64 {
		return Write(t, c.Store, func(tx *store.Tx) (int64, error) { return tx.ReadNotification(c.Finn, id) })
	}
	remove := func(id int64) bool {
		return Write(t, c.Store, func(tx *store.Tx) (bool, error) { return tx.DeleteNotification(c.Finn.ID, id) })
	}
	if read(others[0]) != 0 || remove(others[0]) || c.unread(t, c.Mina) != 2 || len(c.notificationIDs(t, c.Mina)) != 2 {
		t.Error("Finn changed Mina's")
	}
	Read(t, c.Store, func(s *store.Snapshot) (bool, error) {
		_, found, err := s.Notification(c.Finn, others[0])
		if found {
			t.Error("Finn sees Mina's")
		}
		return found, err
	})
	if read(theirs[0]) != 1 || read(theirs[0]) != 0 || c.unread(t, c.Finn) != 1 {
		t.Error("reading one: want once, and one left")
	}
	if !remove(theirs[0]) || remove(theirs[0]) || len(c.notificationIDs(t, c.Finn)) != 1 {
		t.Error("deleting one: want once, and one left")
	}
	if read(0) != 1 || c.unread(t, c.Finn) != 0 || c.unread(t, c.Mina) != 2 {
		t.Error("reading all: want none left of Finn's, and Mina's as they were")
	}
}

func readVisible(t *testing.T, open Open) {
	c := community(t, open)
	gone := c.Post(t, c.Ada, c.Free, "gone")
	c.Notify(t, c.Mina, parley.NotifyMention, c.Free, c.Free.First)
	c.Notify(t, c.Mina, parley.NotifyMention, c.Free, gone)
	c.Notify(t, c.Mina, parley.NotifyMention, c.Paid, c.Paid.First)
	c.Notify(t, c.Mina, parley.NotifyMention, c.Private, c.Private.First)
	c.Delete(t, gone)
	poor, promoted := c.Mina, c.Mina
	poor.AmountCents, promoted.Role = 0, parley.RoleTeam
	for _, tc := range []struct {
		name   string
		v      parley.Viewer
		marked int64
	}{{"Mina without her tier", poor, 1}, {"Mina with it", c.Mina, 1}, {"Mina of the team", promoted, 1}, {"once more", promoted, 0}} {
		if got := Write(t, c.Store, func(tx *store.Tx) (int64, error) { return tx.ReadNotification(tc.v, 0) }); got != tc.marked {
			t.Errorf("%s: %d marked, want %d", tc.name, got, tc.marked)
		}
	}
}

func notificationsWithdrawn(t *testing.T, open Open) {
	c := community(t, open)
	id := c.Post(t, c.Ada, c.Free, "@Finn @Mina")
	c.Notify(t, c.Finn, parley.NotifyMention, c.Free, id)
	c.Notify(t, c.Mina, parley.NotifyMention, c.Free, id)
	c.Notify(t, c.Tomas, parley.NotifyNewMessage, c.Free, id)
	Update(t, c.Store, func(tx *store.Tx) error { _, err := tx.ReadThread(c.Tomas, c.Free.ID, 0); return err })
	gone := c.Delete(t, id)
	users := Write(t, c.Store, func(tx *store.Tx) ([]int64, error) { return tx.NotifiedOf(gone) })
	if diff := cmp.Diff([]int64{c.Mina.ID, c.Finn.ID}, users); diff != "" {
		t.Errorf("with unread ones of it (-want +got):\n%s", diff)
	}
	for _, v := range []parley.Viewer{c.Finn, c.Tomas} {
		if got := c.notificationIDs(t, v); len(got) != 0 || c.unread(t, v) != 0 {
			t.Errorf("%d still has %v", v.ID, got)
		}
	}
}

func countVersions(t *testing.T, open Open) {
	c := community(t, open)
	version := func(v parley.Viewer) int64 {
		return Read(t, c.Store, func(s *store.Snapshot) (store.CountVersion, error) { return s.CountVersion(v.ID) }).Sum()
	}
	id := c.Post(t, c.Ada, c.Free, "@Finn")
	for _, tc := range []struct {
		name     string
		change   func(*store.Tx) error
		advances bool
	}{
		{"a notification", func(tx *store.Tx) error {
			_, err := tx.Notify(store.NewNotification{UserID: c.Finn.ID, Kind: "mention", SenderID: c.Ada.ID, ThreadID: c.Free.ID, MessageID: id})
			return err
		}, true},
		{"the same again", func(tx *store.Tx) error {
			_, err := tx.Notify(store.NewNotification{UserID: c.Finn.ID, Kind: "mention", SenderID: c.Ada.ID, ThreadID: c.Free.ID, MessageID: id})
			return err
		}, false},
		{"its withdrawal", func(tx *store.Tx) error { _, err := tx.NotifiedOf([]int64{id}); return err }, true},
		{"reading it", func(tx *store.Tx) error { _, err := tx.ReadThread(c.Finn, c.Free.ID, 0); return err }, true},
		{"reading nothing", func(tx *store.Tx) error { _, err := tx.ReadNotification(c.Finn, 0); return err }, false},
		{"somebody else's", func(tx *store.Tx) error {
			_, err := tx.Notify(store.NewNotification{UserID: c.Mina.ID, Kind: "mention", SenderID: c.Ada.ID, ThreadID: c.Free.ID, MessageID: id})
			return err
		}, false},
		{"a thread's access", func(tx *store.Tx) error { tx.Append(parley.ThreadRightsChanged{ThreadID: c.Free.ID}); return nil }, true},
		{"a thread's deletion", func(tx *store.Tx) error { tx.Append(parley.ThreadDeleted{ThreadID: c.Free.ID}); return nil }, true},
	} {
		before := version(c.Finn)
		Update(t, c.Store, tc.change)
		if after := version(c.Finn); after < before || (after > before) != tc.advances {
			t.Errorf("%s: from %d to %d, want it to advance: %v", tc.name, before, after, tc.advances)
		}
	}
}

func deletedStaysDeleted(t *testing.T, open Open) {
	c := community(t, open)
	c.Notify(t, c.Finn, parley.NotifyMention, c.Free, c.Free.First)
	id := c.notificationIDs(t, c.Finn)[0]
	Update(t, c.Store, func(tx *store.Tx) error { _, err := tx.DeleteNotification(c.Finn.ID, id); return err })
	if c.Notify(t, c.Finn, parley.NotifyMention, c.Free, c.Free.First) || c.unread(t, c.Finn) != 0 {
		t.Error("the message notified again")
	}
	count := Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.CountNotifications(c.Finn) })
	if count != 0 {
		t.Errorf("%d are counted", count)
	}
}

func unreadIn(t *testing.T, open Open) {
	c := community(t, open)
	c.Clock.Pass(time.Second)
	c.Notify(t, c.Mina, parley.NotifyMention, c.Free, c.Free.First)
	c.Notify(t, c.Mina, parley.NotifyMention, c.Sub, c.Sub.First)
	c.Notify(t, c.Finn, parley.NotifyMention, c.Sub, c.Sub.First)
	c.Notify(t, c.Tomas, parley.NotifyMention, c.Paid, c.Paid.First)
	got := Read(t, c.Store, func(s *store.Snapshot) ([]int64, error) { return s.UnreadersOf([]int64{c.Free.ID, c.Sub.ID}) })
	if diff := cmp.Diff([]int64{c.Mina.ID, c.Finn.ID}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
