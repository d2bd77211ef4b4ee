package realtime

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// ledger is an authority over a table of who may see what: connections whose value it is go by it.
type ledger struct {
	hub *Hub
	log *probeLog

	mu      sync.Mutex
	banned  map[string]bool
	fails   error
	slow    time.Duration
	applied []uint64
}

var accessDenied = CloseReason{1008, "Access denied", false}

func (l *ledger) Apply(ctx context.Context, after uint64) (uint64, error) {
	l.mu.Lock()
	slow := l.slow
	l.mu.Unlock()
	time.Sleep(slow)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.applied = append(l.applied, after)
	if l.fails != nil {
		return 0, l.fails
	}
	head := l.log.Head("control")
	l.hub.Each(func(c *Conn) bool {
		if l.banned[c.User()] {
			c.Close(accessDenied)
		}
		return true
	})
	return head, nil
}

func (l *ledger) set(fails error, slow time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fails, l.slow = fails, slow
}

// asked returns the positions Apply was asked to go on from.
func (l *ledger) asked() []uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.applied
}

// ban commits that somebody lost their right, and returns the control position.
func (l *ledger) ban(user string) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.banned[user] = true
	return l.log.Append("control", func() Event { return Event{} }).Seq
}

// admit is an application's database snapshot.
func (l *ledger) admit(w *world, v visit) (Admission, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.banned[v.user] {
		return Admission{}, errBanned
	}
	return w.admission(v), nil
}

var errBanned = errors.New("banned")

func inGovernedWorld(t *testing.T, configure func(*Config), test func(w *world, l *ledger)) {
	t.Helper()
	var l *ledger
	inWorld(t, func(c *Config) {
		l = &ledger{banned: make(map[string]bool)}
		c.Authority = l
		if configure != nil {
			configure(c)
		}
	}, func(w *world) {
		l.hub, l.log = w.hub, w.log
		test(w, l)
	})
}

// postBehind posts an event committed after the control channel stood at a position.
func (w *world) postBehind(barrier uint64, channel, text string) {
	e := w.commitBehind(barrier, channel, text)
	w.hub.Publish(e)
}

func (w *world) commitBehind(barrier uint64, channel, text string) Event {
	return w.log.Append(channel, func() Event {
		return Event{Barrier: barrier, Frame: []byte(`{"text":"` + text + `"}`)}
	})
}

func TestEventCommittedAfterALossNeverReachesTheLoser(t *testing.T) {
	inGovernedWorld(t, nil, func(w *world, l *ledger) {
		loser, other := w.join(tomas), w.join(visit{user: "mina", channels: []string{"t5"}})
		l.set(nil, 3*time.Second)
		w.post("t5", "before")
		position := l.ban("tomas")
		w.postBehind(position, "t5", "after")
		w.post("t5", "later")
		loser.hears(fresh("g.t5:0"), frame("before", "g.t5:1"))
		time.Sleep(5 * time.Second)
		loser.hears()
		loser.isTold(accessDenied)
		other.hears(fresh("g.t5:0"), frame("before", "g.t5:1"), frame("after", "g.t5:2"), frame("later", "g.t5:3"))
	})
}

func TestWaitingForTheAuthorityCostsOtherChannelsNothing(t *testing.T) {
	inGovernedWorld(t, nil, func(w *world, l *ledger) {
		p := w.join(visit{user: "finn", channels: []string{"t6"}})
		w.join(tomas)
		l.set(nil, 3*time.Second)
		w.postBehind(l.ban("mina"), "t5", "waits")
		w.post("t6", "does not")
		p.hears(fresh("g.t6:0"), frame("does not", "g.t6:1"))
	})
}

func TestFailingAuthorityIsAskedAgainAndNothingIsLost(t *testing.T) {
	inGovernedWorld(t, nil, func(w *world, l *ledger) {
		p := w.join(visit{user: "mina", channels: []string{"t5"}})
		l.set(errors.New("database away"), 0)
		w.postBehind(l.ban("tomas"), "t5", "a")
		for range 3000 { // far more than a channel keeps
			w.post("t5", "more")
		}
		time.Sleep(time.Second)
		w.log.takeReads()
		time.Sleep(9 * time.Second)
		p.hears(fresh("g.t5:0"))
		if reads := w.log.takeReads(); len(reads) > 0 {
			t.Errorf("log was read %d times although nothing could be done with it", len(reads))
		}
		tries := len(l.asked())
		if tries < 3 || tries > 12 {
			t.Errorf("asked %d times in ten seconds", tries)
		}
		l.set(nil, 0)
		time.Sleep(5 * time.Second)
		if got := p.heard(); len(got) != 3001 || got[3000] != frame("more", "g.t5:3001") {
			t.Errorf("%d events", len(got))
		}
	})
}

func TestControlEventsAreAppliedWithoutAnEventThatNeedsThem(t *testing.T) {
	inGovernedWorld(t, nil, func(w *world, l *ledger) {
		published, followed, noticed := w.join(tomas), w.join(visit{user: "finn", channels: []string{"t5"}}), w.join(visit{user: "mina", channels: []string{"t5"}})
		w.hub.Publish(Event{Channel: "control", Seq: l.ban("tomas")})
		published.isTold(accessDenied)
		w.hub.Notice(Head{"control", l.ban("mina")})
		noticed.isTold(accessDenied)
		l.ban("finn")
		time.Sleep(time.Second)
		followed.isTold(accessDenied)
	})
}

func TestHubThatStopsWhileRightsAreAppliedTellsOfNoFault(t *testing.T) {
	var said bytes.Buffer
	inGovernedWorld(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&said, nil)) }, func(w *world, l *ledger) {
		w.join(tomas)
		l.set(context.Canceled, 3*time.Second)
		w.hub.Notice(Head{"control", l.ban("mina")})
		time.Sleep(time.Second)
	})
	if said.Len() > 0 {
		t.Errorf("said:\n%s", said.String())
	}
}

func TestChangeOfRightsBetweenSnapshotAndRegistrationIsNotMissed(t *testing.T) {
	inGovernedWorld(t, nil, func(w *world, l *ledger) {
		w.join(visit{user: "ada", channels: []string{"t5"}}) // so that the authority has somebody to look after
		v := tomas
		reads := 0
		v.admit = func(context.Context) (Admission, error) {
			a, err := l.admit(w, v)
			if reads++; reads == 1 { // the snapshot is read; now tomas is banned, and that is applied, before he is registered
				w.hub.Publish(Event{Channel: "control", Seq: l.ban("tomas")})
				time.Sleep(time.Second)
			}
			return a, err
		}
		p := w.join(v)
		time.Sleep(2 * time.Second)
		if err := p.admitted(); !errors.Is(err, errBanned) {
			t.Errorf("Join returned %v, want a refusal", err)
		}
		p.conn.Close(accessDenied)
	})
}

func TestChangeOfRightsThatIsNotAppliedYetFindsTheNewConnection(t *testing.T) {
	inGovernedWorld(t, nil, func(w *world, l *ledger) {
		w.join(visit{user: "ada", channels: []string{"t5"}})
		v := tomas
		v.admit = func(context.Context) (Admission, error) {
			a, err := l.admit(w, v)
			l.ban("tomas") // committed after the snapshot; nobody has told the hub
			return a, err
		}
		p := w.join(v)
		p.hears(fresh("g.t5:0"))
		time.Sleep(time.Second)
		p.isTold(accessDenied)
	})
}

func TestStreamOfChangesKeepsNobodyOut(t *testing.T) {
	inGovernedWorld(t, nil, func(w *world, l *ledger) {
		w.join(visit{user: "ada", channels: []string{"t5"}})
		v := tomas
		reads := 0
		v.admit = func(context.Context) (Admission, error) {
			a, err := l.admit(w, v)
			if reads++; reads < 3 {
				w.hub.Publish(Event{Channel: "control", Seq: l.ban("somebody else")})
				time.Sleep(time.Second)
			}
			return a, err
		}
		p := w.join(v)
		time.Sleep(5 * time.Second)
		if err := p.admitted(); err != nil {
			t.Errorf("Join: %v", err)
		}
	})
}

func TestReplayWaitsForTheAuthorityToo(t *testing.T) {
	inGovernedWorld(t, nil, func(w *world, l *ledger) {
		w.join(visit{user: "ada", channels: []string{"t6"}})
		w.commit("t5", "before")
		stale := w.admission(tomas)
		position := l.ban("tomas")
		w.commitBehind(position, "t5", "after")
		v := tomas
		v.last = "g.t5:0"
		stale.Channels[0].Seq = 1
		l.set(nil, time.Second)
		p := w.joinWith(v, stale)
		time.Sleep(3 * time.Second)
		p.hears(recovered("g.t5:0"), frame("before", "g.t5:1"))
		p.isTold(accessDenied)
	})
}

func TestReplayOfOthersDoesNotOpenTheRingToALoser(t *testing.T) {
	inGovernedWorld(t, func(c *Config) { c.Follow = time.Hour }, func(w *world, l *ledger) {
		w.join(visit{user: "ada", channels: []string{"t6"}})
		l.set(errors.New("database away"), 0)
		w.commit("t5", "before")
		stale := w.admission(tomas)
		w.commitBehind(l.ban("tomas"), "t5", "after")
		w.join(visit{user: "mina", channels: []string{"t5"}, last: "g.t5:0"}) // has the log read
		v := tomas
		v.last = "g.t5:0"
		loser := w.joinWith(v, stale)
		time.Sleep(time.Second)
		loser.hears(recovered("g.t5:0"), frame("before", "g.t5:1"))
		l.set(nil, 0)
		time.Sleep(5 * time.Second)
		loser.hears()
		loser.isTold(accessDenied)
	})
}

func TestHubWithoutConnectionsAsksTheAuthorityNothing(t *testing.T) {
	inGovernedWorld(t, nil, func(w *world, l *ledger) {
		w.hub.Publish(Event{Channel: "control", Seq: l.ban("tomas")})
		time.Sleep(time.Second)
		p := w.join(visit{user: "mina", channels: []string{"t5"}})
		w.postBehind(1, "t5", "a")
		p.hears(fresh("g.t5:0"), frame("a", "g.t5:1"))
		w.hub.Publish(Event{Channel: "control", Seq: l.ban("finn")})
		synctest.Wait()
		if asked := l.asked(); len(asked) != 1 || asked[0] != 1 {
			t.Errorf("Apply called after %v, want once after 1", asked)
		}
	})
}

func TestFirstConnectionBringsItsPositionAlong(t *testing.T) {
	inGovernedWorld(t, nil, func(w *world, l *ledger) {
		synctest.Wait()
		for range 5 {
			l.ban("somebody")
		}
		w.hub.rights.reset("g") // as if the follower had started after these
		p := w.join(tomas)
		w.hub.Publish(Event{Channel: "control", Seq: l.ban("tomas")})
		p.isTold(accessDenied)
		if asked := l.asked(); len(asked) != 1 || asked[0] != 5 {
			t.Errorf("Apply called after %v, want once after 5", asked)
		}
	})
}

func TestWhatIsLeftOfAnotherGenerationAsksForNothing(t *testing.T) {
	inGovernedWorld(t, nil, func(w *world, l *ledger) {
		w.join(tomas)
		time.Sleep(time.Second)
		w.log.set(nil, 2*time.Second)
		w.commitBehind(1000, "t5", "of the past")
		w.hub.Notice(Head{"t5", 1})
		time.Sleep(100 * time.Millisecond) // the event is being read
		w.log.Restore("h")
		time.Sleep(time.Second)
		w.join(visit{user: "ada", channels: []string{"t6"}})
		time.Sleep(10 * time.Second)
		if asked := l.asked(); len(asked) > 0 {
			t.Errorf("Apply called after %v", asked)
		}
	})
}
