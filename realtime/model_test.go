package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// TestHubsAgainstTheirModel drives three hubs of one log and one bus at random beside a model in
// which there is no hub: a channel is the events that were committed, and whoever watches it sees
// them one after another, whatever is published, lost, repeated or switched meanwhile.
func TestHubsAgainstTheirModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Hiding the rest of t: to ask for its deadline is no use in a bubble, and not allowed.
		rapid.Check(struct{ rapid.TB }{t}, func(rt *rapid.T) {
			m := newModel(t)
			defer m.end()
			rt.Repeat(map[string]func(*rapid.T){
				"commit":  m.commit,
				"publish": m.publish,
				"notice":  m.notice,
				"come":    m.come,
				"leave":   m.leave,
				"switch":  m.switchMode,
				"fail":    m.fail,
				"wait":    m.wait,
				"settle":  m.settle,
				"":        m.check,
			})
			m.settle(rt)
			m.check(rt)
		})
	})
}

// model is what should be, and the hubs of which it should be so.
type model struct {
	committed map[string][]Event
	watchers  []*watcher

	replicas []*world
	brokers  []*switchable
	stop     func()
}

// watcher is somebody who comes and goes, and goes on where they were.
type watcher struct {
	channels []string
	seen     map[string]uint64
	last     string
	peer     *peer // nil: away
}

var modelled = []string{"t5", "f", "u7"}

func newModel(t *testing.T) *model {
	m := &model{committed: make(map[string][]Event)}
	for _, channels := range [][]string{{"t5"}, {"t5"}, {"f", "u7"}, {"f", "u7"}} {
		m.watchers = append(m.watchers, &watcher{channels: channels, seen: make(map[string]uint64)})
	}
	log, bus := &probeLog{MemoryLog: NewMemoryLog("g")}, NewMemoryBus()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for range 3 {
		broker := newSwitchable(bus.Broker())
		r := &world{t: t, log: log, dial: dialStream(t)}
		r.hub = New(Config{Log: log, Broker: broker, Mode: ModeDual, Heartbeat: seldom, Logger: slog.New(slog.DiscardHandler)})
		running.Go(func() { _ = r.hub.Run(ctx) })
		m.replicas, m.brokers = append(m.replicas, r), append(m.brokers, broker)
	}
	m.stop = func() { cancel(); running.Wait() }
	synctest.Wait()
	return m
}

func (m *model) end() {
	m.stop()
	for _, w := range m.watchers {
		if w.peer != nil {
			w.peer.socket.Close()
		}
	}
	synctest.Wait()
}

func (m *model) channel(t *rapid.T) string { return rapid.SampledFrom(modelled).Draw(t, "channel") }

// Numbers are drawn, not pointers: rapid prints what it draws, all of it.

func (m *model) replica(t *rapid.T) *world {
	return m.replicas[rapid.IntRange(0, len(m.replicas)-1).Draw(t, "replica")]
}

func (m *model) watcher(t *rapid.T) *watcher {
	return m.watchers[rapid.IntRange(0, len(m.watchers)-1).Draw(t, "watcher")]
}

// commit commits events, of which nobody hears.
func (m *model) commit(t *rapid.T) {
	channel, form := m.channel(t), rapid.IntRange(0, 3).Draw(t, "form")
	for range rapid.IntRange(1, 3).Draw(t, "events") {
		n := uint64(len(m.committed[channel]) + 1)
		e := m.replicas[0].log.Append(channel, func() Event {
			e := Event{Frame: fmt.Appendf(nil, `{"channel":%q,"n":%d}`, channel, n), Rewrites: form == 1, Fresh: form == 2}
			if form == 3 {
				e.Audience = func(*Conn) bool { return true }
			}
			return e
		})
		m.committed[channel] = append(m.committed[channel], e)
	}
}

// publish tells a hub of an event that was committed now or long ago, perhaps again.
func (m *model) publish(t *rapid.T) {
	events := m.committed[m.channel(t)]
	if len(events) == 0 {
		t.Skip("nothing is committed")
	}
	back := rapid.IntRange(0, min(len(events)-1, 5)).Draw(t, "back")
	m.replica(t).hub.Publish(events[len(events)-1-back])
}

func (m *model) notice(t *rapid.T) {
	channel := m.channel(t)
	m.replica(t).hub.Notice(Head{channel, uint64(len(m.committed[channel]))})
}

// come lets somebody who is away come to any hub, and go on where they were.
func (m *model) come(t *rapid.T) {
	w := m.watcher(t)
	if w.peer != nil {
		t.Skip("is there")
	}
	w.peer = m.replica(t).join(visit{user: "mina", channels: w.channels, last: w.last})
}

func (m *model) leave(t *rapid.T) {
	w := m.watcher(t)
	if w.peer == nil {
		t.Skip("is away")
	}
	w.peer.vanish()
	w.listen(t)
	w.peer = nil
}

func (m *model) switchMode(t *rapid.T) {
	m.replica(t).hub.SetMode(rapid.SampledFrom([]Mode{ModeLocal, ModeDual, ModeRedis}).Draw(t, "mode"))
}

// fail makes a hub's broker swallow what is published, known to its hub or not; or heals it.
func (m *model) fail(t *rapid.T) {
	broker := m.brokers[rapid.IntRange(0, len(m.brokers)-1).Draw(t, "broker")]
	broker.set(rapid.Bool().Draw(t, "known"), rapid.Bool().Draw(t, "dumb"))
}

func (m *model) wait(t *rapid.T) {
	time.Sleep(time.Duration(rapid.SampledFrom([]int{1, 10, 30, 300, 1_000, 40_000}).Draw(t, "ms")) * time.Millisecond)
}

// settle waits until every hub has looked at the log, and checks that nobody lacks anything.
func (m *model) settle(t *rapid.T) {
	for _, r := range m.replicas {
		if err := r.hub.Sync(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for i, w := range m.watchers {
		if w.peer == nil {
			continue
		}
		w.listen(t)
		for _, channel := range w.channels {
			if committed := uint64(len(m.committed[channel])); w.seen[channel] != committed {
				t.Fatalf("watcher %d has seen %d events of %s, of %d", i, w.seen[channel], channel, committed)
			}
		}
	}
}

// check checks that what everybody has seen is right so far.
func (m *model) check(t *rapid.T) {
	for _, w := range m.watchers {
		if w.peer != nil {
			w.listen(t)
		}
	}
}

// listen takes what came. It must be the very next events.
func (w *watcher) listen(t *rapid.T) {
	for _, text := range w.peer.heard() {
		var f struct {
			Recovered *bool
			Channel   string
			N         uint64
			EventID   string `json:"event_id"`
		}
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		cursor, err := ParseCursor(f.EventID)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		switch {
		case f.Recovered != nil && (*f.Recovered != (w.last != "") || w.last != "" && f.EventID != w.last):
			t.Fatalf("came with %q and was greeted %s", w.last, text)
		case f.Recovered == nil && f.N != w.seen[f.Channel]+1:
			t.Fatalf("%s came after %d", text, w.seen[f.Channel])
		}
		for _, p := range cursor.Positions {
			w.seen[p.Channel] = p.Seq
		}
		w.last = f.EventID
	}
}
