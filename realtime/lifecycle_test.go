package realtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

func TestOnCloseIsCalledOnceHoweverAConnectionEnds(t *testing.T) {
	type worlds = func(*testing.T, func(*Config), func(*world))
	ends := map[string]struct {
		worlds worlds
		end    func(w *world, p *peer)
		want   CloseReason
	}{
		"peer vanishes":      {inWorld, func(_ *world, p *peer) { p.socket.Close() }, CloseLost},
		"peer says goodbye":  {inWorldOfSockets, func(_ *world, p *peer) { p.socket.Write(masked(ws.OpClose, true, []byte("\x03\xe8bye"))) }, CloseReason{1000, "bye", false}},
		"peer gives no code": {inWorldOfSockets, func(_ *world, p *peer) { p.socket.Write(masked(ws.OpClose, true, nil)) }, CloseReason{Code: 1005}},
		"we close":           {inWorld, func(_ *world, p *peer) { p.conn.Close(accessDenied) }, accessDenied},
		"both close": {inWorld, func(_ *world, p *peer) {
			p.conn.Close(accessDenied)
			p.socket.Write(masked(ws.OpClose, true, []byte("\x03\xe8bye")))
		}, accessDenied},
		"peer breaks the protocol": {inWorldOfSockets, func(_ *world, p *peer) { p.socket.Write([]byte{0x81, 0x01, 'x'}) }, CloseProtocolError},
	}
	for name, test := range ends {
		t.Run(name, func(t *testing.T) {
			test.worlds(t, nil, func(w *world) {
				var calls atomic.Int32
				var reason CloseReason
				v := tomas
				v.upgrade.OnClose = func(c *Conn, r CloseReason) {
					calls.Add(1)
					reason = r
					if w.hub.Connected("tomas") {
						t.Error("still in the hub")
					}
				}
				p := w.join(v)
				test.end(w, p)
				<-p.conn.Done()
				p.conn.Close(CloseGoingAway)
				p.socket.Close()
				synctest.Wait()
				if calls.Load() != 1 || reason != test.want {
					t.Errorf("called %d times with %v, want once with %v", calls.Load(), reason, test.want)
				}
				if s := w.hub.Stats(); s.Connections != 0 || s.Users != 0 {
					t.Errorf("hub still knows %d connections of %d users", s.Connections, s.Users)
				}
			})
		})
	}
}

func TestSilentClientIsAskedAndThenGivenUp(t *testing.T) {
	heartbeats := func(c *Config) {
		c.HeartbeatFrame = func(now time.Time) []byte { return fmt.Appendf(nil, `{"type":"heartbeat","timestamp":%d}`, now.Unix()) }
	}
	inWorldOfSockets(t, heartbeats, func(w *world) {
		var ended CloseReason
		v := tomas
		v.upgrade.OnClose = func(_ *Conn, r CloseReason) { ended = r }
		p := w.join(v)
		p.heard()
		began := time.Now()
		time.Sleep(29 * time.Second)
		p.hears()
		time.Sleep(2 * time.Second)
		if got := p.heard(); len(got) != 1 {
			t.Errorf("after half a minute: %q", got)
		}
		<-p.conn.Done()
		if took := time.Since(began).Round(time.Second); took < 60*time.Second || took > 62*time.Second || ended != CloseUnresponsive {
			t.Errorf("ended after %v with %v", took, ended)
		}
	})
}

func TestClientThatAnswersPingsStays(t *testing.T) {
	inWorldOfSockets(t, nil, func(w *world) {
		v := tomas
		v.deaf = true
		p := w.join(v)
		pings := 0
		go func() {
			for {
				op, _, err := readFrame(p.socket)
				if err != nil {
					return
				}
				if op == ws.OpPing {
					pings++
					p.socket.Write(masked(ws.OpPong, true, nil))
				}
			}
		}()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if !p.conn.live() || pings < 15 || pings > 20 {
			t.Errorf("live %v after %d pings", p.conn.live(), pings)
		}
		p.vanish()
	})
}

func TestLimitsOfConnections(t *testing.T) {
	limits := func(c *Config) { c.MaxPerUser, c.MaxConnections = 2, 3 }
	inWorld(t, limits, func(w *world) {
		first := w.join(visit{user: "ada", channels: []string{"t5"}})
		w.join(visit{user: "ada", channels: []string{"t6"}})
		third := w.join(visit{user: "ada", channels: []string{"t7"}})
		if err := third.admitted(); !errors.Is(err, ErrTooManyConnections) {
			t.Errorf("third of Ada: %v", err)
		}
		third.conn.Send(Message{Frame: []byte(`"sorry"`)}) // still open: the caller says why
		third.conn.Close(accessDenied)
		third.hears(`"sorry"`)
		third.isTold(accessDenied)
		first.conn.Close(CloseGoingAway) // neither counts nor is met any more, at once
		w.hub.Each(func(c *Conn) bool {
			if c == first.conn {
				t.Error("met a closed connection")
			}
			return true
		})
		if err := w.join(visit{user: "ada", channels: []string{"t7"}}).admitted(); err != nil {
			t.Errorf("in place of the first: %v", err)
		}
		w.join(visit{user: "finn", channels: []string{"t5"}})
		full := w.join(visit{user: "mina", channels: []string{"t5"}})
		if err := full.admitted(); !errors.Is(err, ErrOverCapacity) {
			t.Errorf("fourth: %v", err)
		}
		full.conn.Close(accessDenied)
	})
}

func TestRefusalByTheApplicationIsReturnedUntouched(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		v := tomas
		v.admit = func(context.Context) (Admission, error) { return Admission{}, errBanned }
		p := w.join(v)
		if err := p.admitted(); err != errBanned {
			t.Errorf("Join returned %v", err)
		}
		p.conn.Close(accessDenied)
		p.isTold(accessDenied)
	})
}

func TestImpossibleAdmissionsAreErrors(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for name, channels := range map[string][]string{
			"none": nil, "twice": {"f", "f"}, "bad name": {"t:5"}, "control": {"control"},
			"too many": {"a", "b", "c", "d", "e", "f", "g", "h", "i"},
		} {
			p := w.join(visit{user: "ada", channels: channels})
			if err := p.admitted(); err == nil {
				t.Errorf("%s: joined", name)
			}
			p.conn.Close(accessDenied)
		}
	})
}

func TestNothingOvertakesTheGreeting(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		v := tomas
		v.greet = func(Greeting) []Message {
			w.hub.SendUser("tomas", Message{Lane: State, Key: "count", Frame: []byte(`{"count":2}`)})
			w.post("t5", "event")
			time.Sleep(time.Second)
			return []Message{{Frame: []byte(`"connected"`)}, {Lane: State, Key: "count", Frame: []byte(`{"count":1}`)}}
		}
		p := w.join(v)
		time.Sleep(2 * time.Second)
		p.hears(`"connected"`, `{"count":1}`, `{"count":2}`, frame("event", "g.t5:1"))
	})
}

func TestConnectionClosedBeforeItsGreetingIsToldNothingElse(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		v := tomas
		v.greet = func(Greeting) []Message {
			w.hub.SendUser("tomas", Message{Frame: []byte(`"secret"`)})
			w.hub.EachUser("tomas", func(c *Conn) bool {
				c.Close(accessDenied)
				return true
			})
			return []Message{{Frame: []byte(`"connected"`)}}
		}
		p := w.join(v)
		p.hears()
		p.isTold(accessDenied)
	})
}

func TestClosedConnectionDoesNotBecomeLive(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.join(tomas)
		p.vanish()
		sub := &p.conn.seat.Load().subs[0]
		if live, _ := sub.channel.attach(sub); live || len(sub.channel.subscribers()) > 0 {
			t.Error("attached")
		}
	})
}

func TestConnectionClosedWhileItJoinsIsNotLeftInTheHub(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.commit("t5", "a")
		w.log.set(nil, time.Hour)
		p := w.join(back("g.t5:0"))
		p.vanish()
		if err := p.admitted(); !errors.Is(err, ErrClosed) {
			t.Errorf("Join returned %v", err)
		}
		if s := w.hub.Stats(); s.Connections != 0 {
			t.Errorf("%d connections left", s.Connections)
		}
		w.log.set(nil, 0)
		time.Sleep(2 * time.Hour) // the read under way is bounded by the log here
	})
}

func TestStoppingTheHubSendsEverybodyAway(t *testing.T) {
	onEachTransport(t, func(w *world) {
		w.hub = New(Config{Log: w.log})
		ctx, cancel := context.WithCancel(w.t.Context())
		ended := make(chan error)
		go func() { ended <- w.hub.Run(ctx) }()
		p := w.join(tomas)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		select {
		case <-p.conn.Done():
		default:
			t.Error("Run returned before its connections were gone")
		}
		p.isTold(CloseGoingAway)
		late := w.join(tomas)
		if err := late.admitted(); !errors.Is(err, ErrClosed) {
			t.Errorf("Join after the end: %v", err)
		}
		late.conn.Close(CloseGoingAway)
		late.isTold(CloseGoingAway)
	})
}

func TestLogWithAnUnusableGenerationStopsTheHub(t *testing.T) {
	if err := New(Config{Log: NewMemoryLog("a.b")}).Run(t.Context()); err == nil {
		t.Error("Run accepts generation a.b")
	}
}

func TestAdmissionReadBeforeALogWasRestoredIsReadAgain(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		v, reads := tomas, 0
		v.admit = func(context.Context) (Admission, error) {
			a := w.admission(v)
			if reads++; reads == 1 {
				w.log.Restore("h")
				time.Sleep(time.Second) // the follower notices
			}
			return a, nil
		}
		p := w.join(v)
		time.Sleep(2 * time.Second)
		p.hears(fresh("h.t5:0"))
		if reads != 2 {
			t.Errorf("read %d times", reads)
		}
	})
}

func TestMessagesReachTheApplication(t *testing.T) {
	inWorldOfSockets(t, nil, func(w *world) {
		v := tomas
		v.upgrade.OnMessage = func(c *Conn, text []byte) {
			c.Send(Message{Frame: []byte(`"` + c.User() + ` said ` + string(text) + `"`)})
		}
		p := w.join(v)
		p.heard()
		p.say("hello")
		p.hears(`"tomas said hello"`)
	})
}

func TestWhoReadsTheirGreetingIsLiveAlready(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.post("t5", "before")
		v := visit{user: "ada", channels: []string{"t5", "t6"}, deaf: true}
		p := w.join(v)
		p.heard()
		if len(w.hub.channel("t5").subscribers()) != 1 || len(w.hub.channel("t6").subscribers()) != 1 {
			t.Error("not live")
		}
		go p.listen()
		w.hub.Cast("t6", Message{Lane: Ephemeral, Frame: []byte(`"typing"`)}, nil)
		p.hears(fresh("g.t5:1.t6:0"), `"typing"`)
	})
}

// absentLog is a log that cannot be followed for a while.
type absentLog struct {
	*MemoryLog
	away atomic.Bool
}

func (l *absentLog) Since(ctx context.Context, cursor uint64) ([]Head, uint64, error) {
	if l.away.Load() {
		return nil, 0, errors.New("the log is away")
	}
	return l.MemoryLog.Since(ctx, cursor)
}

// TestHubTellsThatItFollowsTheLogAgain once, and not if nothing was wrong.
func TestHubTellsThatItFollowsTheLogAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		log := &absentLog{MemoryLog: NewMemoryLog("g")}
		h := New(Config{Log: log, Logger: slog.New(slog.NewTextHandler(&said, nil))})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- h.Run(ctx) }()
		again := func() int { return strings.Count(said.String(), "following the log again") }
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if said.Len() > 0 {
			t.Errorf("said while all was well:\n%s", said.String())
		}
		log.away.Store(true)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !strings.Contains(said.String(), "following the log failed") || again() != 0 {
			t.Errorf("said while the log was away:\n%s", said.String())
		}
		log.away.Store(false)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if again() != 1 {
			t.Errorf("said when it was back:\n%s", said.String())
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
