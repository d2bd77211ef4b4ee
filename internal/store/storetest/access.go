package storetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

var accessTests = map[string]func(*testing.T, Open){
	"every list, count and notification shows exactly what Access admits": accessEverywhere,
	"a sub-thread is never more open than its parent is now":              subThreadsNarrow,
	"a mention of many counts those who may see the thread":               countMentioned,
}

// guarded is a thread with what it asks of its readers, by the domain's rules.
type guarded struct {
	ThreadRef
	access parley.Access
	kind   parley.ThreadType
}

// accesses are those that could make a difference for somebody.
var accesses = []parley.Access{{}, {MinTierCents: 500}, {MinTierCents: 501}, {Private: true}, {Private: true, MinTierCents: 500}}

// everyAccess adds main threads of every access, and to each a sub-thread of
// every access; in each of them everybody is notified of its first message.
func (c *Community) everyAccess(t *testing.T) (threads []guarded) {
	t.Helper()
	Update(t, c.Store, func(tx *store.Tx) error {
		threads = []guarded{
			{c.Free, parley.Access{}, parley.MainThread},
			{c.Paid, parley.Access{MinTierCents: 500}, parley.MainThread},
			{c.Private, parley.Access{Private: true}, parley.MainThread},
			{c.Sub, parley.Access{}, parley.SubThread},
		}
		for _, own := range accesses {
			main, err := StartThread(tx, store.NewThread{Title: "main", AuthorID: c.Ada.ID, Access: own})
			if err != nil {
				return err
			}
			threads = append(threads, guarded{main, own, parley.MainThread})
			for _, narrower := range accesses {
				sub, err := StartThread(tx, store.NewThread{
					Title: "sub", AuthorID: c.Ada.ID, Access: narrower, ParentThreadID: main.ID, ParentMessageID: main.First,
				})
				if err != nil {
					return err
				}
				threads = append(threads, guarded{sub, narrower.Within(own), parley.SubThread})
			}
		}
		return c.notifyEverybody(tx, threads)
	})
	return threads
}

func (c *Community) notifyEverybody(tx *store.Tx, threads []guarded) error {
	for _, thread := range threads {
		for _, v := range []parley.Viewer{c.Tomas, c.Mina, c.Finn, c.Ada} {
			_, err := tx.Notify(store.NewNotification{
				UserID: v.ID, Kind: parley.NotifyMention, SenderID: c.Ada.ID, ThreadID: thread.ID, MessageID: thread.First,
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func accessEverywhere(t *testing.T, open Open) {
	c := community(t, open)
	threads := c.everyAccess(t)
	for _, v := range c.People() {
		t.Run(fmt.Sprintf("%s %d active %v", v.Role, v.AmountCents, v.Active), func(t *testing.T) {
			visible := map[int64]bool{}
			for _, thread := range threads {
				if thread.access.Admits(v) {
					visible[thread.ID] = true
				}
			}
			listed, notified := c.surfaces(t, v)
			if diff := cmp.Diff(visible, listed); diff != "" {
				t.Errorf("threads in the list (-admitted +listed):\n%s", diff)
			}
			if diff := cmp.Diff(visible, notified); diff != "" {
				t.Errorf("threads of notifications (-admitted +shown):\n%s", diff)
			}
			for _, thread := range threads {
				c.checkThread(t, v, thread)
			}
		})
	}
}

// surfaces returns the threads that v's lists show.
func (c *Community) surfaces(t *testing.T, v parley.Viewer) (listed, notified map[int64]bool) {
	t.Helper()
	listed, notified = map[int64]bool{}, map[int64]bool{}
	Read(t, c.Store, func(s *store.Snapshot) (bool, error) {
		threads, err := s.Threads(v, store.ThreadFilter{Limit: 1000})
		if err != nil {
			return false, err
		}
		for _, thread := range threads {
			listed[thread.ID] = thread.CanAccess
		}
		notifications, err := s.Notifications(v, 0, 1000, 0)
		if err != nil {
			return false, err
		}
		for _, n := range notifications {
			notified[n.ThreadID] = true
		}
		all, err := s.CountNotifications(v)
		if err != nil {
			return false, err
		}
		unread, err := s.UnreadNotifications(v, 0)
		if want := int64(len(notifications)); all != want || unread != want {
			t.Errorf("%d notifications and %d unread are counted, %d listed", all, unread, want)
		}
		return true, err
	})
	return listed, notified
}

// checkThread compares what one thread tells v with what its access says.
func (c *Community) checkThread(t *testing.T, v parley.Viewer, thread guarded) {
	t.Helper()
	admitted := thread.access.Admits(v)
	state := Found(t, c.Store, func(s *store.Snapshot) (store.ThreadState, bool, error) { return s.ThreadState(thread.ID) })
	if state.Access != thread.access {
		t.Errorf("thread %d asks for %+v, want %+v", thread.ID, state.Access, thread.access)
	}
	shown := Found(t, c.Store, func(s *store.Snapshot) (parley.Thread, bool, error) { return s.Thread(v, thread.ID) })
	if shown.CanAccess != admitted || shown.IsPrivate != thread.access.Private || shown.MinTierCents != thread.access.MinTierCents {
		t.Errorf("thread %d shows can_access %v, private %v, %d cents; want %v, %+v",
			thread.ID, shown.CanAccess, shown.IsPrivate, shown.MinTierCents, admitted, thread.access)
	}
	if manages := admitted && parley.CanManageThread(v, thread.kind, c.authorOf(thread)); shown.CanManage != manages || shown.CanDelete != manages {
		t.Errorf("thread %d: can_manage %v, can_delete %v, want %v", thread.ID, shown.CanManage, shown.CanDelete, manages)
	}
	unread := Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.UnreadNotifications(v, thread.ID) })
	if (unread == 1) != admitted {
		t.Errorf("thread %d: %d unread notifications, admitted %v", thread.ID, unread, admitted)
	}
	subs := Read(t, c.Store, func(s *store.Snapshot) ([]parley.Thread, error) {
		return s.Threads(v, store.ThreadFilter{Source: thread.First, Limit: 100})
	})
	count := Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.CountSubThreads(v, thread.First) })
	if count != int64(len(subs)) {
		t.Errorf("message %d: %d sub-threads counted, %d listed", thread.First, count, len(subs))
	}
}

func (c *Community) authorOf(thread guarded) int64 {
	if thread.ThreadRef == c.Sub {
		return c.Mina.ID
	}
	return c.Ada.ID
}

func subThreadsNarrow(t *testing.T, open Open) {
	c := community(t, open)
	for _, parent := range accesses {
		Update(t, c.Store, func(tx *store.Tx) error {
			state, _, err := tx.ThreadState(c.Free.ID)
			if err != nil {
				return err
			}
			state.Own = parent
			return tx.SetThread(state)
		})
		subs := Read(t, c.Store, func(s *store.Snapshot) ([]store.ThreadState, error) { return s.SubThreadStates(c.Free.ID) })
		if len(subs) != 1 || subs[0].ID != c.Sub.ID || subs[0].Access != parent || subs[0].Own != (parley.Access{}) {
			t.Errorf("within %+v: %+v", parent, subs)
		}
	}
}

func countMentioned(t *testing.T, open Open) {
	c := community(t, open)
	Update(t, c.Store, func(tx *store.Tx) error { return tx.SetActive(c.Finn.ID, false) })
	c.Finn.Active = false
	for _, access := range accesses {
		for _, special := range []parley.SpecialMention{parley.MentionEveryone, parley.MentionTeam, parley.MentionCreator} {
			var want int64
			for _, v := range []parley.Viewer{c.Tomas, c.Mina, c.Finn} {
				if special.Means(v.Role) && access.Admits(v) {
					want++
				}
			}
			got := Read(t, c.Store, func(s *store.Snapshot) (int64, error) {
				if special == parley.MentionEveryone {
					return s.CountCalled(store.ThreadState{ID: c.Free.ID, Access: access}, c.Ada.ID)
				}
				return s.CountMentioned(special, c.Free.ID, c.Ada.ID)
			})
			if got != want {
				t.Errorf("@%s in %+v by Ada means %d, want %d", special, access, got, want)
			}
		}
	}
}
