package live_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/app"
	"parley/internal/live"
	"parley/realtime"
)

// active reads on until it is told which threads are active, the latest first, and
// how many messages each has.
func (s *socket) active(want ...[2]int64) {
	s.t.Helper()
	f := s.until("thread_activity")
	text, err := json.Marshal(f)
	if err != nil {
		s.t.Fatal(err)
	}
	var got parley.ThreadActivityFrame
	if err := json.Unmarshal(text, &got); err != nil {
		s.t.Fatal(err)
	}
	var threads [][2]int64
	for _, thread := range got.Threads {
		if time.Since(thread.LastMessageAt.Std()).Abs() > time.Minute {
			s.t.Errorf("last message at %v", thread.LastMessageAt)
		}
		threads = append(threads, [2]int64{thread.ThreadID, thread.MessageCount})
	}
	if diff := cmp.Diff(want, threads); diff != "" {
		s.t.Errorf("active threads with their counts (-want +got):\n%s", diff)
	}
	if f["event_id"] != nil {
		s.t.Errorf("%v claims to be an event", f)
	}
}

func TestEverybodyHearsOfActivityInTheThreadsTheyCanAccess(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		open, paid := f.workshop(), f.starts(app.NewThread{Title: "Plans", TierID: f.supporters})
		private := f.starts(app.NewThread{Title: "Staff", Private: true})
		elsewhere := f.finn.arrives(open)
		f.live.TellState(t.Context()) // there are three new threads
		elsewhere.told(open, 1)
		ada, tomas, mina, finn := f.ada.opens(globalPath), f.tomas.opens(globalPath), f.mina.opens(globalPath), f.finn.opens(globalPath)

		f.ada.posts(open, "one")
		f.ada.posts(paid, "two")
		f.ada.posts(private, "three")
		f.ada.posts(open, "four")
		f.live.TellState(t.Context())
		for _, staff := range []*socket{ada, tomas} {
			staff.active([2]int64{open, 3}, [2]int64{private, 2}, [2]int64{paid, 2})
		}
		mina.active([2]int64{open, 3}, [2]int64{paid, 2})
		finn.active([2]int64{open, 3})
		elsewhere.expect("new_message")
		elsewhere.expect("new_message")
		for _, s := range []*socket{ada, tomas, mina, finn, elsewhere} {
			s.settled() // all in one frame, and none for a thread's socket
		}

		f.ada.posts(paid, "five")
		f.live.TellState(t.Context())
		mina.active([2]int64{paid, 3})
		finn.settled()
	})
}

func TestDeletedMessagesAreActivityAndOtherChangesAreNot(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		id := f.ada.posts(thread, "one")
		f.live.TellState(t.Context())
		finn := f.finn.opens(globalPath)

		_, err := f.app.Like(t.Context(), f.mina.viewer(), id)
		must(f, err)
		f.live.TellState(t.Context())
		finn.settled()

		_, err = f.app.DeleteMessage(t.Context(), f.ada.viewer(), id)
		must(f, err)
		f.live.TellState(t.Context())
		finn.active([2]int64{thread, 1})
	})
}

func TestWhatAnotherProcessWritesIsActivityToo(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind, unpublished: true})
		thread := f.workshop()
		f.live.TellState(t.Context())
		finn := f.finn.knocks(globalPath)
		for finn.next().kind() != "forum_notification_count" {
		}
		f.ada.posts(thread, "from the command line")
		f.live.TellState(t.Context())
		finn.until("thread_activity")
	})
}

// TestNobodyHearsOfActivityAfterALoss has nobody tell the hub that Mina pays no
// more: it has to find out before it tells what was written since.
func TestNobodyHearsOfActivityAfterALoss(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind, unpublished: true, hub: realtime.Config{Follow: time.Hour}})
		open, paid := f.workshop(), f.starts(app.NewThread{Title: "Plans", TierID: f.supporters})
		f.live.TellState(t.Context())
		mina, finn := f.mina.opens(globalPath), f.finn.opens(globalPath)
		must(f, f.hub.Sync(t.Context())) // a new channel is read once: before what follows
		f.mina.pays(0)
		f.finn.pays(500)
		f.ada.posts(paid, "for those who pay")
		f.ada.posts(open, "for all")
		f.live.TellState(t.Context())
		mina.active([2]int64{open, 2})
		finn.active([2]int64{open, 2}, [2]int64{paid, 2})
	})
}

func TestNobodyHearsOfActivityInAThreadThatWasClosedOrDeletedSince(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind, unpublished: true, hub: realtime.Config{Follow: time.Hour}})
		closed, deleted := f.workshop(), f.workshop()
		f.live.TellState(t.Context())
		ada, finn := f.ada.opens(globalPath), f.finn.opens(globalPath)
		must(f, f.hub.Sync(t.Context())) // a new channel is read once: before what follows
		f.ada.posts(closed, "for all")
		f.ada.posts(deleted, "for all")
		f.changes(closed, app.ThreadPatch{Private: ptr(true)})
		_, err := f.app.DeleteThread(t.Context(), f.ada.viewer(), deleted)
		must(f, err)
		f.live.TellState(t.Context())
		ada.active([2]int64{closed, 2})
		finn.settled()
	})
}

func TestActivityIsToldByItself(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind, live: live.Config{Limits: live.Limits{StatePause: 10 * time.Millisecond}}})
		thread := f.workshop()
		finn := f.finn.opens(globalPath)
		f.ada.posts(thread, "one")
		finn.until("thread_activity")
	})
}
