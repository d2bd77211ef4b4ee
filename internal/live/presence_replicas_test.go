package live

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"parley"
	"parley/realtime"
)

// rooms are the presences of several replicas that gossip with each other. here is how
// many people watch the one thread on each; shown is what its sockets were told last.
type rooms struct {
	presences []*presence
	here      []int
	shown     []int
	told      int // times that replicas told each other
	cut       bool
}

const thread = 5

func newRooms(t *testing.T, replicas int) *rooms {
	r := &rooms{here: make([]int, replicas), shown: make([]int, replicas)}
	for i := range replicas {
		r.presences = append(r.presences, newPresence(presenceConfig{
			count: func(int64) int { return r.here[i] },
			cast: func(threadID int64, m realtime.Message) {
				var frame parley.PresenceFrame
				if err := json.Unmarshal(m.Frame, &frame); err != nil || frame.ThreadID != threadID {
					t.Errorf("%s in thread %d", m.Frame, threadID)
				}
				r.shown[i] = frame.Viewers
			},
			gossip: func(threadID int64, n presenceNews) {
				r.told++
				for other, p := range r.presences {
					if other != i && !r.cut {
						p.hear(threadID, uint64(i)+1, n)
					}
				}
			},
		}))
	}
	return r
}

// moves changes how many people watch on a replica.
func (r *rooms) moves(replica, people int) {
	r.here[replica] = people
	r.presences[replica].left(thread)
}

// passes lets seconds go by.
func (r *rooms) passes(seconds int) {
	for range seconds {
		time.Sleep(time.Second)
		for _, p := range r.presences {
			p.tell(time.Now())
		}
	}
}

func (r *rooms) show(t *testing.T, want ...int) {
	t.Helper()
	for i := range want {
		if r.shown[i] != want[i] {
			t.Errorf("replica %d shows %d viewers, want %d", i, r.shown[i], want[i])
		}
	}
}

func TestViewersAreSummedOverReplicas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRooms(t, 3)
		r.moves(0, 2)
		r.passes(2)
		r.moves(1, 3)
		r.passes(2)
		r.show(t, 5, 5, 0) // nobody is there on the third
		r.moves(2, 1)
		r.passes(2)
		r.show(t, 6, 6, 6)
		r.moves(0, 1)
		r.moves(1, 0)
		r.passes(2)
		r.show(t, 2, 6, 2) // on the second nobody is left to be told
		before := r.told
		r.passes(10)
		if n := r.told - before; n > 4 {
			t.Errorf("%d times told in 10 s in which nothing changed", n)
		}
	})
}

func TestAReplicaThatSaysNoMoreDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRooms(t, 2)
		r.moves(0, 1)
		r.moves(1, 1)
		r.passes(3)
		r.show(t, 2, 2)
		r.cut = true
		r.passes(20)
		r.show(t, 2, 2)
		r.passes(15)
		r.show(t, 1, 1)
		r.cut = false
		r.passes(12)
		r.show(t, 2, 2)
		if n := len(r.presences[0].others); n != 1 {
			t.Errorf("%d threads are remembered", n)
		}
		r.moves(1, 0)
		r.passes(2)
		if len(r.presences[0].others) > 0 || len(r.presences[1].reported) > 0 {
			t.Error("something is remembered of a thread that nobody watches there")
		}
	})
}
