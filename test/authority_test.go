package test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// loss is a way in which Finn, who pays $5, loses his sockets, or that of a thread.
type loss struct {
	name  string
	cause func(c *cluster, ada, finn *person, name string, thread int64)
	ends  string               // which of his sockets
	code  websocket.StatusCode // with which; 0: he may not, as he is
}

var losses = []loss{
	{"signing out", func(_ *cluster, _, finn *person, _ string, _ int64) {
		finn.must("POST", "/api/auth/logout", struct{}{}, nil)
	}, "global thread", 0},
	{"the session ended from another device", func(c *cluster, _, finn *person, name string, _ int64) {
		var listed struct {
			Sessions []struct {
				PublicID string `json:"public_id"`
			}
		}
		finn.must("GET", "/api/auth/sessions", nil, &listed)
		other := signIn(finn.t, c.replicas[0], name)
		for _, s := range listed.Sessions {
			other.must("DELETE", "/api/auth/sessions/"+s.PublicID, nil, nil)
		}
	}, "global thread", 0},
	{"the membership lowered", func(_ *cluster, ada, finn *person, _ string, _ int64) {
		ada.must("PATCH", fmt.Sprintf("/api/admin/users/%d", finn.id()), map[string]int{"amount_cents": 0}, nil)
	}, "thread", 0},
	{"the role taken", func(_ *cluster, ada, finn *person, _ string, thread int64) {
		user := fmt.Sprintf("/api/admin/users/%d", finn.id())
		ada.must("PATCH", user, map[string]string{"role": "team"}, nil)
		ada.must("PATCH", fmt.Sprintf("/api/forum/threads/%d", thread), map[string]bool{"is_private": true}, nil)
		ada.must("PATCH", user, map[string]string{"role": "member"}, nil)
	}, "thread", 0},
	{"suspension", func(_ *cluster, ada, finn *person, _ string, _ int64) {
		ada.must("POST", fmt.Sprintf("/api/forum/moderation/users/%d/suspend", finn.id()), map[string]string{"reason": "For a test"}, nil)
	}, "global thread", 0},
	{"the thread's tier raised", func(_ *cluster, ada, finn *person, name string, thread int64) {
		tier := ada.addTier("The price of "+name, 1000)
		ada.must("PATCH", fmt.Sprintf("/api/forum/threads/%d", thread), map[string]int64{"min_tier_id": tier}, nil)
	}, "thread", 0},
	{"the thread made private", func(_ *cluster, ada, _ *person, _ string, thread int64) {
		ada.must("PATCH", fmt.Sprintf("/api/forum/threads/%d", thread), map[string]bool{"is_private": true}, nil)
	}, "thread", 0},
	{"the thread deleted", func(_ *cluster, ada, _ *person, _ string, thread int64) {
		ada.must("DELETE", fmt.Sprintf("/api/forum/threads/%d", thread), nil, nil)
	}, "thread", websocket.StatusNormalClosure},
	{"deactivation by a command", func(c *cluster, _, finn *person, name string, _ int64) {
		run(finn.t, "", "user", "deactivate", name, "--db", c.db)
	}, "global thread", 0},
}

// id returns the person's.
func (p *person) id() int64 {
	p.t.Helper()
	var me struct{ User struct{ ID int64 } }
	p.must("GET", "/api/auth/me", nil, &me)
	return me.User.ID
}

// TestSocketsEndOnAllReplicas takes people's rights away on one replica while their
// sockets are on another.
func TestSocketsEndOnAllReplicas(t *testing.T) {
	c := startCluster(t, 2)
	one, two := c.replicas[0], c.replicas[1]
	ada := signIn(t, one, "Ada")
	tier := ada.addTier("Regulars", 500)
	rows := []string{"| lost by | sockets on another replica closed after |", "| --- | --- |"}
	for i, bus := range []string{"with Redis", "without Redis"} {
		if bus == "without Redis" {
			c.redis.Kill()
		}
		for k, loss := range losses {
			t.Run(loss.name+" "+bus, func(t *testing.T) {
				ada := ada.in(t)
				name := fmt.Sprintf("Finn_%d_%d", i, k)
				addUser(t, c.db, name, "member", "--amount-cents", "500")
				thread := ada.startThread(loss.name, "min_tier_id", tier)
				finn := signIn(t, one, name)
				there := finn.at(two)
				sockets := map[string]*listener{
					"global": there.listen("/api/forum/ws/global"),
					"thread": there.listen(fmt.Sprintf("/api/forum/ws/thread/%d", thread)),
				}
				loss.cause(c.with(t), ada, finn, name, thread)
				lost := time.Now()
				for which := range strings.FieldsSeq(loss.ends) {
					sockets[which].isEnded(which, cmp.Or(loss.code, websocket.StatusPolicyViolation))
				}
				took := time.Since(lost)
				rows = append(rows, fmt.Sprintf("| %s, %s | %v |", loss.name, bus, took.Round(time.Millisecond)))
				if most := time.Duration(1+i) * time.Second; *long && took > most {
					t.Errorf("his sockets were closed after %v, want %v at most", took, most)
				}
			})
		}
	}
	tell(t, rows)
}

// TestAccessLostAndGainedBetweenReplicas gives and takes Mina the right to a thread
// again and again on one replica while another commits messages to it: she never
// sees a message before she may again, and in the end has seen all.
func TestAccessLostAndGainedBetweenReplicas(t *testing.T) {
	c := startCluster(t, 2)
	one, two := c.replicas[0], c.replicas[1]
	ada, mina := signIn(t, one, "Ada"), signIn(t, two, "Mina")
	thread := ada.startThread("Now you see me")
	path := fmt.Sprintf("/api/forum/threads/%d", thread)

	w := &visitor{watcher: newWatcher(*mina, thread, []string{two.URL, one.URL}, 0)}
	w.show()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var watching sync.WaitGroup
	watching.Go(func() { w.visit(ctx) })
	<-w.joined

	var posted []int64
	post := func(at *program) {
		var m struct{ ID int64 }
		ada.at(at).must("POST", path+"/messages", map[string]string{"content": "Peekaboo"}, &m)
		posted = append(posted, m.ID)
	}
	for i := range 20 {
		here, there := c.replicas[i%2], c.replicas[(i+1)%2]
		if i%4 != 3 { // now and then she is just coming back
			eventually(t, "Mina has seen what was posted", func() bool { return len(w.seen()) >= len(posted) })
		}
		w.hide()
		ada.at(here).must("PATCH", path, map[string]bool{"is_private": true}, nil)
		hidden := len(posted)
		post(there)
		post(here)
		w.mustNotHaveSeen(t, posted[hidden:])
		ada.at(there).must("PATCH", path, map[string]bool{"is_private": false}, nil)
		w.show()
		post(here)
		post(there)
	}
	eventually(t, "Mina has seen everything", func() bool { return len(w.seen()) >= len(posted) })
	cancel()
	watching.Wait()
	if seen := w.seen(); !slices.Equal(seen, posted) {
		t.Errorf("Mina saw %v, posted were %v", seen, posted)
	}
	if w.lost > 0 {
		t.Errorf("Mina's socket could not go on where it was %d times", w.lost)
	}
}

// visitor is a watcher who is shut out now and then, and knows when to come back.
type visitor struct {
	*watcher
	gate   sync.Mutex
	public chan struct{} // closed while they may come
}

func (v *visitor) hide() {
	v.gate.Lock()
	defer v.gate.Unlock()
	v.public = make(chan struct{})
}

func (v *visitor) show() {
	v.gate.Lock()
	defer v.gate.Unlock()
	if v.public == nil {
		v.public = make(chan struct{})
	}
	close(v.public)
}

// visit follows the thread until ctx ends, whenever it is public.
func (v *visitor) visit(ctx context.Context) {
	last := ""
	for i := 0; ctx.Err() == nil; i++ {
		v.gate.Lock()
		public := v.public
		v.gate.Unlock()
		select {
		case <-public:
			v.base = v.homes[i%len(v.homes)]
			last = v.follow(ctx, last)
		case <-ctx.Done():
		}
	}
}

// mustNotHaveSeen fails the test if something came through that is hidden now, also
// after as long as it would take to come.
func (v *visitor) mustNotHaveSeen(t *testing.T, hidden []int64) {
	t.Helper()
	for range 5 {
		for _, id := range v.seen() {
			if slices.Contains(hidden, id) {
				t.Fatalf("Mina saw message %d while the thread was private", id)
			}
		}
		time.Sleep(20 * time.Millisecond) // nothing tells that nothing comes
	}
}

// TestTiersLostAndGainedBetweenReplicas downgrades Mina again and again while paid
// threads are started on either replica: her global socket, which stays open, names
// those alone that she could see when they were started.
func TestTiersLostAndGainedBetweenReplicas(t *testing.T) {
	c := startCluster(t, 2)
	ada, mina := signIn(t, c.replicas[0], "Ada"), signIn(t, c.replicas[1], "Mina")
	var windows []*listener
	for _, p := range c.replicas {
		windows = append(windows, mina.at(p).listen("/api/forum/ws/global"))
	}
	paid := ada.addTier("Patrons", 500)
	var want []int64
	for i := range 6 {
		run(t, "", "user", "set", "Mina", "--amount-cents", "0", "--db", c.db)
		ada.at(c.replicas[i%2]).startThread("Not for Mina", "min_tier_id", paid)
		run(t, "", "user", "set", "Mina", "--amount-cents", "500", "--db", c.db)
		want = append(want, ada.at(c.replicas[(i+1)%2]).startThread("For Mina", "min_tier_id", paid))
	}
	for _, w := range windows {
		eventually(t, "Mina hears of all threads that are for her", func() bool { return len(w.newThreads()) >= len(want) })
		if got := w.newThreads(); !slices.Equal(got, want) {
			t.Errorf("Mina heard of the threads %v, want %v", got, want)
		}
	}
}

// newThreads returns the ids of the threads that were announced.
func (l *listener) newThreads() (ids []int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.frames {
		if f.Type == "new_thread_created" {
			ids = append(ids, f.Thread.ID)
		}
	}
	return ids
}
