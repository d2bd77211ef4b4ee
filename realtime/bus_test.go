package realtime

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// seldom is a pause between looks at the log which no test waits out: what arrives sooner came
// another way.
const seldom = 24 * time.Hour

// inReplicas runs a test with running hubs of one log and one bus. configure may change each hub's
// settings.
func inReplicas(t *testing.T, hubs int, configure func(*Config), test func(replicas []*world)) {
	t.Helper()
	onEachTransport(t, func(w *world) {
		bus := NewMemoryBus()
		ctx, cancel := context.WithCancel(w.t.Context())
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		var replicas []*world
		for range hubs {
			config := Config{
				Log: w.log, Control: "control", Broker: bus.Broker(), Mode: ModeDual, Follow: seldom,
				Logger: slog.New(slog.DiscardHandler),
			}
			if configure != nil {
				configure(&config)
			}
			r := *w
			r.hub = New(config)
			replicas = append(replicas, &r)
			running.Go(func() {
				if err := r.hub.Run(ctx); err != nil {
					w.t.Errorf("Run: %v", err)
				}
			})
		}
		synctest.Wait()
		test(replicas)
	})
}

// switchable is a broker that a test can make unwell, deaf or dumb.
type switchable struct {
	Broker
	mu      sync.Mutex
	unwell  bool
	dumb    bool
	changed chan struct{}
}

func newSwitchable(b Broker) *switchable { return &switchable{Broker: b, changed: make(chan struct{})} }

func (s *switchable) set(unwell, dumb bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unwell, s.dumb = unwell, dumb
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *switchable) Health() (bool, <-chan struct{}) {
	ok, _ := s.Broker.Health()
	s.mu.Lock()
	defer s.mu.Unlock()
	return ok && !s.unwell, s.changed
}

func (s *switchable) Publish(channel string, message []byte) {
	s.mu.Lock()
	dumb := s.dumb
	s.mu.Unlock()
	if !dumb {
		s.Broker.Publish(channel, message)
	}
}

var mina = visit{user: "mina", channels: []string{"t5"}}

// ways returns how often frames came in each way.
func (w *world) ways() (local, bus, log uint64) {
	for _, g := range w.hub.Metrics().Groups {
		local, bus, log = local+g.Local, bus+g.Bus, log+g.Logged
	}
	return local, bus, log
}

func (w *world) came(local, bus, log uint64) {
	w.t.Helper()
	if l, b, g := w.ways(); l != local || b != bus || g != log {
		w.t.Errorf("%d came locally, %d over the bus, %d from the log; want %d, %d, %d", l, b, g, local, bus, log)
	}
}

func TestAnEventReachesTheOtherHubsOverTheBus(t *testing.T) {
	inReplicas(t, 3, nil, func(r []*world) {
		here, there := r[0].join(mina), r[1].join(tomas)
		e := r[0].commit("t5", "hello")
		e.Also = []byte(`"hello, too"`)
		e.Committed = time.Now().Add(-time.Millisecond)
		r[0].hub.Publish(e)
		for _, p := range []*peer{here, there} {
			p.hears(fresh("g.t5:0"), frame("hello", "g.t5:1"), `"hello, too"`)
		}
		r[0].came(1, 0, 0)
		r[1].came(0, 1, 0)
		if lag := r[1].hub.Metrics().Bus.Lag; lag.Sum != .001 {
			t.Errorf("lag %+v", lag)
		}
		if lag := r[0].hub.Metrics().Bus.Lag; slices.Max(lag.Counts) != 0 {
			t.Errorf("a hub's own events count as another's: %+v", lag)
		}
	})
}

func TestAFinalEventEndsSubscriptionsOnAllHubs(t *testing.T) {
	inReplicas(t, 2, nil, func(r []*world) {
		p := r[1].join(mina)
		e := r[0].commit("t5", "the end")
		e.Final = &CloseReason{1000, "Deleted", false}
		r[0].hub.Publish(e)
		p.hears(fresh("g.t5:0"), frame("the end", "g.t5:1"))
		p.isTold(*e.Final)
	})
}

func TestAnEventForSomeIsReadFromTheLogByTheOtherHubs(t *testing.T) {
	inReplicas(t, 2, nil, func(r []*world) {
		member, other := r[1].join(visit{user: "mina", channels: []string{"f"}}), r[1].join(visit{user: "finn", channels: []string{"f"}})
		time.Sleep(time.Second) // the read that follows the channel's creation
		r[0].log.takeReads()
		for range 3 {
			r[0].hub.Publish(r[0].log.Append("f", func() Event {
				return Event{Frame: []byte(`{"for":"mina"}`), Audience: func(c *Conn) bool { return c.User() == "mina" }}
			}))
		}
		member.hears(fresh("g.f:0"), `{"for":"mina","event_id":"g.f:1"}`, `{"for":"mina","event_id":"g.f:2"}`, `{"for":"mina","event_id":"g.f:3"}`)
		other.hears(fresh("g.f:0"))
		if reads := r[0].log.takeReads(); len(reads) == 0 || len(reads) > 3 {
			t.Errorf("%d reads", len(reads))
		}
		r[1].came(0, 0, 3)
	})
}

func TestALongEventIsReadFromTheLogByTheOtherHubs(t *testing.T) {
	inReplicas(t, 2, nil, func(r []*world) {
		p := r[1].join(mina)
		long := strings.Repeat("x", busFrameLimit)
		r[0].post("t5", long)
		time.Sleep(holePatience)
		p.hears(fresh("g.t5:0"), frame(long, "g.t5:1"))
	})
}

func TestWhatTheBusLosesTheFollowerFinds(t *testing.T) {
	var brokers []*switchable
	inReplicas(t, 2, func(c *Config) {
		c.Follow = 500 * time.Millisecond
		brokers = append(brokers, newSwitchable(c.Broker))
		c.Broker = brokers[len(brokers)-1]
	}, func(r []*world) {
		p := r[1].join(mina)
		for _, b := range brokers {
			b.set(false, true)
		}
		r[0].post("t5", "lost")
		time.Sleep(time.Second)
		for _, b := range brokers {
			b.set(false, false)
		}
		r[0].post("t5", "not lost")
		p.hears(fresh("g.t5:0"), frame("lost", "g.t5:1"), frame("not lost", "g.t5:2"))
		brokers = nil
	})
}

func TestRightsApplyOnAllHubsAtOnce(t *testing.T) {
	ledgers := make(map[Authority]*ledger)
	inReplicas(t, 2, func(c *Config) {
		l := &ledger{banned: make(map[string]bool)}
		c.Authority = l
		ledgers[l] = l
	}, func(r []*world) {
		for _, w := range r {
			l := ledgers[w.hub.config.Authority]
			l.hub, l.log = w.hub, w.log
		}
		there := ledgers[r[1].hub.config.Authority]
		loser, stays := r[1].join(tomas), r[1].join(mina)
		r[0].hub.Publish(Event{Channel: "control", Seq: there.ban("tomas")})
		loser.isTold(accessDenied)

		// And what was committed afterwards waits for it, whatever arrives first.
		position := there.ban("mina")
		r[0].postBehind(position, "t5", "secret")
		stays.hears(fresh("g.t5:0"))
		stays.isTold(accessDenied)
	})
}

func TestOnlyHubsWithAnAudienceGetAnEvent(t *testing.T) {
	inReplicas(t, 2, nil, func(r []*world) {
		received := func() uint64 { return r[1].hub.Metrics().Bus.Received }
		r[0].post("t5", "nobody there")
		p := r[1].join(mina)
		synctest.Wait()
		if n := received(); n != 0 {
			t.Errorf("%d messages came before anybody was there", n)
		}
		r[0].post("t5", "hello")
		p.vanish()
		time.Sleep(emptiedFor / 2)
		r[0].post("t5", "somebody may come back")
		synctest.Wait()
		if n := received(); n != 2 {
			t.Errorf("%d messages came, want 2", n)
		}
		time.Sleep(emptiedFor)
		r[0].post("t5", "nobody came back")
		synctest.Wait()
		if n := received(); n != 2 {
			t.Errorf("%d messages came, want none more", n)
		}
		if n := r[1].hub.Metrics().Bus.Subscriptions; n != 1 { // control
			t.Errorf("%d subscriptions, want 1", n)
		}
	})
}

func TestInModeLocalNothingTouchesTheBus(t *testing.T) {
	inReplicas(t, 2, func(c *Config) { c.Mode, c.Follow = ModeLocal, 500*time.Millisecond }, func(r []*world) {
		here, there := r[0].join(mina), r[1].join(tomas)
		r[0].post("t5", "hello")
		r[0].hub.Cast("t5", Message{Frame: []byte(`"typing"`)}, nil)
		r[0].hub.Gossip("t5", "topic", nil)
		r[0].hub.Notice(Head{"control", 1})
		here.hears(fresh("g.t5:0"), frame("hello", "g.t5:1"), `"typing"`)
		there.hears(fresh("g.t5:0"))
		time.Sleep(time.Second)
		there.hears(frame("hello", "g.t5:1"))
		for i, w := range r {
			if m := w.hub.Metrics().Bus; m.Published != 0 || m.Subscriptions != 0 || m.Degraded {
				t.Errorf("hub %d: %+v", i, m)
			}
		}
	})
}

func TestInModeRedisOwnEventsComeBackOverTheBus(t *testing.T) {
	inReplicas(t, 2, func(c *Config) { c.Mode = ModeRedis }, func(r []*world) {
		here, there := r[0].join(mina), r[1].join(tomas)
		r[0].post("t5", "hello")
		for _, p := range []*peer{here, there} {
			p.hears(fresh("g.t5:0"), frame("hello", "g.t5:1"))
		}
		for _, w := range r {
			w.came(0, 1, 0)
		}
	})
}

func TestInModeRedisWhatDoesNotComeBackIsReadInAMoment(t *testing.T) {
	var brokers []*switchable
	inReplicas(t, 1, func(c *Config) {
		brokers = []*switchable{newSwitchable(c.Broker)}
		c.Mode, c.Broker = ModeRedis, brokers[0]
	}, func(r []*world) {
		p := r[0].join(mina)
		time.Sleep(time.Second)
		brokers[0].set(false, true) // nobody has noticed
		r[0].post("t5", "swallowed")
		p.hears(fresh("g.t5:0"))
		time.Sleep(2 * holePatience)
		p.hears(frame("swallowed", "g.t5:1"))
		r[0].came(0, 0, 1)

		brokers[0].set(true, true) // now it is known
		r[0].post("t5", "at once")
		p.hears(frame("at once", "g.t5:2"))
		r[0].came(1, 0, 1)
	})
}

func TestModesChangeWhileItRuns(t *testing.T) {
	inReplicas(t, 2, func(c *Config) { c.Mode = ModeLocal }, func(r []*world) {
		here, there := r[0].join(mina), r[1].join(tomas)
		here.heard()
		there.heard()
		for i, mode := range []Mode{ModeDual, ModeRedis, ModeDual, ModeRedis} {
			for _, w := range r {
				w.hub.SetMode(mode)
				w.hub.SetMode(mode)
			}
			synctest.Wait()
			r[0].post("t5", mode.String())
			for _, p := range []*peer{here, there} {
				p.hears(frame(mode.String(), fmt.Sprintf("g.t5:%d", i+1)))
			}
		}
		r[0].came(2, 2, 0)
		r[1].came(0, 4, 0)
		r[1].hub.SetMode(ModeLocal)
		if n := r[1].hub.Metrics().Bus.Subscriptions; n != 0 {
			t.Errorf("%d subscriptions in mode local", n)
		}
		r[1].hub.SetMode(ModeDual)
		if n := r[1].hub.Metrics().Bus.Subscriptions; n != 2 {
			t.Errorf("%d subscriptions, want control and t5", n)
		}
	})
}

func TestAHubWithoutABrokerStaysLocal(t *testing.T) {
	inWorld(t, func(c *Config) { c.Mode = ModeRedis }, func(w *world) {
		w.hub.SetMode(ModeDual)
		if status, _ := w.hub.Bus(); status != (BusStatus{}) {
			t.Errorf("%+v", status)
		}
		p := w.join(mina)
		w.post("t5", "hello")
		p.hears(fresh("g.t5:0"), frame("hello", "g.t5:1"))
	})
}

func TestTheStateOfTheBusIsTold(t *testing.T) {
	var broker *switchable
	inReplicas(t, 1, func(c *Config) {
		broker = newSwitchable(c.Broker)
		c.Broker = broker
	}, func(r []*world) {
		hub := r[0].hub
		next := func(change func(), want BusStatus) {
			t.Helper()
			_, changed := hub.Bus()
			change()
			<-changed
			if status, _ := hub.Bus(); status != want {
				t.Errorf("%+v, want %+v", status, want)
			}
		}
		next(func() { broker.set(true, false) }, BusStatus{ModeDual, true})
		next(func() { hub.SetMode(ModeLocal) }, BusStatus{ModeLocal, false})
		next(func() { hub.SetMode(ModeRedis) }, BusStatus{ModeRedis, true})
		next(func() { broker.set(false, false) }, BusStatus{ModeRedis, false})
	})
}

func TestACastReachesAllHubsOnce(t *testing.T) {
	inReplicas(t, 2, nil, func(r []*world) {
		ada := r[0].join(visit{user: "ada", channels: []string{"t5"}})
		here, there := r[0].join(mina), r[1].join(tomas)
		r[0].hub.Cast("t5", Message{Lane: State, Key: "k", Frame: []byte(`"news"`)}, ada.conn)
		ada.hears(fresh("g.t5:0"))
		here.hears(fresh("g.t5:0"), `"news"`)
		there.hears(fresh("g.t5:0"), `"news"`)
	})
}

func TestGossipReachesTheOtherHubsThatHoldTheChannel(t *testing.T) {
	inReplicas(t, 3, nil, func(r []*world) {
		heard := make([][]Gossip, len(r))
		for i, w := range r {
			w.hub.OnGossip("weather", func(g Gossip) { heard[i] = append(heard[i], g) })
		}
		r[0].join(mina)
		r[1].join(tomas)
		r[0].hub.Gossip("t5", "weather", []byte("sunny"))
		r[0].hub.Gossip("t5", "unknown", []byte("?"))
		synctest.Wait()
		if len(heard[0]) > 0 || len(heard[2]) > 0 {
			t.Errorf("the teller heard %v, who holds nothing %v", heard[0], heard[2])
		}
		if len(heard[1]) != 1 || heard[1][0].Channel != "t5" || string(heard[1][0].Message) != "sunny" || heard[1][0].Origin != r[0].hub.bus.origin {
			t.Errorf("heard %v", heard[1])
		}
	})
}

func TestEventsOfAnotherGenerationAreIgnored(t *testing.T) {
	inReplicas(t, 2, nil, func(r []*world) {
		p := r[1].join(mina)
		p.heard()
		stale := r[0].commit("t5", "before")
		stale.Seq = 3
		r[0].hub.Publish(stale)
		r[0].log.Restore("h")
		back := r[1].join(mina) // sees the new generation
		if status := r[1].hub.currentGeneration(); status != "h" {
			t.Fatalf("generation %s", status)
		}
		r[0].hub.Publish(stale)
		r[0].hub.Notice(Head{"t5", 9}, Head{"control", 9})
		back.hears(fresh("h.t5:1"))
		if err := r[0].hub.Sync(context.Background()); err != nil {
			t.Fatal(err)
		}
		r[0].post("t5", "after")
		back.hears(frame("after", "h.t5:2"))
	})
}

// unreliable is a broker that loses, repeats, delays and so reorders what is published.
type unreliable struct {
	Broker
	mu     sync.Mutex
	random *rand.Rand
}

func (u *unreliable) Publish(channel string, message []byte) {
	u.mu.Lock()
	times := []int{0, 1, 1, 1, 2}[u.random.IntN(5)]
	late := time.Duration(u.random.IntN(40)) * time.Millisecond
	u.mu.Unlock()
	for i := range times {
		time.AfterFunc(time.Duration(i+1)*late, func() { u.Broker.Publish(channel, message) })
	}
}

// TestOrderExactlyOnceAndCompletenessOnManyHubsUnderChaos is the chaos of one hub on three of them:
// the bus loses, repeats and reorders, the modes change all the time, and whoever comes back comes
// to another hub.
func TestOrderExactlyOnceAndCompletenessOnManyHubsUnderChaos(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			ledgers := make(map[Authority]*ledger)
			n := uint64(0)
			inReplicas(t, 3, func(c *Config) {
				n++
				l := &ledger{banned: make(map[string]bool), slow: 30 * time.Millisecond}
				c.Authority, c.Follow = l, 500*time.Millisecond
				c.Broker = &unreliable{Broker: c.Broker, random: rand.New(rand.NewPCG(seed, n))}
				ledgers[l] = l
			}, func(r []*world) {
				for _, w := range r {
					l := ledgers[w.hub.config.Authority]
					l.hub, l.log = w.hub, w.log
				}
				c := &chaos{world: r[0], replicas: r, seed: seed, commitsEach: 150, quiet: make(chan struct{})}
				c.run()
				var total [paths]uint64
				for _, w := range r {
					local, bus, log := w.ways()
					total[viaLocal], total[viaBus], total[viaLog] = total[viaLocal]+local, total[viaBus]+bus, total[viaLog]+log
				}
				if slices.Min(total[:]) == 0 {
					t.Errorf("not the chaos that was meant: %v", total)
				}
			})
		})
	}
}
