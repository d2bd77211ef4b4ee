package realtime

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

// world is a hub with its log in a synctest bubble, where time is a toy and silence can be proved.
type world struct {
	t   *testing.T
	log *probeLog
	hub *Hub

	dial       dial
	speechless bool // clients can say nothing
}

// dial makes a connection, has join called with it on a goroutine of its own, and returns the
// client's end of its socket.
type dial func(config UpgradeConfig, join func(*Conn)) (net.Conn, *Conn)

// dialStream makes a WebSocket with goroutines of its own.
func dialStream(*testing.T) dial {
	return func(config UpgradeConfig, join func(*Conn)) (net.Conn, *Conn) {
		ours, theirs := net.Pipe()
		c := connect(ours, opening{}, config)
		go join(c)
		return theirs, c
	}
}

// dialShard makes a WebSocket that a shard serves.
func dialShard(t *testing.T) dial {
	kernels := []*kernel{newKernel(), newKernel()}
	shards := []*shard{newShard(kernels[0].open), newShard(kernels[1].open)}
	return func(config UpgradeConfig, join func(*Conn)) (net.Conn, *Conn) {
		home := leastBusy(shards)
		fd, theirs := kernels[slices.Index(shards, home)].socket()
		c, err := home.adopt(fd, opening{}, config)
		if err != nil {
			t.Fatal(err)
		}
		go join(c)
		return theirs, c
	}
}

// transports are what connections may be: two kinds of WebSockets, and event streams.
var transports = map[string]func(*testing.T) dial{"stream": dialStream, "shard": dialShard, "events": dialEvents}

// onEachTransport runs a test in a bubble for each of them: whatever holds for one holds for the
// others.
func onEachTransport(t *testing.T, test func(w *world)) {
	t.Helper()
	for name, dial := range transports {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test(&world{t: t, log: &probeLog{MemoryLog: NewMemoryLog("g")}, dial: dial(t), speechless: name == "events"})
			})
		})
	}
}

// inWorldOfSockets is inWorld for what clients say, which they do on WebSockets alone.
func inWorldOfSockets(t *testing.T, configure func(*Config), test func(w *world)) {
	t.Helper()
	inWorld(t, configure, func(w *world) {
		if !w.speechless {
			test(w)
		}
	})
}

// inWorld runs a test with a running hub. Everything must have ended when it returns.
func inWorld(t *testing.T, configure func(*Config), test func(w *world)) {
	t.Helper()
	onEachTransport(t, func(w *world) {
		config := Config{Log: w.log, Control: "control", Logger: slog.New(slog.DiscardHandler)}
		if configure != nil {
			configure(&config)
		}
		w.hub = New(config)
		ctx, cancel := context.WithCancel(w.t.Context())
		ended := make(chan error)
		go func() { ended <- w.hub.Run(ctx) }()
		defer func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("Run: %v", err)
			}
		}()
		synctest.Wait()
		test(w)
	})
}

// commit appends an event without telling the hub.
func (w *world) commit(channel, text string) Event {
	return w.log.Append(channel, func() Event { return Event{Frame: fmt.Appendf(nil, `{"text":%q}`, text)} })
}

// post commits an event and publishes it.
func (w *world) post(channel, text string) { w.hub.Publish(w.commit(channel, text)) }

// frame is what a connection with one channel gets of an event made by commit.
func frame(text, id string) string { return fmt.Sprintf(`{"text":%q,"event_id":%q}`, text, id) }

func fresh(id string) string     { return fmt.Sprintf(`{"recovered":false,"event_id":%q}`, id) }
func recovered(id string) string { return fmt.Sprintf(`{"recovered":true,"event_id":%q}`, id) }

// probeLog is a memory log that counts, delays and fails.
type probeLog struct {
	*MemoryLog
	mu    sync.Mutex
	reads [][]Want
	fails error
	slow  time.Duration
}

func (l *probeLog) Read(ctx context.Context, wants []Want) ([]Page, error) {
	l.mu.Lock()
	l.reads = append(l.reads, slices.Clone(wants))
	fails, slow := l.fails, l.slow
	l.mu.Unlock()
	if fails != nil {
		return nil, fails
	}
	pages, err := l.MemoryLog.Read(ctx, wants)
	if slow > 0 {
		time.Sleep(slow) // the pages are those of a snapshot that grows old
	}
	return pages, err
}

func (l *probeLog) set(fails error, slow time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fails, l.slow = fails, slow
}

// takeReads returns the reads since it was last called.
func (l *probeLog) takeReads() [][]Want {
	l.mu.Lock()
	defer l.mu.Unlock()
	reads := l.reads
	l.reads = nil
	return reads
}

// visit is how somebody connects.
type visit struct {
	user     string
	channels []string
	last     string
	value    any
	deaf     bool // does not read until told to
	upgrade  UpgradeConfig
	admit    func(context.Context) (Admission, error)
	greet    func(Greeting) []Message
}

// peer is a client: it speaks WebSocket, by hand.
type peer struct {
	t      *testing.T
	conn   *Conn
	socket net.Conn
	joined chan error

	mu     sync.Mutex
	got    []string
	closed CloseReason
}

// join connects somebody as visit says.
func (w *world) join(v visit) *peer {
	w.t.Helper()
	p := &peer{t: w.t, joined: make(chan error, 1)}
	if v.admit == nil {
		v.admit = func(context.Context) (Admission, error) { return w.admission(v), nil }
	}
	if v.greet == nil {
		v.greet = func(g Greeting) []Message {
			return []Message{{Frame: fmt.Appendf(nil, `{"recovered":%t,"event_id":%q}`, g.Recovered, g.EventID)}}
		}
	}
	p.socket, p.conn = w.dial(v.upgrade, func(c *Conn) {
		p.joined <- w.hub.Join(context.Background(), c, JoinRequest{LastEventID: v.last, Admit: v.admit, Greet: v.greet})
	})
	if !v.deaf {
		go p.listen()
	}
	synctest.Wait()
	return p
}

// joinWith connects somebody with an admission read earlier.
func (w *world) joinWith(v visit, a Admission) *peer {
	v.admit = func(context.Context) (Admission, error) { return a, nil }
	return w.join(v)
}

func (w *world) admission(v visit) Admission {
	a := Admission{User: v.user, Value: v.value, Authority: w.log.Head("control")}
	for _, name := range v.channels {
		a.Channels = append(a.Channels, Head{name, w.log.Head(name)})
	}
	return a
}

// listen reads until the connection ends, and answers a close frame.
func (p *peer) listen() {
	for {
		op, payload, err := readFrame(p.socket)
		if err != nil {
			return
		}
		switch op {
		case ws.OpText:
			p.mu.Lock()
			p.got = append(p.got, string(payload))
			p.mu.Unlock()
		case ws.OpClose:
			reason, _ := parseClose(payload)
			p.mu.Lock()
			p.closed = reason
			p.mu.Unlock()
			p.socket.Write(masked(ws.OpClose, true, payload))
		}
	}
}

// heard returns the messages that came since it was last called.
func (p *peer) heard() []string {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.got
	p.got = nil
	return got
}

// hears checks that exactly these messages came.
func (p *peer) hears(want ...string) {
	p.t.Helper()
	if got := p.heard(); !slices.Equal(got, want) {
		p.t.Errorf("%s heard %q, want %q", cmp.Or(p.conn.User(), "peer"), got, want)
	}
}

// isTold checks the close frame that came.
func (p *peer) isTold(want CloseReason) {
	p.t.Helper()
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed.Code != want.Code || p.closed.Reason != want.Reason {
		p.t.Errorf("told %d %q, want %d %q", p.closed.Code, p.closed.Reason, want.Code, want.Reason)
	}
}

// admitted waits for Join and returns its error.
func (p *peer) admitted() error {
	p.t.Helper()
	synctest.Wait()
	select {
	case err := <-p.joined:
		return err
	default:
		return errors.New("still joining")
	}
}

func (p *peer) say(text string) { p.socket.Write(masked(ws.OpText, true, []byte(text))) }

// vanish ends the connection as a pulled plug does.
func (p *peer) vanish() {
	p.socket.Close()
	<-p.conn.Done()
}

// masked encodes a frame as clients do.
func masked(op ws.OpCode, fin bool, payload []byte) []byte {
	f := ws.MaskFrameWith(ws.NewFrame(op, fin, payload), [4]byte{1, 2, 3, 4})
	return ws.MustCompileFrame(f)
}

// readFrame reads a server's frame: never fragmented, never masked.
func readFrame(r io.Reader) (ws.OpCode, []byte, error) {
	var h [2]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(h[1])
	if extra := map[byte]int{126: 2, 127: 8}[h[1]]; extra > 0 {
		var length [8]byte
		if _, err := io.ReadFull(r, length[8-extra:]); err != nil {
			return 0, nil, err
		}
		n = binary.BigEndian.Uint64(length[:])
	}
	payload := make([]byte, n)
	_, err := io.ReadFull(r, payload)
	return ws.OpCode(h[0] & 0xf), payload, err
}
