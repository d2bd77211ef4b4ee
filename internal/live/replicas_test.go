package live_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/app"
	"parley/internal/live"
	"parley/realtime"
)

// openTwo makes a forum with two servers, which hear of each other over a bus alone:
// neither looks at the log by itself.
func openTwo(t *testing.T, limits live.Limits) (here, there *forum) {
	t.Helper()
	bus := realtime.NewMemoryBus()
	want := func() settings {
		return settings{
			hub:  realtime.Config{Broker: bus.Broker(), Mode: realtime.ModeDual, Follow: time.Hour},
			live: live.Config{Limits: limits},
		}
	}
	here = open(t, want())
	there = here.replica(want())
	for _, f := range []*forum{here, there} {
		f.await("the bus works", func() bool {
			status, _ := f.hub.Bus()
			return !status.Degraded
		})
	}
	return here, there
}

// works does the background work of a forum until the test ends.
func (f *forum) works() {
	ctx, stop := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Go(func() { _ = f.app.Run(ctx) })
	f.t.Cleanup(func() {
		stop()
		working.Wait()
	})
}

func TestEventsReachTheSocketsOfOtherReplicas(t *testing.T) {
	here, there := openTwo(t, live.Limits{})
	thread := here.workshop()
	mina, finn := here.mina.watches(thread), there.finn.watches(thread)
	here.tomas.posts(thread, "Hello.")
	for _, s := range []*socket{mina, finn} {
		if got := s.expect("new_message"); got.object("message").text("content") != "Hello." {
			t.Errorf("got %v", got)
		}
	}
}

func TestWhoIsDeactivatedElsewhereIsClosedHere(t *testing.T) {
	here, there := openTwo(t, live.Limits{})
	s := there.finn.opens(globalPath)
	must(here, here.app.Deactivate(t.Context(), "Finn"))
	s.endsWith(1008, "User deactivated")
}

func TestTypingIsShownOnOtherReplicasAndEndsThereByItself(t *testing.T) {
	here, there := openTwo(t, live.Limits{TypingLapses: 100 * time.Millisecond})
	thread := here.workshop()
	mina, finn := here.mina.watches(thread), there.finn.watches(thread)
	mina.sends(`{"type":"typing","is_typing":true}`)
	for _, is := range []bool{true, false} {
		if got := finn.expect("user_typing"); got["is_typing"] != is || got.text("username") != "Mina" || got.number("thread_id") != thread {
			t.Errorf("got %v", got)
		}
	}
	mina.settled()
}

func TestPresenceIsSummedOverReplicas(t *testing.T) {
	here, there := openTwo(t, live.Limits{StatePause: 10 * time.Millisecond})
	thread := here.workshop()
	mina, finn := here.mina.watches(thread), there.finn.watches(thread)
	for _, s := range []*socket{mina, finn} {
		for got := s.expect("presence"); got.number("viewers") != 2; {
			got = s.expect("presence")
		}
	}
	finn.leaves()
	for got := mina.expect("presence"); got.number("viewers") != 1; {
		got = mina.expect("presence")
	}
}

func TestCountsReachTheSocketsOfOtherReplicas(t *testing.T) {
	here, there := openTwo(t, live.Limits{})
	here.works()
	there.works()
	thread := here.workshop()
	s := there.mina.opens(globalPath)
	here.finn.posts(thread, "Hello @Mina.")
	seen := map[string]frame{}
	for seen["forum_notification"] == nil || seen["forum_notification_count"] == nil || seen["unread_count_updated"] == nil {
		got := s.next()
		seen[got.kind()] = got
	}
	if n := seen["forum_notification_count"].number("count"); n != 1 {
		t.Errorf("%d notifications are counted", n)
	}
	if got := seen["unread_count_updated"]; got.number("thread_id") != thread || got.number("thread_unread_count") != 1 {
		t.Errorf("got %v", got)
	}
	if _, err := here.app.ReadAllNotifications(t.Context(), here.mina.viewer()); err != nil {
		t.Fatal(err)
	}
	if got := s.until("forum_notification_count"); got.number("count") != 0 {
		t.Errorf("got %v", got)
	}
	if got := s.until("unread_count_updated"); got["thread_id"] != nil || got.number("marked_read_count") != 1 {
		t.Errorf("got %v", got)
	}
}

// TestCountsReachTheSocketsOfAReplicaThatHearsNothing has a replica whose bus is well,
// and brings nothing: the other one has none.
func TestCountsReachTheSocketsOfAReplicaThatHearsNothing(t *testing.T) {
	here := open(t, settings{hub: realtime.Config{Follow: 10 * time.Millisecond}})
	there := here.replica(settings{hub: realtime.Config{
		Broker: realtime.NewMemoryBus().Broker(), Mode: realtime.ModeDual, Follow: 10 * time.Millisecond,
	}})
	here.works()
	there.works()
	thread := here.starts(app.NewThread{Title: "Plans", TierID: here.supporters})
	s := there.mina.opens(globalPath)
	counts := func(want int64) frame {
		t.Helper()
		for got := s.until("forum_notification_count"); got.number("count") != want; {
			got = s.until("forum_notification_count")
		}
		return s.until("unread_count_updated")
	}
	here.tomas.posts(thread, "Hello @Mina.")
	if got := counts(1); got.number("thread_id") != thread || got.number("thread_unread_count") != 1 {
		t.Errorf("after a mention: %v", got)
	}
	_, err := here.app.MarkRead(t.Context(), here.mina.viewer(), thread, 0)
	must(here, err)
	if got := counts(0); got.number("thread_id") != thread || got.number("thread_unread_count") != 0 {
		t.Errorf("after reading: %v", got)
	}
	here.tomas.posts(thread, "And again, @Mina.")
	counts(1)
	here.mina.pays(0)
	for got := s.until("forum_notification_count"); got.number("count") != 0; {
		got = s.until("forum_notification_count")
	}
}

// ailing is a broker whose health a test decides.
type ailing struct {
	realtime.Broker
	mu      sync.Mutex
	ok      bool
	changed chan struct{}
}

func (a *ailing) Health() (bool, <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ok, a.changed
}

func (a *ailing) set(ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ok = ok
	close(a.changed)
	a.changed = make(chan struct{})
}

func TestGlobalSocketsAreToldOfTheStateOfTheBus(t *testing.T) {
	bus := &ailing{Broker: realtime.NewMemoryBus().Broker(), ok: true, changed: make(chan struct{})}
	f := open(t, settings{
		hub:  realtime.Config{Broker: bus, Mode: realtime.ModeDual},
		live: live.Config{Limits: live.Limits{StatePause: time.Hour}},
	})
	mina, watching := f.mina.opens(globalPath), f.finn.watches(f.workshop())
	mina.until("new_thread_created")
	bus.set(false)
	if got := mina.until("bus_status"); got.text("state") != "degraded" {
		t.Errorf("got %v", got)
	}
	late := f.finn.opens(globalPath)
	if got := late.expect("bus_status"); got.text("state") != "degraded" {
		t.Errorf("who comes late is told %v", got)
	}
	bus.set(true)
	for _, s := range []*socket{mina, late} {
		if got := s.until("bus_status"); got.text("state") != "ok" {
			t.Errorf("got %v", got)
		}
	}
	watching.settled()
}

// recovering is an ailing broker that recovers while the next one who asks how it is waits
// for the answer: they are told how it was.
type recovering struct {
	*ailing
	meanwhile atomic.Pointer[func()] // returns when all who are there know of it; nil: it stays as it is
}

func (r *recovering) Health() (ok bool, changed <-chan struct{}) {
	ok, changed = r.ailing.Health()
	if meanwhile := r.meanwhile.Swap(nil); meanwhile != nil {
		r.set(true)
		(*meanwhile)()
	}
	return ok, changed
}

// TestWhoIsGreetedWhileTheBusRecoversIsToldSo: they would show for ever that others' events
// are late.
func TestWhoIsGreetedWhileTheBusRecoversIsToldSo(t *testing.T) {
	bus := &recovering{ailing: &ailing{Broker: realtime.NewMemoryBus().Broker(), ok: true, changed: make(chan struct{})}}
	f := open(t, settings{
		hub:  realtime.Config{Broker: bus, Mode: realtime.ModeDual},
		live: live.Config{Limits: live.Limits{StatePause: time.Hour}},
	})
	mina := f.mina.opens(globalPath)
	for _, ok := range []bool{false, true, false} { // then nobody asks but who comes
		bus.set(ok)
		mina.until("bus_status")
	}
	meanwhile := func() { mina.until("bus_status") }
	bus.meanwhile.Store(&meanwhile)
	finn := f.finn.opens(globalPath)
	for _, state := range []string{"degraded", "ok"} {
		if got := finn.until("bus_status"); got.text("state") != state {
			t.Errorf("got %v, want %s", got, state)
		}
	}
}

// TestACallReachesTheSocketsOfOtherReplicas with a bus and, through the log alone,
// without one.
func TestACallReachesTheSocketsOfOtherReplicas(t *testing.T) {
	followed := func() settings { return settings{hub: realtime.Config{Follow: 10 * time.Millisecond}} }
	for name, two := range map[string]func() (here, there *forum){
		"with a bus": func() (here, there *forum) { return openTwo(t, live.Limits{}) },
		"without one": func() (here, there *forum) {
			here = open(t, followed())
			return here, here.replica(followed())
		},
	} {
		t.Run(name, func(t *testing.T) {
			here, there := two()
			here.works()
			there.works()
			thread := here.workshop()
			sockets := []*socket{here.mina.opens(globalPath), there.finn.opens(globalPath)}
			here.tomas.posts(thread, "Hello @everyone.")
			for _, s := range sockets {
				seen := map[string]frame{}
				for seen["forum_notification"] == nil || seen["new_notification"] == nil || seen["unread_count_updated"] == nil || seen["everyone_mention"] == nil {
					got := s.next()
					seen[got.kind()] = got
				}
				if got := seen["unread_count_updated"]; got.number("thread_id") != thread || got.number("thread_unread_count") != 1 || got.number("total_forum_unread") != 1 {
					t.Errorf("got %v", got)
				}
			}
		})
	}
}
