package redisbroker_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/realtime"
	"parley/realtime/redisbroker"
	"parley/realtime/redisbroker/redistest"
)

// replica is a hub of a log that others share, with an address to connect to.
type replica struct {
	hub    *realtime.Hub
	broker *redisbroker.Broker
	url    string
}

// replicas starts hubs of one log that share a Redis, and waits until they have found it.
func replicas(t testing.TB, log *realtime.MemoryLog, configs ...redisbroker.Config) (all []*replica) {
	t.Helper()
	for _, config := range configs {
		broker := open(t, config)
		hub := realtime.New(realtime.Config{Log: log, Broker: broker, Mode: realtime.ModeDual, Logger: slog.New(slog.DiscardHandler)})
		ctx, stop := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { _ = hub.Run(ctx) })
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { join(hub, log, w, r) }))
		t.Cleanup(func() {
			stop()
			running.Wait()
			server.Close()
		})
		all = append(all, &replica{hub, broker, server.URL})
	}
	for _, r := range all {
		for ok, changed := r.broker.Health(); !ok; ok, changed = r.broker.Health() {
			<-changed
		}
	}
	return all
}

func join(hub *realtime.Hub, log *realtime.MemoryLog, w http.ResponseWriter, r *http.Request) {
	conn, err := realtime.Upgrade(w, r, realtime.UpgradeConfig{})
	if err != nil {
		return
	}
	err = hub.Join(r.Context(), conn, realtime.JoinRequest{Admit: func(context.Context) (realtime.Admission, error) {
		return realtime.Admission{Channels: []realtime.Head{{Channel: "t5", Seq: log.Head("t5")}}}, nil
	}})
	if err != nil {
		conn.Close(realtime.CloseReason{Code: 1011, Reason: err.Error()})
	}
}

// said is an event of the tests: what it says is its number.
type said struct {
	N int `json:"n"`
}

// says commits an event and returns it.
func says(log *realtime.MemoryLog, n int, padding string) realtime.Event {
	e := log.Append("t5", func() realtime.Event {
		return realtime.Event{Frame: fmt.Appendf(nil, `{"n":%d,"text":%q}`, n, padding)}
	})
	e.Committed = time.Now()
	return e
}

// watch opens a socket and calls heard for each event that comes, until the test ends.
func (r *replica) watch(t testing.TB, heard func(said)) {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), r.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	t.Cleanup(func() {
		ws.CloseNow()
		reading.Wait()
	})
	reading.Go(func() {
		for {
			_, text, err := ws.Read(context.Background())
			if err != nil {
				return
			}
			var s said
			if err := json.Unmarshal(text, &s); err != nil {
				t.Errorf("%s: %v", text, err)
			}
			heard(s)
		}
	})
}

// delays are how long events took, by their number.
type delays struct {
	mu   sync.Mutex
	sent map[int]time.Time
	took []time.Duration
	news chan struct{} // cap 1
}

func newDelays() *delays { return &delays{sent: make(map[int]time.Time), news: make(chan struct{}, 1)} }

func (d *delays) begin(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent[n] = time.Now()
}

func (d *delays) end(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at, known := d.sent[n]; known {
		d.took = append(d.took, time.Since(at))
	}
	select {
	case d.news <- struct{}{}:
	default:
	}
}

func (d *delays) await(b *testing.B, n int) {
	b.Helper()
	deadline := time.After(patience)
	for {
		d.mu.Lock()
		got := len(d.took)
		d.mu.Unlock()
		if got >= n {
			return
		}
		select {
		case <-d.news:
		case <-deadline:
			b.Fatalf("%d came, of %d", got, n)
		}
	}
}

func (d *delays) report(b *testing.B, name string) {
	slices.Sort(d.took)
	for _, percent := range []int{50, 99} {
		at := d.took[min(len(d.took)-1, len(d.took)*percent/100)]
		b.ReportMetric(float64(at.Microseconds())/1000, fmt.Sprintf("%s-p%d-ms", name, percent))
	}
}

// BenchmarkNodeToNode is how long an event of 300 bytes takes, 100 a second: to a socket of the
// same hub, to one of another hub, and what Redis alone needs from PUBLISH to the message. Run it
// with -benchtime 1000x.
func BenchmarkNodeToNode(b *testing.B) {
	redis := redistest.Start(b)
	log := realtime.NewMemoryLog("bench")
	config := redisbroker.Config{URL: redis.URL(), Prefix: "bench:"}
	hubs := replicas(b, log, config, config)
	here, there, bare := newDelays(), newDelays(), newDelays()
	hubs[0].watch(b, func(s said) { here.end(s.N) })
	hubs[1].watch(b, func(s said) { there.end(s.N) })
	raw := subscribeRaw(b, redis, func(message string) { n, _ := strconv.Atoi(message[:8]); bare.end(n) })
	padding := strings.Repeat("x", 260)
	hubs[0].hub.Publish(says(log, -1, padding)) // the way is known
	time.Sleep(time.Second)
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	b.ResetTimer()
	for n := range b.N {
		<-pace.C
		e := says(log, n, padding)
		here.begin(n)
		there.begin(n)
		hubs[0].hub.Publish(e)
		<-pace.C
		bare.begin(n)
		raw.command(b, "PUBLISH", "raw", fmt.Sprintf("%08d%s", n, padding))
	}
	for name, d := range map[string]*delays{"local": here, "other": there, "redis": bare} {
		d.await(b, b.N)
		d.report(b, name)
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkPublishing is what an event of 300 bytes costs Redis when so many hubs have viewers.
func BenchmarkPublishing(b *testing.B) {
	for _, hubs := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprint("hubs=", hubs), func(b *testing.B) {
			redis := redistest.Start(b)
			log := realtime.NewMemoryLog("bench")
			config := redisbroker.Config{URL: redis.URL(), Prefix: "bench:"}
			all := replicas(b, log, slices.Repeat([]redisbroker.Config{config}, hubs)...)
			come := make([]atomic.Int64, hubs)
			for i, r := range all {
				r.watch(b, func(s said) { come[i].Store(int64(s.N) + 1) })
			}
			raw := dialRaw(b, redis)
			padding := strings.Repeat("x", 260)
			time.Sleep(time.Second) // all are subscribed
			before := raw.stats(b)
			b.ResetTimer()
			for n := range b.N {
				all[0].hub.Publish(says(log, n, padding))
				for i := range all { // as fast as the sockets take them
					for come[i].Load() < int64(n-100) {
						time.Sleep(100 * time.Microsecond)
					}
				}
			}
			for i := range all {
				for come[i].Load() < int64(b.N) {
					time.Sleep(100 * time.Microsecond)
				}
			}
			after := raw.stats(b)
			for name, unit := range map[string]string{
				"total_commands_processed": "commands/op", "total_net_input_bytes": "bytes-in/op", "total_net_output_bytes": "bytes-out/op",
			} {
				b.ReportMetric(float64(after[name]-before[name])/float64(b.N), unit)
			}
		})
	}
}

// rawClient speaks to Redis in its own words.
type rawClient struct {
	conn  net.Conn
	lines *bufio.Reader
}

func dialRaw(t testing.TB, redis *redistest.Server) *rawClient {
	t.Helper()
	conn, err := net.Dial("tcp", redis.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &rawClient{conn, bufio.NewReader(conn)}
}

func (c *rawClient) say(t testing.TB, words ...string) {
	t.Helper()
	command := fmt.Sprintf("*%d\r\n", len(words))
	for _, word := range words {
		command += fmt.Sprintf("$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := io.WriteString(c.conn, command); err != nil {
		t.Fatal(err)
	}
}

// command says something and returns the first line of the answer.
func (c *rawClient) command(t testing.TB, words ...string) string {
	t.Helper()
	c.say(t, words...)
	line, err := c.lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// stats returns what Redis has counted.
func (c *rawClient) stats(t testing.TB) map[string]int64 {
	t.Helper()
	size, err := strconv.Atoi(strings.TrimPrefix(c.command(t, "INFO", "stats"), "$"))
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, size+2)
	if _, err := io.ReadFull(c.lines, text); err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int64)
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		counts[name], _ = strconv.ParseInt(value, 10, 64)
	}
	return counts
}

// subscribeRaw calls heard with each message of the channel raw, and returns a client to
// publish with.
func subscribeRaw(t testing.TB, redis *redistest.Server, heard func(message string)) *rawClient {
	t.Helper()
	subscriber, publisher := dialRaw(t, redis), dialRaw(t, redis)
	subscriber.say(t, "SUBSCRIBE", "raw")
	var reading sync.WaitGroup
	reading.Go(func() {
		for lines := 1; ; lines++ {
			line, err := subscriber.lines.ReadString('\n')
			if err != nil {
				return
			}
			if lines > 6 && lines%7 == 6 { // the last of the seven that a message has
				heard(line)
			}
		}
	})
	t.Cleanup(func() {
		subscriber.conn.Close()
		reading.Wait()
	})
	return publisher
}
