package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// TestOrderExactlyOnceAndCompletenessUnderChaos lets publishers lose, repeat and reorder what they
// publish while the authority is slow and connections come, read at their own speed, vanish and
// resume; each of them checks every frame it gets.
func TestOrderExactlyOnceAndCompletenessUnderChaos(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			inGovernedWorld(t, nil, func(w *world, l *ledger) {
				l.set(nil, 30*time.Millisecond)
				c := &chaos{world: w, seed: seed, commitsEach: 300, quiet: make(chan struct{})}
				c.run()
			})
		})
	}
}

type chaos struct {
	*world
	replicas    []*world // nil: the one
	seed        uint64
	commitsEach int // of each publisher

	commits    sync.Mutex
	publishers sync.WaitGroup
	visitors   sync.WaitGroup
	quiet      chan struct{} // closed when everything is committed
}

func (c *chaos) run() {
	if c.replicas == nil {
		c.replicas = []*world{c.world}
	}
	for i := range uint64(4) {
		c.publishers.Go(func() { c.publish(rand.New(rand.NewPCG(c.seed, i))) })
	}
	for i := range uint64(12) {
		channels := []string{fmt.Sprint("t", i%3)}
		if i%2 == 0 {
			channels = []string{"f", fmt.Sprint("u", i%3)}
		}
		v := &visitor{
			chaos: c, random: rand.New(rand.NewPCG(c.seed, 100+i)),
			name: fmt.Sprint("visitor ", i), channels: channels, seen: make(map[string]uint64),
		}
		c.visitors.Go(v.live)
	}
	if len(c.replicas) > 1 {
		c.visitors.Go(func() { c.switchModes(rand.New(rand.NewPCG(c.seed, 200))) })
	}
	c.publishers.Wait()
	close(c.quiet)
	c.visitors.Wait()
	for _, w := range c.replicas {
		if s := w.hub.Stats(); s.Repaired == 0 || s.Duplicates == 0 || s.Delivered == 0 || s.Overflows > 0 {
			c.t.Errorf("not the chaos that was meant: %+v", s)
		}
	}
}

// somewhere returns one of the replicas.
func (c *chaos) somewhere(r *rand.Rand) *world { return c.replicas[r.IntN(len(c.replicas))] }

// switchModes changes what the replicas do with their bus, one at a time.
func (c *chaos) switchModes(r *rand.Rand) {
	for {
		select {
		case <-c.quiet:
			return
		case <-time.After(time.Duration(r.IntN(100)) * time.Millisecond):
			c.somewhere(r).hub.SetMode(Mode(r.IntN(int(ModeRedis) + 1)))
		}
	}
}

// hidden says which events have nothing to show.
func hidden(n uint64) bool { return n%7 == 0 }

// publish commits events and publishes some of them.
func (c *chaos) publish(r *rand.Rand) {
	channels := []string{"t0", "t1", "t2", "f", "u0", "u1", "u2"}
	for range c.commitsEach {
		e := c.commit(channels[r.IntN(len(channels))], r.IntN(10) == 0)
		times := []int{0, 1, 1, 1, 2}[r.IntN(5)]
		late, hub := time.Duration(r.IntN(30))*time.Millisecond, c.somewhere(r).hub
		for range times {
			c.publishers.Go(func() {
				time.Sleep(late)
				hub.Publish(e)
			})
		}
		time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
	}
}

// commit appends an event that knows its number, perhaps behind a change of rights.
func (c *chaos) commit(channel string, rights bool) Event {
	c.commits.Lock()
	defer c.commits.Unlock()
	if rights {
		c.log.Append("control", func() Event { return Event{} })
	}
	n, barrier := c.log.Head(channel)+1, c.log.Head("control")
	return c.log.Append(channel, func() Event {
		e := Event{Barrier: barrier, Rewrites: n%50 == 0}
		if !hidden(n) {
			e.Frame = fmt.Appendf(nil, `{"channel":%q,"n":%d,"padding":%q}`, channel, n, strings.Repeat("x", int(n%400)))
		}
		return e
	})
}

// visitor is somebody who comes again and again.
type visitor struct {
	*chaos
	random   *rand.Rand
	name     string
	channels []string
	last     string
	seen     map[string]uint64
}

func (v *visitor) live() {
	for {
		select {
		case <-v.quiet:
			for _, w := range v.replicas {
				if err := w.hub.Sync(context.Background()); err != nil {
					v.t.Error(err)
				}
			}
			v.visit(30*time.Second, v.caughtUp)
			for _, channel := range v.channels {
				if head := v.log.Head(channel); v.next(channel) <= head {
					v.t.Errorf("%s ended at %d of %s, whose head is %d", v.name, v.seen[channel], channel, head)
				}
			}
			return
		default:
			v.visit(time.Duration(v.random.IntN(1500))*time.Millisecond, func() bool { return false })
			time.Sleep(time.Duration(v.random.IntN(500)) * time.Millisecond)
		}
	}
}

// caughtUp reports whether everything there is to see has been seen.
func (v *visitor) caughtUp() bool {
	for _, channel := range v.channels {
		if v.next(channel) <= v.log.Head(channel) {
			return false
		}
	}
	return true
}

// visit connects and reads for a while or until enough has come, sometimes slowly.
func (v *visitor) visit(stay time.Duration, enough func() bool) {
	hub := v.somewhere(v.random).hub
	v.visitors.Add(1)
	theirs, _ := v.dial(UpgradeConfig{}, func(conn *Conn) {
		defer v.visitors.Done()
		_ = hub.Join(context.Background(), conn, JoinRequest{
			LastEventID: v.last,
			Admit: func(context.Context) (Admission, error) {
				v.commits.Lock()
				defer v.commits.Unlock()
				return v.admission(visit{user: v.name, channels: v.channels}), nil
			},
			Greet: func(g Greeting) []Message {
				return []Message{{Frame: fmt.Appendf(nil, `{"greeting":true,"recovered":%t,"event_id":%q}`, g.Recovered, g.EventID)}}
			},
		})
	})
	defer theirs.Close()
	pause := time.Duration(v.random.IntN(3)) * time.Millisecond
	theirs.SetReadDeadline(time.Now().Add(stay))
	for {
		op, payload, err := readFrame(theirs)
		if err != nil {
			break
		}
		if op == ws.OpText {
			v.check(payload)
		}
		if enough() {
			break
		}
		time.Sleep(pause)
	}
}

// next returns the next event of a channel that is shown.
func (v *visitor) next(channel string) uint64 {
	n := v.seen[channel] + 1
	if hidden(n) {
		n++
	}
	return n
}

// check says what a frame must be: the very next one of its channel, with an event id that never
// falls.
func (v *visitor) check(payload []byte) {
	var f struct {
		Greeting  bool
		Recovered bool
		Channel   string
		N         uint64
		EventID   string `json:"event_id"`
	}
	if err := json.Unmarshal(payload, &f); err != nil {
		v.t.Errorf("%s: %s: %v", v.name, payload, err)
		return
	}
	id, err := ParseCursor(f.EventID)
	if err != nil || len(id.Positions) != len(v.channels) {
		v.t.Errorf("%s: event id %q", v.name, f.EventID)
		return
	}
	if f.Greeting {
		if f.Recovered != (v.last != "") || f.Recovered && f.EventID != v.last {
			v.t.Errorf("%s came with %q and was greeted %s", v.name, v.last, payload)
		}
	} else if want := v.next(f.Channel); f.N != want {
		v.t.Errorf("%s: %s %d came, want %d", v.name, f.Channel, f.N, want)
	}
	for i, p := range id.Positions {
		if p.Channel != v.channels[i] || p.Seq < v.seen[p.Channel] || p.Channel == f.Channel && p.Seq != f.N {
			v.t.Errorf("%s: event id %q on %s %d after %v", v.name, f.EventID, f.Channel, f.N, v.seen)
		}
		v.seen[p.Channel] = p.Seq
	}
	v.last = f.EventID
}
