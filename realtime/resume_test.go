package realtime

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

func back(last string) visit { return visit{user: "tomas", channels: []string{"t5"}, last: last} }

// forgotten lets time pass until no ring is left.
func (w *world) forgotten() {
	time.Sleep(emptiedFor + 2*time.Second)
	synctest.Wait()
	w.log.takeReads()
}

func TestResumeFromTheRingReadsNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.join(tomas)
		w.post("t5", "a")
		w.post("t5", "b")
		time.Sleep(time.Second)
		w.log.takeReads()
		p := w.join(back("g.t5:1"))
		w.post("t5", "c")
		p.hears(recovered("g.t5:1"), frame("b", "g.t5:2"), frame("c", "g.t5:3"))
		if reads := w.log.takeReads(); len(reads) > 0 {
			t.Errorf("log was read: %v", reads)
		}
	})
}

func TestResumeAfterEverythingWasForgottenReadsTheLog(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.join(tomas)
		w.post("t5", "a")
		w.post("t5", "b")
		time.Sleep(time.Second)
		w.log.takeReads()
		w.hub.Forget()
		p := w.join(back("g.t5:1"))
		w.post("t5", "c")
		p.hears(recovered("g.t5:1"), frame("b", "g.t5:2"), frame("c", "g.t5:3"))
		if reads := w.log.takeReads(); len(reads) != 1 {
			t.Errorf("log was read: %v", reads)
		}
	})
}

func TestResumeFromTheLog(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for i := range 300 {
			w.commit("t5", fmt.Sprint(i))
		}
		p := w.join(back("g.t5:100"))
		w.post("t5", "live")
		got := p.heard()
		if len(got) != 202 || got[0] != recovered("g.t5:100") || got[1] != frame("100", "g.t5:101") || got[201] != frame("live", "g.t5:301") {
			t.Errorf("heard %d frames: %q … %q", len(got), got[:2], got[len(got)-1])
		}
	})
}

func TestResumeOfSeveralChannels(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for _, text := range []string{"a", "b"} {
			w.commit("f", text)
			w.commit("u7", "to you: "+text)
		}
		p := w.join(visit{user: "mina", channels: []string{"f", "u7"}, last: "g.f:1.u7:0"})
		p.hears(recovered("g.f:1.u7:0"), frame("b", "g.f:2.u7:0"), frame("to you: a", "g.f:2.u7:1"), frame("to you: b", "g.f:2.u7:2"))
	})
}

func TestNoResumeWhereTheIDIsNotOfThisPlace(t *testing.T) {
	for name, id := range map[string]string{
		"none":             "",
		"nonsense":         "'; DROP TABLE events",
		"other generation": "h.t5:1",
		"other channel":    "g.t6:1",
		"more channels":    "g.t5:1.u7:1",
		"beyond the head":  "g.t5:3",
		"very far beyond":  "g.t5:18446744073709551615",
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				w.commit("t5", "a")
				w.commit("t5", "b")
				p := w.join(back(id))
				w.post("t5", "c")
				p.hears(fresh("g.t5:2"), frame("c", "g.t5:3"))
			})
		})
	}
}

func TestNoResumeFromBeforeWhatTheLogStillHas(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for range 10 {
			w.commit("t5", "x")
		}
		w.log.Prune("t5", 6)
		w.join(back("g.t5:4")).hears(fresh("g.t5:10"))
		if got := w.join(back("g.t5:5")).heard(); len(got) != 6 || got[0] != recovered("g.t5:5") {
			t.Errorf("from the edge: %q", got)
		}
		w.log.Prune("t5", 11)
		w.hub.Each(func(c *Conn) bool {
			c.Close(CloseGoingAway)
			return true
		})
		w.forgotten()
		w.join(back("g.t5:10")).hears(recovered("g.t5:10"))
		w.join(back("g.t5:9")).hears(fresh("g.t5:10"))
	})
}

func TestNoResumeOfMoreThanAThousandEventsOrAMebibyte(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for range resumeEvents + 1 {
			w.commit("t5", "x")
		}
		if got := w.join(back("g.t5:1")).heard(); len(got) != resumeEvents+1 {
			t.Errorf("a thousand events: heard %d frames", len(got))
		}
		w.join(back("g.t5:0")).hears(fresh("g.t5:1001"))

		long := strings.Repeat("x", 100<<10)
		for range 11 {
			w.commit("t6", long)
		}
		v := back("g.t6:0")
		v.channels = []string{"t6"}
		w.join(v).hears(fresh("g.t6:11"))
		v.last = "g.t6:1"
		if got := w.join(v).heard(); len(got) != 11 {
			t.Errorf("a mebibyte: heard %d frames", len(got))
		}
	})
}

func TestBytesOfOthersEventsDoNotCountAgainstAResume(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		long := strings.Repeat("x", 100<<10)
		for range 20 {
			w.log.Append("f", func() Event {
				return Event{Frame: fmt.Appendf(nil, `{"text":%q}`, long), Audience: func(c *Conn) bool { return c.User() == "ada" }}
			})
		}
		w.commit("f", "for all")
		w.join(visit{user: "finn", channels: []string{"f"}, last: "g.f:0"}).hears(recovered("g.f:0"), frame("for all", "g.f:21"))
		w.join(visit{user: "ada", channels: []string{"f"}, last: "g.f:0"}).hears(fresh("g.f:21"))
	})
}

func TestRewritingEventEmptiesTheRingSoThatReplayShowsThingsAsTheyAre(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		text := "secret"
		render := func() Event {
			if text == "" {
				return Event{}
			}
			return Event{Frame: fmt.Appendf(nil, `{"text":%q}`, text)}
		}
		p := w.join(tomas)
		w.hub.Publish(w.log.Append("t5", render))
		w.post("t5", "other")
		text = ""
		w.hub.Publish(w.log.Append("t5", func() Event { return Event{Frame: []byte(`{"deleted":1}`), Rewrites: true} }))
		p.hears(fresh("g.t5:0"), frame("secret", "g.t5:1"), frame("other", "g.t5:2"), `{"deleted":1,"event_id":"g.t5:3"}`)
		w.join(back("g.t5:0")).hears(recovered("g.t5:0"), frame("other", "g.t5:2"), `{"deleted":1,"event_id":"g.t5:3"}`)
	})
}

func TestPageReadBeforeARewritingEventIsNotFedAfterIt(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		deleted := false
		w.log.Append("t5", func() Event {
			if deleted {
				return Event{}
			}
			return Event{Frame: []byte(`{"text":"secret"}`)}
		})
		keep := w.join(tomas)
		time.Sleep(time.Second)
		w.log.set(nil, 100*time.Millisecond)
		p := w.join(back("g.t5:0")) // waits for a page that shows the secret
		deleted = true
		w.hub.Publish(w.log.Append("t5", func() Event { return Event{Frame: []byte(`{"deleted":1}`), Rewrites: true} }))
		time.Sleep(time.Second)
		p.hears(recovered("g.t5:0"), `{"deleted":1,"event_id":"g.t5:2"}`)
		keep.hears(fresh("g.t5:1"), `{"deleted":1,"event_id":"g.t5:2"}`)
	})
}

func TestResumeOfAnyLengthIsFedAtTheReadersSpeed(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		text := strings.Repeat("x", 1000)
		for range resumeEvents {
			w.commit("t5", text)
		}
		v := back("g.t5:0")
		v.deaf = true
		p := w.join(v)
		if err := p.admitted(); err == nil {
			t.Fatal("joined although nothing was read yet")
		}
		if held := p.conn.waiting(); held > queueLimit*3/4 {
			t.Errorf("%d bytes wait, more than replay may take", held)
		}
		// Four frames a second: a ping waits in the queue for longer than a silent client is borne
		// with. Live events go on coming.
		for texts := 0; texts < 700; {
			op, payload, err := readFrame(p.socket)
			switch {
			case err != nil:
				t.Fatalf("after %d frames: %v", texts, err)
			case op == ws.OpPing:
				p.socket.Write(masked(ws.OpPong, true, payload))
			case texts%10 == 0:
				w.post("t5", "live")
				fallthrough
			default:
				texts++
			}
			time.Sleep(time.Second / 4)
		}
		go p.listen()
		if got := p.heard(); len(got) != 371 || got[370] != frame("live", "g.t5:1070") {
			t.Errorf("%d frames after that, the last %.100q", len(got), got[len(got)-1])
		}
		if err := p.admitted(); err != nil {
			t.Error(err)
		}
	})
}

func TestResumeThatTheLogCannotServeSendsTheClientBack(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.commit("t5", "a")
		broken := errors.New("disk on fire")
		w.log.set(broken, 0)
		p := w.join(back("g.t5:0"))
		if err := p.admitted(); !errors.Is(err, broken) {
			t.Errorf("Join returned %v", err)
		}
		p.hears()
		p.isTold(CloseInterrupted)
	})
}

func TestStormReadsEachChannelOnce(t *testing.T) {
	const channels, sockets = 5, 200
	inWorld(t, nil, func(w *world) {
		for c := range channels {
			for range 20 {
				w.commit(fmt.Sprint("t", c), "missed")
			}
		}
		w.forgotten()
		w.log.set(nil, 50*time.Millisecond)
		var peers []*peer
		for i := range sockets {
			if i == sockets/2 {
				time.Sleep(time.Second) // the others come when the log has been read
			}
			name := fmt.Sprint("t", i%channels)
			peers = append(peers, w.join(visit{user: fmt.Sprint(i), channels: []string{name}, last: "g." + name + ":0"}))
		}
		time.Sleep(5 * time.Second)
		for _, p := range peers {
			if got := p.heard(); len(got) != 21 || !strings.Contains(got[0], `"recovered":true`) {
				t.Fatalf("%s heard %d frames", p.conn.User(), len(got))
			}
		}
		reads := slices.Concat(w.log.takeReads()...)
		if len(reads) > channels {
			t.Errorf("%d channels were read in %d stretches: %v", channels, len(reads), reads)
		}
	})
}

func TestLogThatLagsBehindItsSnapshotsIsAnErrorNotALoop(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.commit("t5", "a")
		w.commit("t5", "b")
		a := w.admission(tomas)
		a.Channels[0].Seq = 9 // more than any read will show
		v := tomas
		v.last = "g.t5:1"
		if err := w.joinWith(v, a).admitted(); err == nil || errors.Is(err, ErrClosed) {
			t.Errorf("Join returned %v", err)
		}
	})
}

func TestRequestsForOneChannelShareAReadIfTheyLieTogether(t *testing.T) {
	h := New(Config{Log: NewMemoryLog("g")})
	ch := newChannel(h, "t5", 9000)
	f := h.reads.request(ch, 100, 10)
	for _, after := range []uint64{105, 90, 100, 120} {
		if h.reads.request(ch, after, 10) != f {
			t.Errorf("%d is read apart", after)
		}
	}
	if f.after != 90 || f.limit != 40 {
		t.Errorf("reads %d after %d, want 40 after 90", f.limit, f.after)
	}
	if h.reads.request(ch, 5000, 10) == f {
		t.Error("what lies far apart is read together")
	}
	if h.reads.take(); h.reads.request(ch, 80, 10) == f {
		t.Error("a read under way was changed")
	}
}

func TestAStormReadsTheLogOncePerChannelHoweverManyComeBack(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		const channels, each, missed = 5, 8, 20
		for i := range channels {
			for range missed {
				w.commit(fmt.Sprintf("t%d", i), "missed")
			}
		}
		w.log.set(nil, 100*time.Millisecond)
		var peers []*peer
		for range each {
			for i := range channels {
				name := fmt.Sprintf("t%d", i)
				peers = append(peers, w.join(visit{user: "ada", channels: []string{name}, last: "g." + name + ":0"}))
			}
		}
		time.Sleep(10 * time.Second)
		for _, p := range peers {
			if got := p.heard(); len(got) != 1+missed {
				t.Errorf("heard %d frames", len(got))
			}
		}
		if n := w.hub.Stats().Reads; n != channels {
			t.Errorf("%d pages read of %d channels", n, channels)
		}
	})
}
