package live_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"parley/internal/app"
)

func TestWhatOneWritesAppearsAtTheOther(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		mina, finn := f.mina.watches(thread), f.finn.watches(thread)
		id := f.mina.posts(thread, "Hello, Finn.")
		for _, s := range []*socket{mina, finn} {
			got := s.expect("new_message")
			if got.number("thread_id") != thread || got.object("message").number("id") != id || got.text("event_id") == "" {
				t.Errorf("got %v", got)
			}
		}
	})
}

func TestASocketThatComesBackGetsWhatItMissedThenWhatIsNew(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		s := f.mina.watches(thread)
		f.ada.posts(thread, "one")
		last := s.expect("new_message").text("event_id")
		s.drops()
		missed := []int64{f.ada.posts(thread, "two"), f.ada.posts(thread, "three")}

		s, greeting := f.mina.resumes(threadPath(thread), last)
		if greeting["recovered"] != true || greeting.text("event_id") != last {
			t.Errorf("greeted with %v", greeting)
		}
		for _, id := range append(missed, f.ada.posts(thread, "four")) {
			if got := s.expect("new_message").object("message").number("id"); got != id {
				t.Errorf("got message %d, want %d", got, id)
			}
		}
		s.settled()
	})
}

func TestTheGlobalSocketResumesToo(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		s := f.mina.knocks(globalPath)
		last := s.expect("connected").text("event_id")
		s.drops()
		f.starts(app.NewThread{Title: "Missed"})
		s, greeting := f.mina.resumes(globalPath, last)
		if greeting["recovered"] != true {
			t.Errorf("greeted with %v", greeting)
		}
		s.expect("forum_notification_count")
		if got := s.expect("new_thread_created").object("thread").text("title"); got != "Missed" {
			t.Errorf("got %q", got)
		}
	})
}

func TestAnEventIDThatMeansNothingHereStartsAnew(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		own := f.store.Generation()
		for _, id := range []string{
			"nonsense", "", own, "another.t1:1", own + ".t2:1", own + ".t1:99", own + ".f:1.u3:0", "../../etc/passwd", "\x00",
		} {
			if _, greeting := f.mina.resumes(threadPath(thread), id); greeting["recovered"] != false {
				t.Errorf("%q: %v", id, greeting)
			}
		}
		for _, id := range []string{own + ".f:0.u4:0", own + ".t1:1"} {
			if _, greeting := f.mina.resumes(globalPath, id); greeting["recovered"] != false {
				t.Errorf("%q: %v", id, greeting)
			}
		}
	})
}

func TestNobodyResumesWhatTheyMayNotSeeNow(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		paid := f.starts(app.NewThread{Title: "Plans", TierID: f.supporters})
		s := f.mina.knocks(threadPath(paid))
		last := s.expect("connected").text("event_id")
		s.drops()
		f.mina.pays(0)
		f.mina.knocks(threadPath(paid)+"?last_event_id="+last).endsWith(1008, "Access denied")
	})
}

func TestTheCountOfAGreetingIsNeverOlderThanTheChangesThatFollow(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		for range 20 {
			changed := make(chan error, 1)
			go func() {
				_, err := f.app.ReadAllNotifications(t.Context(), f.mina.viewer())
				changed <- err
			}()
			s := f.mina.knocks(globalPath)
			s.expect("connected")
			version := s.expect("forum_notification_count").number("count_version")
			must(f, <-changed)
			want, err := f.app.NotificationCount(t.Context(), f.mina.viewer())
			must(f, err)
			for version < want.CountVersion {
				version = s.until("forum_notification_count").number("count_version")
			}
			s.drops()
		}
	})
}

func TestAServerThatGoesAwaySaysSo(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		s := f.mina.opens(globalPath)
		f.stop()
		s.endsWith(1001, "Server is going away")
		f.mina.knocks(globalPath).endsWith(1001, "Server is going away")
	})
}

// TestEveryMessageArrivesOnceInOrderUnderLoad has several people write at once
// while readers lose their connections and come back.
func TestEveryMessageArrivesOnceInOrderUnderLoad(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		const writers, each, readers = 3, 40, 4
		f := open(t, settings{kind: kind})
		thread := f.workshop()

		var reading, writing sync.WaitGroup
		failed := make(chan error, readers)
		got := make([][]int64, readers)
		for i := range readers {
			r := &reader{f: f, path: threadPath(thread), luck: rand.New(rand.NewPCG(1, uint64(i)))}
			r.connect()
			r.last = r.socket.expect("connected").text("event_id")
			reading.Go(func() {
				if err := r.read(writers * each); err != nil {
					failed <- fmt.Errorf("reader %d: %w", i, err)
				}
				got[i] = r.ids
			})
		}
		for range writers {
			writing.Go(func() {
				for i := range each {
					f.ada.posts(thread, fmt.Sprint(i))
				}
			})
		}
		writing.Wait()
		reading.Wait()
		close(failed)
		for err := range failed {
			t.Fatal(err)
		}
		messages, _, err := f.app.Messages(t.Context(), f.ada.viewer(), thread, app.MessageQuery{Limit: 100})
		must(f, err)
		for i, ids := range got {
			if !ordered(ids) || ids[len(ids)-1] != messages[len(messages)-1].ID {
				t.Errorf("reader %d got %v", i, ids)
			}
		}
	})
}

func ordered(ids []int64) bool {
	for i := 1; i < len(ids); i++ {
		if ids[i] <= ids[i-1] {
			return false
		}
	}
	return true
}

// reader reads a thread's messages over a network that breaks now and then.
type reader struct {
	f      *forum
	path   string
	luck   *rand.Rand
	socket *socket
	last   string // event id
	ids    []int64
}

func (r *reader) connect() {
	r.socket = r.f.dial(r.path+"?last_event_id="+r.last, http.Header{"Cookie": {"session_id=" + r.f.mina.token}})
}

// read reads n messages.
func (r *reader) read(n int) error {
	for len(r.ids) < n {
		frame, err := r.socket.read()
		if err != nil {
			return err
		}
		switch frame.kind() {
		case "connected":
			if frame["recovered"] != true || frame.text("event_id") != r.last {
				return fmt.Errorf("came back to %v after %s", frame, r.last)
			}
		case "new_message":
			r.ids = append(r.ids, frame.object("message").number("id"))
		default:
			return fmt.Errorf("got %v", frame)
		}
		r.last = frame.text("event_id")
		if r.luck.IntN(10) == 0 {
			r.socket.drops()
			r.connect()
		}
	}
	return nil
}
