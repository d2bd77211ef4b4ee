package live_test

import (
	"testing"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/realtime"
)

// recognised reports whether Finn would be let in to a thread (0: to the global
// stream) without a look at the database.
func (f *forum) recognised(thread int64, lastEventID string) bool {
	_, known := f.app.Recognise(f.finn.token, thread, lastEventID)
	return known
}

func TestWhoCameJustNowIsRecognisedAsLongAsNoRightsChange(t *testing.T) {
	for name, loss := range losses {
		t.Run(name, func(t *testing.T) {
			f := open(t, settings{})
			f.finn.pays(500)
			thread := paidThread(f)
			if f.recognised(thread, "") || f.recognised(0, "") {
				t.Error("recognised before they came")
			}
			f.finn.watches(thread)
			f.finn.opens(globalPath)
			if !f.recognised(thread, "") || !f.recognised(0, "") {
				t.Error("not recognised")
			}
			loss.loses(f, thread)
			if f.recognised(thread, "") || f.recognised(0, "") {
				t.Error("recognised after that")
			}
		})
	}
}

func TestALossThatAnotherProcessWroteIsHeardOf(t *testing.T) {
	f := open(t, settings{})
	thread := f.workshop()
	f.finn.watches(thread)
	must(f, app.New(f.store, app.Options{}).Deactivate(t.Context(), "Finn"))
	must(f, f.hub.Sync(f.within()))
	if f.recognised(thread, "") {
		t.Error("recognised")
	}
}

func TestWhoIsRecognisedIsLetInWhereAnybodyElseWouldBe(t *testing.T) {
	f := open(t, settings{})
	thread := f.workshop()
	f.mina.watches(thread)
	f.ada.posts(thread, "one")
	first := f.finn.knocks(threadPath(thread)).expect("connected")
	if !f.recognised(thread, "") {
		t.Fatal("not recognised")
	}
	again := f.finn.knocks(threadPath(thread)).expect("connected")
	if first.text("event_id") != again.text("event_id") || first.number("user_id") != again.number("user_id") {
		t.Errorf("let in as %v, then as %v", first, again)
	}
}

func TestWhoIsRecognisedGoesOnWhereTheyWere(t *testing.T) {
	f := open(t, settings{})
	thread := f.workshop()
	f.mina.watches(thread)
	before := f.finn.knocks(threadPath(thread)).expect("connected").text("event_id")
	f.ada.posts(thread, "one")
	back, connected := f.finn.resumes(threadPath(thread), before)
	if !connected["recovered"].(bool) {
		t.Error("not recovered")
	}
	back.expect("new_message")
}

// A client may have seen more than this hub has delivered: another one was faster.
func TestWhoHasSeenMoreThanTheHubIsLookedUp(t *testing.T) {
	f := open(t, settings{})
	thread := f.workshop()
	f.finn.watches(thread)
	here, held := f.hub.Position(string(parley.ThreadChannel(thread)))
	if !held || !f.recognised(thread, "anything") {
		t.Fatal("not recognised")
	}
	id := func(seq uint64) string {
		channel := string(parley.ThreadChannel(thread))
		return realtime.Cursor{Generation: f.store.Generation(), Positions: []realtime.Position{{Channel: channel, Seq: seq}}}.String()
	}
	if !f.recognised(thread, id(here)) || f.recognised(thread, id(here+1)) {
		t.Error("the id of the newest event must do, and a later one must not")
	}
}

func TestNobodyIsRecognisedInAThreadThatIsGone(t *testing.T) {
	f := open(t, settings{})
	thread := f.workshop()
	watching := f.finn.watches(thread)
	_, err := f.app.DeleteThread(t.Context(), f.ada.viewer(), thread)
	must(f, err)
	watching.endsWith(1000, "Thread deleted", "thread_deleted")
	if f.recognised(thread, "") {
		t.Error("recognised")
	}
	f.finn.knocks(threadPath(thread)).endsWith(1008, "Thread not found")
}

func TestWhoMayNotSeeAThreadIsNotRecognisedThere(t *testing.T) {
	f := open(t, settings{})
	paid := f.starts(app.NewThread{Title: "Plans", TierID: f.supporters})
	f.mina.watches(paid)
	f.finn.watches(f.workshop())
	if f.recognised(paid, "") {
		t.Error("recognised")
	}
}

func TestASessionThatIsAboutToExpireIsLookedUp(t *testing.T) {
	f := open(t, settings{})
	thread := f.workshop()
	session := f.finn.principal(f.finn.token).Session
	f.update(func(tx *store.Tx) error {
		return tx.TouchSession(session.ID, tx.Now().Add(time.Second), tx.Now().Add(5*time.Second))
	})
	f.finn.watches(thread)
	if f.recognised(thread, "") {
		t.Error("recognised")
	}
}
