package live_test

import (
	"testing"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/realtime"
)

// losses are the ways to lose a right. Each makes Finn lose what he has open, a
// thread of the number given; the others keep theirs.
var losses = map[string]struct {
	loses  func(*forum, int64)
	reason string
	both   bool // the global socket ends too
}{
	"signing out": {func(f *forum, _ int64) {
		must(f, f.app.Logout(f.t.Context(), f.finn.principal(f.finn.token)))
	}, "Session ended", true},
	"a session ended elsewhere": {func(f *forum, _ int64) {
		elsewhere := f.finn.principal(f.finn.signIn())
		must(f, f.app.EndSession(f.t.Context(), elsewhere, f.finn.principal(f.finn.token).Session.PublicID))
	}, "Session ended", true},
	"a password set by an operator": {func(f *forum, _ int64) {
		must(f, f.app.SetPassword(f.t.Context(), "Finn", "correct horse battery"))
	}, "Session ended", true},
	"deactivation": {func(f *forum, _ int64) {
		must(f, f.app.Deactivate(f.t.Context(), "Finn"))
	}, "User deactivated", true},
	"a suspension": {func(f *forum, _ int64) {
		must(f, f.app.Suspend(f.t.Context(), f.tomas.viewer(), f.finn.id, app.NewSanction{Reason: "Spam."}))
	}, "User suspended", true},
	"deactivation by another app": {func(f *forum, _ int64) {
		f.finn.isSynchronised(app.Member{Role: parley.RoleMember})
	}, "User deactivated", true},
	"a downgrade by another app": {func(f *forum, _ int64) {
		f.finn.isSynchronised(app.Member{Role: parley.RoleMember, Active: true})
	}, "Access denied", false},
	"a downgrade": {func(f *forum, _ int64) {
		f.finn.pays(0)
	}, "Access denied", false},
	"a thread made private": {func(f *forum, thread int64) {
		f.changes(thread, app.ThreadPatch{Private: ptr(true)})
	}, "Access denied", false},
	"the parent of a sub-thread made private": {func(f *forum, thread int64) {
		f.changes(parentOf(f, thread), app.ThreadPatch{Private: ptr(true)})
	}, "Access denied", false},
}

// isSynchronised makes of somebody what another app says of them.
func (p *person) isSynchronised(m app.Member) {
	p.f.t.Helper()
	m.ExternalID, m.Username = "7", p.name
	_, err := p.f.app.UpdateUser(p.f.t.Context(), p.f.ada.viewer(), p.id, app.UserPatch{ExternalID: &m.ExternalID})
	must(p.f, err)
	_, err = p.f.app.SyncMember(p.f.t.Context(), p.f.ada.viewer(), m)
	must(p.f, err)
}

func must(f *forum, err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// paidThread makes a thread for those who pay, with a sub-thread, which it returns.
func paidThread(f *forum) int64 {
	f.t.Helper()
	parent := f.starts(app.NewThread{Title: "Plans", TierID: f.supporters})
	sub, err := f.app.CreateSubThread(f.t.Context(), f.ada.viewer(), f.ada.posts(parent, "A detail."), "Details", "Here.", app.Idempotency{})
	must(f, err)
	return sub.ID
}

func parentOf(f *forum, sub int64) int64 {
	f.t.Helper()
	t, err := f.app.Thread(f.t.Context(), f.ada.viewer(), sub)
	must(f, err)
	return *t.ParentThreadID
}

func TestWhoLosesTheirRightLosesTheirSocketAndSeesNothingCommittedThereafter(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		for name, tt := range losses {
			for _, unpublished := range []bool{false, true} {
				t.Run(name+whereTold(unpublished), func(t *testing.T) {
					f := open(t, settings{kind: kind, unpublished: unpublished})
					f.finn.pays(500)
					thread := paidThread(f)
					staff, loser, global := f.tomas.watches(thread), f.finn.watches(thread), f.finn.opens(globalPath)

					tt.loses(f, thread)
					after := f.ada.posts(thread, "For those who are left.")

					if got, frames := loser.ended(); got != (end{1008, tt.reason}) || contains(frames, "new_message") {
						t.Errorf("the thread's socket got %v and ended with %v, want %s", frames, got, tt.reason)
					}
					if id := staff.until("new_message").object("message").number("id"); id != after {
						t.Errorf("the team got message %d, want %d", id, after)
					}
					if tt.both {
						if got, _ := global.ended(); got != (end{1008, tt.reason}) {
							t.Errorf("the global socket ended with %v, want %s", got, tt.reason)
						}
					} else {
						global.rest()
					}
				})
			}
		}
	})
}

func TestWhoIsSilencedIsToldSoAtOnceAndWheneverTheyCome(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		before := f.finn.opens(globalPath)
		must(f, f.app.Silence(t.Context(), f.tomas.viewer(), f.finn.id, app.NewSanction{Reason: "Spam."}))
		for _, s := range []*socket{before, f.finn.opens(globalPath)} {
			if told := s.until("silenced"); told.text("reason") != "Spam." {
				t.Errorf("told %v", told)
			}
		}
		must(f, f.app.Unsilence(t.Context(), f.tomas.viewer(), f.finn.id))
		before.until("unsilenced")
	})
}

func whereTold(unpublished bool) string {
	if unpublished {
		return ", found in the log"
	}
	return ""
}

func contains(frames []string, kind string) bool {
	for _, f := range frames {
		if f == kind {
			return true
		}
	}
	return false
}

func TestOtherSessionsOfTheSamePersonStay(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		ends := f.mina.principal(f.mina.token)
		here := f.mina.watches(thread)
		f.mina.token = f.mina.signIn()
		there := f.mina.watches(thread)
		must(f, f.app.Logout(t.Context(), ends))
		here.endsWith(1008, "Session ended")
		there.settled()
	})
}

func TestATierIsAskedOfOpenSocketsAtOnce(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		thread := f.workshop()
		free, paying := f.finn.watches(thread), f.mina.watches(thread)
		f.changes(thread, app.ThreadPatch{TierID: &f.supporters})
		if got, _ := free.ended(); got != (end{1008, "Access denied"}) {
			t.Errorf("ended with %v", got)
		}
		paying.expect("thread_updated")
		paying.settled()
	})
}

func TestADeletedThreadSaysSoAndEndsNormally(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		for _, unpublished := range []bool{false, true} {
			t.Run(whereTold(unpublished), func(t *testing.T) {
				f := open(t, settings{kind: kind, unpublished: unpublished})
				sub := paidThread(f)
				parent := parentOf(f, sub)
				global, stranger := f.mina.opens(globalPath), f.finn.opens(globalPath)
				sockets := []*socket{f.mina.watches(parent), f.mina.watches(sub), f.ada.watches(parent)}

				_, err := f.app.DeleteThread(t.Context(), f.ada.viewer(), parent)
				must(f, err)
				for _, s := range sockets {
					if got, frames := s.ended(); got != (end{1000, "Thread deleted"}) || frames[len(frames)-1] != "thread_deleted" {
						t.Errorf("got %v, then %v", frames, got)
					}
				}
				for range 2 {
					global.until("thread_deleted")
				}
				must(f, f.hub.Sync(f.within()))
				stranger.settled()
				f.mina.knocks(threadPath(parent)).endsWith(1008, "Thread not found")
			})
		}
	})
}

func TestAThreadMadePrivateThenRenamedAndDeletedTellsThoseShutOutNothing(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind, unpublished: true})
		thread := f.workshop()
		shutOut := f.mina.watches(thread)
		f.changes(thread, app.ThreadPatch{Private: ptr(true)})
		f.changes(thread, app.ThreadPatch{Title: ptr("What members must not know")})
		_, err := f.app.DeleteThread(t.Context(), f.ada.viewer(), thread)
		must(f, err)
		for {
			frame, err := shutOut.read()
			if err != nil {
				break
			}
			if frame.kind() == "thread_deleted" {
				t.Errorf("somebody shut out before was told: %v", frame)
			}
		}
	})
}

func TestWhoGainsARightMissesNothingCommittedThereafter(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		for _, unpublished := range []bool{false, true} {
			t.Run(whereTold(unpublished), func(t *testing.T) {
				f := open(t, settings{kind: kind, unpublished: unpublished})
				global := f.finn.opens(globalPath)
				f.finn.pays(500)
				f.starts(app.NewThread{Title: "Plans", TierID: f.supporters})
				if got := global.until("new_thread_created").object("thread").text("title"); got != "Plans" {
					t.Errorf("saw %q", got)
				}
			})
		}
	})
}

func TestANewRoleOpensPrivateThreads(t *testing.T) {
	onBothKinds(t, func(t *testing.T, kind kind) {
		f := open(t, settings{kind: kind})
		private := f.starts(app.NewThread{Title: "Staff", Private: true})
		global := f.mina.opens(globalPath)
		must(f, f.app.SetRights(t.Context(), "Mina", parley.RoleTeam, parley.Membership{}))
		f.starts(app.NewThread{Title: "More for staff", Private: true})
		global.until("new_thread_created")
		f.mina.watches(private)
	})
}

// TestAChangeOfRightsThatOnlyALaterReleaseKnowsHasEverybodyLookedAt has one take from
// Finn what he pays, and end a session of Mina's, under a name of its own.
func TestAChangeOfRightsThatOnlyALaterReleaseKnowsHasEverybodyLookedAt(t *testing.T) {
	f := open(t, settings{hub: realtime.Config{Follow: 10 * time.Millisecond}})
	f.finn.pays(500)
	thread := paidThread(f)
	finn, mina, tomas := f.finn.watches(thread), f.mina.watches(thread), f.tomas.watches(thread)
	session := f.mina.principal(f.mina.token).Session
	f.update(func(tx *store.Tx) error {
		tx.Append(storetest.FromTheFuture(parley.ControlChannel), storetest.FromTheFuture(parley.ThreadChannel(thread)))
		if err := tx.TouchSession(session.ID, tx.Now().Add(time.Hour), tx.Now()); err != nil {
			return err
		}
		return tx.SetRights(f.finn.id, parley.RoleMember, parley.Membership{})
	})
	finn.endsWith(1008, "Access denied")
	mina.endsWith(1008, "Session ended")
	f.ada.posts(thread, "For those who may.")
	tomas.until("new_message")
}
