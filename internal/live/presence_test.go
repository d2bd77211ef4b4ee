package live_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/app"
	"parley/internal/live"
)

// told reads how many people watch a thread, which must be all that came.
func (s *socket) told(thread, viewers int64) {
	s.t.Helper()
	want := frame{"type": "presence", "thread_id": float64(thread), "viewers": float64(viewers)}
	if diff := cmp.Diff(want, s.next()); diff != "" {
		s.t.Fatal(diff)
	}
}

// arrives opens a thread's socket and waits until it counts.
func (p *person) arrives(thread int64) *socket {
	p.f.t.Helper()
	_, before := p.f.live.Untold(thread)
	s := p.watches(thread)
	p.f.await("the socket counts", func() bool {
		_, came := p.f.live.Untold(thread)
		return came > before
	})
	return s
}

// awaitLeave waits until somebody has left a thread.
func (f *forum) awaitLeave(thread int64) {
	f.t.Helper()
	f.await("somebody has left", func() bool {
		changed, _ := f.live.Untold(thread)
		return changed
	})
}

func TestPresenceCountsPeopleNotSockets(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread, elsewhere := f.workshop(), f.workshop()
		mina, other := f.mina.arrives(thread), f.tomas.arrives(elsewhere)
		f.live.TellState(t.Context())
		mina.told(thread, 1)
		other.told(elsewhere, 1)

		finn := f.finn.arrives(thread)
		f.live.TellState(t.Context())
		mina.told(thread, 2)
		finn.told(thread, 2)

		tab := f.mina.arrives(thread)
		f.live.TellState(t.Context())
		tab.told(thread, 2) // it does not know yet; the others do
		for _, s := range []*socket{mina, finn, other} {
			s.settled()
		}
	})
}

func TestPresenceTellsWhoeverStaysThatSomebodyLeft(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		mina, tab, finn := f.mina.arrives(thread), f.mina.arrives(thread), f.finn.arrives(thread)
		f.live.TellState(t.Context())
		for _, s := range []*socket{mina, tab, finn} {
			s.told(thread, 2)
		}
		tab.leaves()
		f.awaitLeave(thread)
		f.live.TellState(t.Context())
		mina.settled() // Mina is still there
		mina.leaves()
		f.awaitLeave(thread)
		f.live.TellState(t.Context())
		finn.told(thread, 1)
	})
}

func TestWhoLosesTheirRightIsPresentNoMore(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		mina, finn := f.mina.arrives(thread), f.finn.arrives(thread)
		f.live.TellState(t.Context())
		mina.told(thread, 2)
		finn.told(thread, 2)
		must(f, f.app.Deactivate(t.Context(), "Finn"))
		finn.endsWith(1008, "User deactivated")
		f.awaitLeave(thread)
		f.live.TellState(t.Context())
		mina.told(thread, 1)
	})
}

func TestComingBackBeforeAnybodyNoticedIsNoNews(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		mina, finn := f.mina.arrives(thread), f.finn.arrives(thread)
		f.live.TellState(t.Context())
		mina.told(thread, 2)
		finn.leaves()
		f.awaitLeave(thread)
		back := f.finn.arrives(thread)
		f.live.TellState(t.Context())
		back.told(thread, 2)
		mina.settled()
	})
}

func TestNobodyIsPresentOnTheGlobalSocketOrRefused(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		f.live.TellState(t.Context()) // there is a new thread
		global := f.mina.opens(globalPath)
		f.dial(threadPath(thread), http.Header{}).endsWith(1008, "No authentication")
		finn := f.finn.arrives(thread)
		f.live.TellState(t.Context())
		finn.told(thread, 1)
		global.settled()
	})
}

func TestPresenceIsToldByItself(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind, live: live.Config{Limits: live.Limits{StatePause: 10 * time.Millisecond}}})
		thread := f.workshop()
		mina := f.mina.watches(thread)
		mina.told(thread, 1)
		f.finn.watches(thread)
		mina.told(thread, 2)
	})
}

func TestWhoDoesNotWantToBeSeenIsNotCounted(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		no := false
		if _, err := f.app.UpdateSettings(t.Context(), f.finn.viewer(), app.SettingsPatch{ShowOnline: &no}); err != nil {
			t.Fatal(err)
		}
		mina := f.mina.arrives(thread)
		finn := f.finn.arrives(thread)
		f.live.TellState(t.Context())
		mina.told(thread, 1)
		finn.told(thread, 1)
	})
}
