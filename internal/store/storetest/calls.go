package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parley"
	"parley/internal/store"
)

var callTests = map[string]func(*testing.T, Open){
	"a call is what a notification of each member would be": callsAsNotifications,
	"calls and notifications share their ids and pages":     callPages,
	"what many have not read is what each has not read":     unreadOfMany,
	"the newest hundred count as unread":                    unreadCallsBounded,
	"the oldest calls go, and what was kept for them":       oldCallsGo,
	"a call goes to whom it reached and no others":          callExceptions,
}

// Call has somebody mention everyone in a new message, one second after what came
// before, and returns the message.
func (c *Community) Call(t testing.TB, author parley.Viewer, thread ThreadRef) (messageID int64) {
	t.Helper()
	messageID = c.Post(t, author, thread, "@everyone")
	c.callBy(t, author, thread, messageID, false)
	return messageID
}

func (c *Community) callBy(t testing.TB, author parley.Viewer, thread ThreadRef, messageID int64, late bool) []store.Logged {
	t.Helper()
	return Update(t, c.Store, func(tx *store.Tx) error {
		state, _, err := tx.ThreadState(thread.ID)
		if err != nil {
			return err
		}
		return tx.AddCall(state, author.ID, messageID, late)
	})
}

func callPages(t *testing.T, open Open) {
	c := community(t, open)
	var want []int64 // messages, the newest first
	for i := range 9 {
		var message int64
		if i%3 == 1 {
			message = c.Call(t, c.Ada, c.Free)
		} else {
			message = c.Post(t, c.Ada, c.Free, "@Mina")
			c.Notify(t, c.Mina, parley.NotifyMention, c.Free, message)
		}
		want = append([]int64{message}, want...)
	}
	page := func(before int64, limit, offset int) (ids, messages []int64) {
		facts := Read(t, c.Store, func(s *store.Snapshot) ([]parley.NotificationFacts, error) {
			return s.Notifications(c.Mina, before, limit, offset)
		})
		for _, f := range facts {
			ids, messages = append(ids, f.ID), append(messages, f.MessageID)
		}
		return ids, messages
	}
	ids, messages := page(0, 100, 0)
	if diff := cmp.Diff(want, messages); diff != "" {
		t.Fatalf("all (-want +got):\n%s", diff)
	}
	for offset := range 10 {
		for limit := 1; limit <= 4; limit++ {
			_, got := page(0, limit, offset)
			if diff := cmp.Diff(want[min(offset, 9):min(offset+limit, 9)], got, cmp.Transformer("", noNil)); diff != "" {
				t.Errorf("%d after %d (-want +got):\n%s", limit, offset, diff)
			}
			if offset > 0 {
				_, got = page(ids[offset-1], limit, 0)
				if diff := cmp.Diff(want[offset:min(offset+limit, 9)], got, cmp.Transformer("", noNil)); diff != "" {
					t.Errorf("%d before number %d (-want +got):\n%s", limit, offset, diff)
				}
			}
		}
	}
	for i, id := range ids {
		one := Found(t, c.Store, func(s *store.Snapshot) (parley.NotificationFacts, bool, error) { return s.Notification(c.Mina, id) })
		if one.MessageID != want[i] || one.Kind != parley.NotifyMention || one.Sender.Username != "Ada" || one.ThreadTitle != "Welcome" || one.IsRead {
			t.Errorf("number %d alone: %+v", i, one)
		}
	}
}

func noNil(ids []int64) string { return fmt.Sprint(ids) }

func unreadOfMany(t *testing.T, open Open) {
	c := community(t, open)
	Update(t, c.Store, func(tx *store.Tx) error { return tx.SetActive(c.Tomas.ID, false) })
	c.Tomas.Active = false
	for i, thread := range []ThreadRef{c.Free, c.Paid, c.Private, c.Sub} {
		c.Call(t, c.Ada, thread)
		for _, v := range []parley.Viewer{c.Tomas, c.Mina, c.Finn}[i%3:] {
			c.Notify(t, v, parley.NotifyMention, thread, thread.First)
		}
	}
	Update(t, c.Store, func(tx *store.Tx) error { _, err := tx.ReadThread(c.Finn, c.Sub.ID, 0); return err })
	people := []parley.Viewer{c.Ada, c.Tomas, c.Mina, c.Finn}
	threads := []int64{c.Free.ID, c.Paid.ID}
	ids := []int64{c.Ada.ID, c.Tomas.ID, c.Mina.ID, c.Finn.ID}
	want := Read(t, c.Store, func(s *store.Snapshot) (map[int64]store.Unread, error) { return unreadOfEach(s, people, threads) })
	got := Read(t, c.Store, func(s *store.Snapshot) (map[int64]store.Unread, error) { return s.UnreadOf(ids, threads, nil) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-each +all at once):\n%s", diff)
	}
}

// unreadOfEach is store.Snapshot.UnreadOf, asking for one after the other.
func unreadOfEach(s *store.Snapshot, people []parley.Viewer, threads []int64) (map[int64]store.Unread, error) {
	unread := map[int64]store.Unread{}
	for _, v := range people {
		u := store.Unread{Threads: map[int64]int64{}}
		var err error
		if u.Version, err = s.CountVersion(v.ID); err != nil {
			return nil, err
		}
		if u.Total, err = s.UnreadNotifications(v, 0); err != nil {
			return nil, err
		}
		for _, id := range threads {
			n, err := s.UnreadNotifications(v, id)
			if err != nil {
				return nil, err
			}
			t, found, err := s.ThreadState(id)
			if err != nil {
				return nil, err
			}
			if now, _, err := s.Viewer(v.ID); err != nil {
				return nil, err
			} else if found && t.Access.Admits(now) {
				u.Threads[id] = n
			}
		}
		unread[v.ID] = u
	}
	return unread, nil
}

func unreadCallsBounded(t *testing.T, open Open) {
	c := community(t, open)
	for range parley.MaxUnreadCalls + 50 {
		c.Call(t, c.Ada, c.Free)
	}
	count := func() int64 {
		return Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.UnreadNotifications(c.Finn, 0) })
	}
	inThread := Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.UnreadNotifications(c.Finn, c.Free.ID) })
	if got := count(); got != parley.MaxUnreadCalls || inThread != got {
		t.Errorf("%d are unread, %d in the thread; want %d", got, inThread, parley.MaxUnreadCalls)
	}
	marked := Write(t, c.Store, func(tx *store.Tx) (int64, error) { return tx.ReadNotification(c.Finn, 0) })
	if left := count(); marked != parley.MaxUnreadCalls+50 || left != 0 {
		t.Errorf("%d were marked, %d are left; want all", marked, left)
	}
}

func oldCallsGo(t *testing.T, open Open) {
	c := community(t, open)
	first := c.Call(t, c.Ada, c.Free)
	callID := c.notificationIDs(t, c.Finn)[0]
	Update(t, c.Store, func(tx *store.Tx) error { _, err := tx.DeleteNotification(c.Finn.ID, callID); return err })
	Update(t, c.Store, func(tx *store.Tx) error {
		if err := tx.Mute(c.Free.ID, c.Mina.ID, 0); err != nil {
			return err
		}
		return tx.SetRights(c.Finn.ID, parley.RoleTeam, parley.Membership{})
	})
	c.Finn.Role = parley.RoleTeam
	c.Clock.Pass(time.Second)
	Update(t, c.Store, func(tx *store.Tx) error { return tx.Unmute(c.Free.ID, c.Mina.ID) })
	c.Clock.Pass(time.Second)
	Update(t, c.Store, func(tx *store.Tx) error { // a thousand calls, quickly
		for range 1000 {
			id, err := tx.InsertMessage(c.Free.ID, c.Ada.ID, 0, Text("@everyone"))
			if err != nil {
				return err
			}
			if err := tx.AddCall(store.ThreadState{ID: c.Free.ID}, c.Ada.ID, id, false); err != nil {
				return err
			}
		}
		return nil
	})
	c.Clock.Pass(time.Second)
	if more := Write(t, c.Store, func(tx *store.Tx) (bool, error) { return tx.PruneCalls() }); more {
		t.Error("there is more to prune")
	}
	Read(t, c.Store, func(s *store.Snapshot) (bool, error) {
		_, found, err := s.CallOf(first)
		if found || err != nil {
			t.Error("the first call is still there", err)
		}
		l, err := s.Listeners([]int64{c.Mina.ID, c.Finn.ID}, 0)
		if len(l[c.Mina.ID].Deaf)+len(l[c.Finn.ID].Past)+len(l[c.Finn.ID].Marks) != 0 {
			t.Errorf("kept are %+v and %+v", l[c.Mina.ID], l[c.Finn.ID])
		}
		return found, err
	})
	if n := Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.CountNotifications(c.Finn) }); n != 1000 {
		t.Errorf("Finn has %d, want 1000", n)
	}
}

func callExceptions(t *testing.T, open Open) {
	c := community(t, open)
	deaf := Write(t, c.Store, func(tx *store.Tx) (parley.Viewer, error) {
		return AddPerson(tx, "Dora", parley.RoleMember, parley.Membership{})
	})
	Update(t, c.Store, func(tx *store.Tx) error { return tx.Mute(c.Free.ID, deaf.ID, 0) })
	message := c.Call(t, c.Ada, c.Free)
	Update(t, c.Store, func(tx *store.Tx) error { return tx.SetRights(c.Mina.ID, parley.RoleMember, parley.Membership{}) })
	call := Found(t, c.Store, func(s *store.Snapshot) (parley.Call, bool, error) { return s.CallOf(message) })
	got := Read(t, c.Store, func(s *store.Snapshot) (map[int64]bool, error) { return s.Exceptions(call) })
	if diff := cmp.Diff(map[int64]bool{c.Ada.ID: false, deaf.ID: false, c.Mina.ID: true}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, v := range []parley.Viewer{c.Ada, c.Tomas, c.Mina, c.Finn, deaf} {
		reached := Read(t, c.Store, func(s *store.Snapshot) (bool, error) { return s.Reached(message, v.ID) })
		if want := v != c.Ada && v != deaf; reached != want {
			t.Errorf("%d is reached: %v, want %v", v.ID, reached, want)
		}
	}
}

// callsAsNotifications lets random things happen, and compares what members have
// with what they would have if each call wrote a notification for each of them.
func callsAsNotifications(t *testing.T, open Open) {
	c := community(t, open)
	everybody := newRowPerMember(t, c)
	histories := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 1<<20), 4, 4), 28, 28)
	for seed := range 20 {
		m := everybody.begin()
		for i, step := range histories.Example(seed) {
			m.step(step[0], step[1], step[2], step[3])
			if i%7 != 6 { // looking costs more than doing
				continue
			}
			if diff := m.check(); diff != "" {
				t.Fatalf("history %d, after %v:\n%s", seed, m.told, diff)
			}
		}
	}
}
