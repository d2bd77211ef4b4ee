package realtime

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// counted is a configuration that counts threads' channels apart from the others.
func counted(c *Config) {
	c.Group = func(channel string) string {
		if strings.HasPrefix(channel, "t") {
			return "threads"
		}
		return "others"
	}
}

// commitAt commits an event at a time that is known.
func (w *world) commitAt(channel, text string, at time.Time) Event {
	e := w.commit(channel, text)
	e.Committed = at
	return e
}

func TestDeliveriesAreCountedByGroupAndByTheWayTheyCame(t *testing.T) {
	inWorld(t, counted, func(w *world) {
		w.join(visit{user: "mina", channels: []string{"t5"}})
		w.join(visit{user: "finn", channels: []string{"t5"}})
		tomas := w.join(visit{user: "tomas", channels: []string{"f", "u7"}})
		w.post("t5", "published")
		w.post("u7", "published")
		w.commit("t5", "found by the follower")
		time.Sleep(2 * defaultFollow)
		synctest.Wait()
		tomas.vanish()
		w.join(visit{user: "tomas", channels: []string{"f", "u7"}, last: "g.f:0.u7:0"})

		m := w.hub.Metrics()
		if threads := m.Groups["threads"]; threads.Local != 2 || threads.Logged != 2 {
			t.Errorf("threads: %+v", threads)
		}
		if others := m.Groups["others"]; others.Local != 1 || others.Logged != 1 {
			t.Errorf("others, replayed once: %+v", others)
		}
		if len(m.Groups) != 2 || m.Delivered != 6 {
			t.Errorf("%+v", m)
		}
	})
}

func TestRepairsTellHolesFromWhatNobodyPublished(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.join(visit{user: "mina", channels: []string{"t5"}})
		w.commit("t5", "a")
		time.Sleep(2 * defaultFollow)
		synctest.Wait()
		if s := w.hub.Stats(); s.Repairs != 1 || s.Gaps != 0 || s.Repaired != 1 {
			t.Errorf("never published: %+v", s)
		}
		w.commit("t5", "b")
		w.commit("t5", "c")
		w.post("t5", "d")
		time.Sleep(2 * holePatience)
		synctest.Wait()
		if s := w.hub.Stats(); s.Repairs != 2 || s.Gaps != 1 || s.Repaired != 3 {
			t.Errorf("a hole before what was published: %+v", s)
		}
	})
}

func TestLatencyRunsFromTheCommitToTheWriteAndLeavesReplaysOut(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		finn := w.join(visit{user: "finn", channels: []string{"t5"}, deaf: true})
		if _, _, err := readFrame(finn.socket); err != nil { // the greeting
			t.Fatal(err)
		}
		w.hub.Publish(w.commitAt("t5", "a", time.Now().Add(-300*time.Millisecond)))
		w.hub.Publish(w.commitAt("t5", "b", time.Now()))
		w.hub.Publish(w.commitAt("t5", "c", time.Now().Add(time.Hour))) // a clock that is ahead
		w.post("t5", "d")                                               // nobody knows when
		synctest.Wait()
		time.Sleep(3 * time.Second)
		go finn.listen()
		synctest.Wait()
		w.join(visit{user: "mina", channels: []string{"t5"}, last: "g.t5:0"}).heard()

		latency := w.hub.Metrics().Latency
		want := map[float64]uint64{5: 2, 0.0001: 1}
		for i, n := range latency.Counts[:len(latency.Bounds)] {
			if n != want[latency.Bounds[i]] {
				t.Errorf("%d took up to %v s, want %d", n, latency.Bounds[i], want[latency.Bounds[i]])
			}
		}
		if got := latency.Sum; got < 6.29 || got > 6.31 {
			t.Errorf("%v s in sum", got)
		}
	})
}

func TestQueueIsMeasuredWhenAWriteHasEnded(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		finn := w.join(visit{user: "finn", channels: []string{"t5"}, deaf: true})
		for range 10 {
			w.post("t5", strings.Repeat("x", 1<<10))
		}
		go finn.listen()
		synctest.Wait()
		queue := w.hub.Metrics().Queue
		if got := slices.Index(queue.Bounds, 16<<10); queue.Counts[got] != 2 {
			t.Errorf("%v of %v", queue.Counts, queue.Bounds)
		}
	})
}

func TestFramesThatNeverArrivedAreCountedByTheReason(t *testing.T) {
	finn := visit{user: "finn", channels: []string{"f", "u7"}, deaf: true}
	for name, test := range map[string]struct {
		end  func(w *world, p *peer)
		want map[Failure]uint64
	}{
		"nothing is taken": {
			func(*world, *peer) { time.Sleep(writeTimeout) },
			map[Failure]uint64{FailedTooSlow: 2},
		},
		"the queue is full": {
			func(w *world, p *peer) { w.post("f", strings.Repeat("x", queueLimit)); <-p.conn.Done() },
			map[Failure]uint64{FailedTooSlow: 3},
		},
		"the peer vanishes": {
			func(_ *world, p *peer) { p.vanish() },
			map[Failure]uint64{FailedLost: 2},
		},
		"the peer takes nothing after a close": {
			func(_ *world, p *peer) { p.conn.Close(accessDenied); <-p.conn.Done() },
			map[Failure]uint64{FailedTooSlow: 2},
		},
		"the peer takes all": {
			func(_ *world, p *peer) { go p.listen() },
			map[Failure]uint64{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				p := w.join(finn)
				if _, _, err := readFrame(p.socket); err != nil {
					t.Fatal(err)
				}
				w.post("f", "is being written")
				synctest.Wait()
				w.post("u7", "waits")
				synctest.Wait() // or what comes next might be handed out first
				test.end(w, p)
				synctest.Wait()
				failed := w.hub.Metrics().Groups[""].Failed
				maps.DeleteFunc(failed, func(_ Failure, n uint64) bool { return n == 0 })
				if !maps.Equal(failed, test.want) {
					t.Errorf("failed %v, want %v", failed, test.want)
				}
				p.socket.Close()
			})
		})
	}
}

func TestStatesThatANewerOneReplacesAreCounted(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.join(visit{user: "finn", channels: []string{"t5"}, deaf: true})
		for range 3 {
			p.conn.Send(Message{Lane: State, Key: "count", Frame: []byte("1")})
		}
		p.conn.Send(Message{Lane: State, Key: "other", Frame: []byte("1")})
		if n := w.hub.Stats().Replaced; n != 2 {
			t.Errorf("%d replaced", n)
		}
	})
}
