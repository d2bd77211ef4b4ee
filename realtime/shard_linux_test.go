package realtime

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// realWorld returns a world with a running hub, real sockets and real time.
func realWorld(t *testing.T, config Config) *world {
	t.Helper()
	w := &world{t: t, log: &probeLog{MemoryLog: NewMemoryLog("g")}}
	config.Log, config.Control, config.Logger = w.log, "control", slog.New(slog.DiscardHandler)
	w.hub = New(config)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var one sync.Mutex // otherwise two might get each other's end
	w.dial = func(config UpgradeConfig, join func(*Conn)) (net.Conn, *Conn) {
		one.Lock()
		defer one.Unlock()
		theirs, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		ours, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c := connect(ours, opening{}, config)
		if c.transport.home() == nil {
			t.Error("not served by a shard")
		}
		go join(c)
		return theirs, c
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- w.hub.Run(ctx) }()
	t.Cleanup(func() {
		listener.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return w
}

// come connects somebody and joins them to a channel.
func (w *world) come(channel string, config UpgradeConfig) (net.Conn, *Conn) {
	w.t.Helper()
	joined := make(chan error, 1)
	client, c := w.dial(config, func(c *Conn) {
		joined <- w.hub.Join(w.t.Context(), c, JoinRequest{Admit: func(context.Context) (Admission, error) {
			return w.admission(visit{user: fmt.Sprint(c.ID()), channels: []string{channel}}), nil
		}})
	})
	if err := <-joined; err != nil {
		w.t.Fatal(err)
	}
	return client, c
}

func TestOrderExactlyOnceAndCompletenessOnRealSockets(t *testing.T) {
	l := &ledger{banned: make(map[string]bool), slow: 30 * time.Millisecond}
	w := realWorld(t, Config{Authority: l})
	l.hub, l.log = w.hub, w.log
	c := &chaos{world: w, seed: 1, commitsEach: 100, quiet: make(chan struct{})}
	c.run()
}

func TestIdleConnectionsHaveNoGoroutines(t *testing.T) {
	w := realWorld(t, Config{})
	for range 2 * runtime.GOMAXPROCS(0) { // all shards run
		client, _ := w.come("t5", UpgradeConfig{})
		defer client.Close()
	}
	before := runtime.NumGoroutine()
	for range 100 {
		client, _ := w.come("t5", UpgradeConfig{})
		defer client.Close()
	}
	eventually(t, func() bool { return runtime.NumGoroutine() <= before })
}

func TestDescriptorsAreGivenBack(t *testing.T) {
	w := realWorld(t, Config{})
	warm, c := w.come("t5", UpgradeConfig{}) // the runtime opens some of its own
	warm.Close()
	<-c.Done()
	eventually(t, func() bool {
		return !slices.ContainsFunc(shards(), func(s *shard) bool { return !s.stopped() })
	})
	before := openFiles(t)
	ends := []func(net.Conn, *Conn){
		func(client net.Conn, _ *Conn) { client.Close() },
		func(_ net.Conn, c *Conn) { c.Close(CloseGoingAway) },
		func(_ net.Conn, c *Conn) { c.Close(CloseLost) },
		func(client net.Conn, _ *Conn) { client.Write([]byte("nonsense")) },
		func(client net.Conn, _ *Conn) { client.Write(closing(1000, "")) },
		func(client net.Conn, _ *Conn) { client.(*net.TCPConn).SetLinger(0); client.Close() },
	}
	for i := range 10 * len(ends) {
		client, c := w.come("t5", UpgradeConfig{})
		go io.Copy(io.Discard, client)
		ends[i%len(ends)](client, c)
		time.AfterFunc(time.Millisecond, func() { client.Close() })
		<-c.Done()
	}
	eventually(t, func() bool { return openFiles(t) <= before })
}

// stopped reports whether the shard has no goroutine.
func (s *shard) stopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.running
}

func TestFullSocketIsWrittenToWhenThereIsRoom(t *testing.T) {
	w := realWorld(t, Config{})
	client, c := w.come("t5", UpgradeConfig{})
	defer client.Close()
	body := strings.Repeat("x", 10<<10)
	posted := 0
	for c.waiting() < queueLimit/2 { // until the kernel takes no more
		w.post("t5", fmt.Sprint(posted, body))
		posted++
		if err := w.hub.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range posted {
		op, payload, err := readFrame(client)
		if want := frame(fmt.Sprint(i, body), fmt.Sprint("g.t5:", i+1)); err != nil || op != ws.OpText || string(payload) != want {
			t.Fatalf("frame %d of %d: %.50q, %v", i, posted, payload, err)
		}
	}
	eventually(t, func() bool { return c.waiting() == 0 })
	if n := w.hub.Stats().Overflows; n != 0 {
		t.Errorf("%d overflows", n)
	}
}

func TestHotChannelDoesNotKeepPingsFromBeingAnswered(t *testing.T) {
	w := realWorld(t, Config{})
	var background sync.WaitGroup
	defer background.Wait()
	for range 300 {
		client, _ := w.come("t5", UpgradeConfig{})
		defer client.Close()
		background.Go(func() { _, _ = io.Copy(io.Discard, client) })
	}
	client, _ := w.come("t6", UpgradeConfig{})
	defer client.Close()
	answered := make(chan struct{})
	background.Go(func() {
		for {
			select {
			case <-answered:
				return
			default:
				for range 8 {
					w.post("t5", "hot")
				}
				_ = w.hub.Sync(t.Context()) // as hot as the shards can bear
			}
		}
	})
	client.SetDeadline(time.Now().Add(30 * time.Second))
	for i := range 20 {
		client.Write(ping(fmt.Sprint(i)))
		if op, payload, err := readFrame(client); err != nil || op != ws.OpPong || string(payload) != fmt.Sprint(i) {
			t.Errorf("ping %d: answered %v %q, %v", i, op, payload, err)
		}
	}
	close(answered)
}

func TestSocketThatIsClosedWhileItsShardIsBusyEndsOnce(t *testing.T) {
	w := realWorld(t, Config{})
	var ends sync.Map
	var background sync.WaitGroup
	for range 50 {
		client, c := w.come("t5", UpgradeConfig{OnClose: func(c *Conn, _ CloseReason) {
			if _, twice := ends.LoadOrStore(c, true); twice {
				t.Error("ended twice")
			}
		}})
		background.Go(func() { _, _ = io.Copy(io.Discard, client) })
		background.Go(func() { c.Close(CloseGoingAway); client.Close(); c.Close(CloseLost); <-c.Done() })
		w.post("t5", "news")
	}
	background.Wait()
}
