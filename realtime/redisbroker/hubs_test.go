package redisbroker_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/realtime"
	"parley/realtime/redisbroker"
	"parley/realtime/redisbroker/redistest"
)

// checker is a socket that must get every event, once and in order, and stay open.
type checker struct {
	t    *testing.T
	name string

	mu   sync.Mutex
	next int
	news chan struct{} // cap 1
}

func check(t *testing.T, name string, r *replica) *checker {
	t.Helper()
	c := &checker{t: t, name: name, news: make(chan struct{}, 1)}
	before := r.hub.Stats().Connections
	r.watch(t, c.heard)
	for deadline := time.Now().Add(patience); r.hub.Stats().Connections == before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("does not join")
		}
	}
	return c
}

func (c *checker) heard(s said) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.N != c.next {
		c.t.Errorf("%s: event %d came, want %d", c.name, s.N, c.next)
	}
	c.next = s.N + 1
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// await waits until so many events have come. A socket that was closed never gets there.
func (c *checker) await(n int) {
	c.t.Helper()
	deadline := time.After(patience)
	for {
		c.mu.Lock()
		next := c.next
		c.mu.Unlock()
		if next >= n {
			return
		}
		select {
		case <-c.news:
		case <-deadline:
			c.t.Fatalf("%s: %d events came, of %d", c.name, next, n)
		}
	}
}

// TestWhateverBefallsRedisNoEventIsLostDoubledOrReordered has two hubs publish while something
// happens to their Redis and their modes change, and checks every event at a socket of each.
func TestWhateverBefallsRedisNoEventIsLostDoubledOrReordered(t *testing.T) {
	for name, befall := range map[string]func(t *testing.T, redis *redistest.Server, proxy *redistest.Proxy) (repair func()){
		"it is killed": func(_ *testing.T, redis *redistest.Server, _ *redistest.Proxy) func() {
			redis.Kill()
			return redis.Restart
		},
		"it freezes": func(_ *testing.T, redis *redistest.Server, _ *redistest.Proxy) func() {
			redis.Freeze()
			return redis.Thaw
		},
		"its subscriptions are cut": func(t *testing.T, redis *redistest.Server, _ *redistest.Proxy) func() {
			killSubscribers(t, redis)
			return func() {}
		},
		"its subscriptions are silently detached": func(_ *testing.T, _ *redistest.Server, proxy *redistest.Proxy) func() {
			proxy.Detach()
			return func() {}
		},
		"all connections are cut": func(_ *testing.T, _ *redistest.Server, proxy *redistest.Proxy) func() {
			proxy.Cut()
			return func() {}
		},
	} {
		for _, mode := range []realtime.Mode{realtime.ModeDual, realtime.ModeRedis} {
			t.Run(fmt.Sprint(name, " in mode ", mode), func(t *testing.T) {
				t.Parallel()
				redis := redistest.Start(t)
				proxy := redistest.NewProxy(t, redis)
				log := realtime.NewMemoryLog("g")
				hubs := replicas(t, log, redisbroker.Config{URL: redis.URL()}, redisbroker.Config{URL: proxy.URL()})
				checkers := []*checker{check(t, "here", hubs[0]), check(t, "there", hubs[1])}
				for _, r := range hubs {
					r.hub.SetMode(mode)
				}
				p := &publisher{log: log, hubs: hubs}
				p.publish(200)
				repair := befall(t, redis, proxy)
				p.publish(200) // nobody may have noticed
				for _, c := range checkers {
					c.await(p.n) // without Redis
				}
				repair()
				p.publish(200)
				for _, r := range hubs {
					for ok, changed := r.broker.Health(); !ok; ok, changed = r.broker.Health() {
						<-changed
					}
				}
				hubs[0].hub.SetMode(realtime.ModeLocal)
				p.publish(50)
				hubs[0].hub.SetMode(realtime.ModeRedis)
				p.publish(50)
				for _, c := range checkers {
					c.await(p.n)
				}
			})
		}
	}
}

// publisher commits events and has the hubs publish them in turn.
type publisher struct {
	log  *realtime.MemoryLog
	hubs []*replica
	n    int
}

func (p *publisher) publish(events int) {
	for range events {
		p.hubs[p.n%len(p.hubs)].hub.Publish(says(p.log, p.n, ""))
		p.n++
		time.Sleep(time.Millisecond)
	}
}
