package live_test

import (
	"testing"

	"parley"
	"parley/internal/app"
)

// allNews is what somebody wants to hear of a thread who wants to hear of all.
var allNews = parley.Follow{NewMessage: true, Mention: true, Reply: true}

// away closes a global socket and returns where it stood, and one of Tomas's that
// keeps the hub's memory of the forum's channel warm.
func away(f *forum, p *person) (last string, witness *socket) {
	f.t.Helper()
	witness = f.tomas.opens(globalPath)
	s := p.knocks(globalPath)
	last = s.expect("connected").text("event_id")
	s.leaves()
	return last, witness
}

// comesBack resumes a global socket and returns the types of the frames that it
// missed.
func comesBack(f *forum, p *person, last string) (missed []string) {
	f.t.Helper()
	s, greeting := p.resumes(globalPath, last)
	if greeting["recovered"] != true {
		f.t.Fatalf("greeted with %v", greeting)
	}
	for _, frame := range s.rest() {
		switch kind := frame.kind(); kind {
		case "forum_notification_count", "unread_count_updated":
		default:
			missed = append(missed, kind)
		}
	}
	return missed
}

func TestWhoComesBackHearsNothingOfAThreadThatWasMadePrivateMeanwhile(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		last, witness := away(f, f.mina)
		thread := f.starts(app.NewThread{Title: "What members must not know"})
		witness.until("new_thread_created")
		f.changes(thread, app.ThreadPatch{Private: ptr(true)})
		witness.until("threads_changed")
		if missed := comesBack(f, f.mina, last); contains(missed, "new_thread_created") {
			t.Errorf("was told of %v", missed)
		}
	})
}

func TestWhoComesBackHearsNothingOfAThreadThatWasDeletedMeanwhile(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		last, witness := away(f, f.mina)
		thread := f.starts(app.NewThread{Title: "A slip"})
		witness.until("new_thread_created")
		_, err := f.app.DeleteThread(t.Context(), f.ada.viewer(), thread)
		must(f, err)
		witness.until("thread_deleted")
		if missed := comesBack(f, f.mina, last); contains(missed, "new_thread_created") {
			t.Errorf("was told of %v", missed)
		}
	})
}

func TestWhoComesBackHearsNothingOfASubThreadThatWasMadePrivateMeanwhile(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		witness, s := f.tomas.watches(thread), f.mina.knocks(threadPath(thread))
		last := s.expect("connected").text("event_id")
		s.leaves()
		source := f.ada.posts(thread, "A question.")
		sub, err := f.app.CreateSubThread(t.Context(), f.ada.viewer(), source, "What members must not know", "Here.", app.Idempotency{})
		must(f, err)
		witness.until("message_thread_count_updated")
		f.changes(sub.ID, app.ThreadPatch{Private: ptr(true)})
		witness.until("message_thread_count_updated")

		s, _ = f.mina.resumes(threadPath(thread), last)
		for range 2 {
			if got := s.until("message_thread_count_updated"); got.text("sub_thread_title") != "" {
				t.Errorf("was told %v", got)
			}
		}
	})
}

func TestAThreadRenamedAndMadePrivateAtOnceTellsThoseShutOutNothing(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		for _, unpublished := range []bool{false, true} {
			t.Run(whereTold(unpublished), func(t *testing.T) {
				f := open(t, settings{kind: kind, unpublished: unpublished})
				thread := f.workshop()
				shutOut, staff := f.mina.watches(thread), f.tomas.watches(thread)
				f.changes(thread, app.ThreadPatch{Private: ptr(true), Title: ptr("What members must not know")})
				shutOut.endsWith(1008, "Access denied")
				staff.expect("thread_updated")
			})
		}
	})
}

// bell lets Finn mention Mina, who has one tab open and closed another one; it
// returns the message, and where the closed tab stood.
func bell(f *forum, thread int64) (message int64, last string) {
	f.t.Helper()
	last, _ = away(f, f.mina)
	tab := f.mina.opens(globalPath)
	message = f.tomas.posts(thread, "@Mina what nobody is to know")
	f.app.RunJobs(f.t.Context())
	tab.until("new_notification")
	return message, last
}

func TestWhoComesBackIsNotNotifiedOfAThreadTheyLostMeanwhile(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		_, last := bell(f, f.starts(app.NewThread{Title: "Plans", TierID: f.supporters}))
		f.mina.pays(0)
		if missed := comesBack(f, f.mina, last); contains(missed, "forum_notification") {
			t.Errorf("was told of %v", missed)
		}
	})
}

func TestWhoComesBackReadsNothingOfAMessageThatWasDeletedMeanwhile(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		_, err := f.app.Follow(t.Context(), f.mina.viewer(), thread, allNews)
		must(f, err)
		last, witness := away(f, f.mina)
		_, err = f.app.Follow(t.Context(), f.tomas.viewer(), thread, allNews)
		must(f, err)
		source := f.ada.posts(thread, "What nobody is to know")
		_, err = f.app.CreateSubThread(t.Context(), f.ada.viewer(), source, "More", "Here.", app.Idempotency{})
		must(f, err)
		witness.until("new_sub_thread_created")
		_, err = f.app.DeleteMessage(t.Context(), f.ada.viewer(), source)
		must(f, err)

		s, _ := f.mina.resumes(globalPath, last)
		if got := s.until("new_sub_thread_created").object("thread"); got["created_from_message"] != nil {
			t.Errorf("was told %v", got["created_from_message"])
		}
	})
}

func TestWhoComesBackIsNotNotifiedOfAMessageThatWasDeletedMeanwhile(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		message, last := bell(f, f.workshop())
		_, err := f.app.DeleteMessage(t.Context(), f.ada.viewer(), message)
		must(f, err)
		if missed := comesBack(f, f.mina, last); contains(missed, "forum_notification") {
			t.Errorf("was told of %v", missed)
		}
	})
}

func TestWhoComesBackIsNotNotifiedOfAThreadThatWasMadePrivateMeanwhile(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		_, last := bell(f, thread)
		f.changes(thread, app.ThreadPatch{Private: ptr(true)})
		if missed := comesBack(f, f.mina, last); contains(missed, "forum_notification") {
			t.Errorf("was told of %v", missed)
		}
	})
}

func TestWhoComesBackIsNotToldTheNameBehindAnAliasTakenMeanwhile(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		s, witness := f.mina.watches(thread), f.finn.watches(thread)
		f.tomas.posts(thread, "Who wrote this?")
		f.tomas.posts(thread, "And this?")
		last := s.expect("new_message").text("event_id")
		s.leaves()
		_, err := f.app.UpdateSettings(t.Context(), f.tomas.viewer(), app.SettingsPatch{Alias: ptr("Stella"), UseAlias: ptr(true)})
		must(f, err)
		f.tomas.posts(thread, "Stella did.") // which is delivered after the change of her name
		for witness.until("new_message").object("message").text("content") != "Stella did." {
		}
		s, _ = f.mina.resumes(threadPath(thread), last)
		if got := s.expect("new_message").object("message"); got.text("content") != "And this?" || got.text("username") != "Stella" {
			t.Errorf("was told %v", got)
		}
	})
}
