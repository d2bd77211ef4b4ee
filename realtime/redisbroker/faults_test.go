package redisbroker_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"parley/realtime"
	"parley/realtime/redisbroker"
	"parley/realtime/redisbroker/redistest"
)

// patience is how long a test waits for what must happen.
const patience = 60 * time.Second

// pair is two brokers of one Redis: Ada's publishes, Mina's wants channel t5.
type pair struct {
	t         *testing.T
	ada, mina *redisbroker.Broker

	mu    sync.Mutex
	heard map[string]bool
	news  chan struct{} // cap 1
}

func connected(t *testing.T, ada, mina redisbroker.Config) *pair {
	t.Helper()
	p := &pair{t: t, ada: open(t, ada), mina: open(t, mina), heard: make(map[string]bool), news: make(chan struct{}, 1)}
	p.mina.Subscribe("t5")
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = p.ada.Run(ctx, func(string, []byte) {}) })
	running.Go(func() { _ = p.mina.Run(ctx, p.receive) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	p.await(p.ada, true)
	p.await(p.mina, true)
	return p
}

func (p *pair) receive(_ string, message []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard[string(message)] = true
	select {
	case p.news <- struct{}{}:
	default:
	}
}

// await waits until a broker is well, or not.
func (p *pair) await(b realtime.Broker, want bool) {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		ok, changed := b.Health()
		if ok == want {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			p.t.Fatalf("well is %t, want %t", ok, want)
		}
	}
}

// awaitReconnect waits until a broker has a new connection. That it was not well in
// between may be over before anybody looks.
func (p *pair) awaitReconnect(b realtime.Broker, before uint64) {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		_, changed := b.Health()
		if b.Stats().Reconnects > before {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			p.t.Fatal("no new connection is made")
		}
	}
}

// talk publishes something and waits until it is heard. Where a connection was lost a
// message may be too: it says more until one comes.
func (p *pair) talk(about string) {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for n := 0; time.Now().Before(deadline); n++ {
		message := fmt.Sprintf("%s %d", about, n)
		p.ada.Publish("t5", []byte(message))
		select {
		case <-p.news:
		case <-time.After(50 * time.Millisecond):
		}
		p.mu.Lock()
		heard := len(p.heard) > 0
		clear(p.heard)
		p.mu.Unlock()
		if heard {
			return
		}
	}
	p.t.Fatalf("nothing is heard: %s; %+v, %+v", about, p.ada.Stats(), p.mina.Stats())
}

func TestARedisThatWasKilledIsFoundAgain(t *testing.T) {
	redis := redistest.Start(t)
	p := connected(t, redisbroker.Config{URL: redis.URL()}, redisbroker.Config{URL: redis.URL()})
	p.talk("before")
	redis.Kill()
	p.await(p.mina, false)
	p.await(p.ada, false)
	p.ada.Publish("t5", []byte("is lost"))
	redis.Restart()
	p.await(p.mina, true)
	p.await(p.ada, true)
	p.talk("after")
	if n := p.mina.Stats().Reconnects; n != 1 {
		t.Errorf("%d new connections are counted, want 1", n)
	}
	if p.ada.Stats().PublishErrors == 0 {
		t.Error("what was lost is not counted")
	}
}

func TestAFrozenRedisIsNoticed(t *testing.T) {
	redis := redistest.Start(t)
	p := connected(t, redisbroker.Config{URL: redis.URL()}, redisbroker.Config{URL: redis.URL()})
	redis.Freeze()
	p.await(p.mina, false)
	p.await(p.ada, false)
	redis.Thaw()
	p.await(p.mina, true)
	p.await(p.ada, true)
	p.talk("after")
}

func TestSubscriptionsThatAreCutAreMadeAgain(t *testing.T) {
	redis := redistest.Start(t)
	p := connected(t, redisbroker.Config{URL: redis.URL()}, redisbroker.Config{URL: redis.URL()})
	for range 3 {
		before := p.mina.Stats().Reconnects
		killSubscribers(t, redis)
		p.awaitReconnect(p.mina, before)
		p.talk("after")
	}
}

// killSubscribers has Redis close every connection that is subscribed to something.
func killSubscribers(t *testing.T, redis *redistest.Server) {
	t.Helper()
	conn, err := net.Dial("tcp", redis.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("CLIENT KILL TYPE pubsub\r\n")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 64)
	if n, err := conn.Read(answer); err != nil || answer[0] != ':' {
		t.Fatalf("CLIENT KILL: %q, %v", answer[:n], err)
	}
}

func TestASubscriptionThatIsSilentlyDetachedIsNoticed(t *testing.T) {
	redis := redistest.Start(t)
	proxy := redistest.NewProxy(t, redis)
	p := connected(t, redisbroker.Config{URL: redis.URL()}, redisbroker.Config{URL: proxy.URL()})
	p.talk("before")
	if n := proxy.Detach(); n != 1 {
		t.Fatalf("%d connections detached, want 1", n)
	}
	p.awaitReconnect(p.mina, 0)
	p.talk("after")
}

func TestARunEndsWhileRedisIsFrozen(t *testing.T) {
	redis := redistest.Start(t)
	p := connected(t, redisbroker.Config{URL: redis.URL()}, redisbroker.Config{URL: redis.URL()})
	redis.Freeze()
	for range 100 {
		p.ada.Publish("t5", make([]byte, 64<<10))
	}
}
