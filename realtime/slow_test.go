package realtime

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

func TestStuckReaderIsClosedWithinTenSecondsAndHarmsNobody(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		var ended CloseReason
		stuck := w.join(visit{user: "finn", channels: []string{"t5"}, deaf: true, upgrade: UpgradeConfig{
			OnClose: func(_ *Conn, reason CloseReason) { ended = reason },
		}})
		mina := w.join(visit{user: "mina", channels: []string{"t5"}})
		w.post("t5", "a")
		mina.hears(fresh("g.t5:0"), frame("a", "g.t5:1"))
		time.Sleep(writeTimeout)
		synctest.Wait()
		select {
		case <-stuck.conn.Done():
		default:
			t.Fatal("still there after ten seconds")
		}
		if ended != CloseTooSlow {
			t.Errorf("ended with %v", ended)
		}
		w.post("t5", "b")
		mina.hears(frame("b", "g.t5:2"))
	})
}

func TestFullQueueClosesTheConnectionAndHoldsNoMore(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		stuck := w.join(visit{user: "finn", channels: []string{"t5"}, deaf: true})
		mina := w.join(visit{user: "mina", channels: []string{"t5"}})
		text := strings.Repeat("x", 10<<10)
		for range 40 {
			w.post("t5", text)
			synctest.Wait()
		}
		if got := mina.heard(); len(got) != 41 {
			t.Errorf("Mina heard %d frames", len(got))
		}
		if n := w.hub.Stats().Overflows; n != 1 {
			t.Errorf("%d overflows counted", n)
		}
		if stuck.conn.live() {
			t.Error("still open")
		}
		go stuck.listen() // who wakes up in time is told why
		stuck.isTold(CloseTooSlow)
	})
}

func TestCloseSendsWhatIsQueuedFirst(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.join(visit{user: "finn", channels: []string{"t5"}, deaf: true})
		w.post("t5", "a")
		p.conn.Close(accessDenied)
		p.conn.Close(CloseGoingAway)
		w.post("t5", "too late")
		p.conn.Send(Message{Frame: []byte(`"too late"`)})
		go p.listen()
		p.hears(fresh("g.t5:0"), frame("a", "g.t5:1"))
		p.isTold(accessDenied)
		<-p.conn.Done()
	})
}

func TestClosedConnectionWhosePeerNeverAnswersEndsInFiveSeconds(t *testing.T) {
	for name, prepare := range map[string]func(*peer){
		"while something is written": func(*peer) {},
		"while it is idle":           func(p *peer) { readFrame(p.socket) },
	} {
		t.Run(name, func(t *testing.T) {
			inWorldOfSockets(t, nil, func(w *world) {
				p := w.join(visit{user: "finn", channels: []string{"t5"}, deaf: true})
				prepare(p)
				synctest.Wait()
				p.conn.Close(accessDenied)
				start := time.Now()
				<-p.conn.Done()
				if took := time.Since(start); took > closeTimeout || took <= closeTimeout-patienceTick {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestOfAStateOnlyTheLatestWaits(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.join(visit{user: "finn", channels: []string{"t5"}, deaf: true}) // the greeting is being written
		for i := range 100_000 {
			p.conn.Send(Message{Lane: State, Key: "count", Frame: fmt.Append(nil, i)})
			p.conn.Send(Message{Lane: State, Key: "other", Frame: fmt.Append(nil, -i)})
		}
		w.post("t5", "event")
		go p.listen()
		p.hears(fresh("g.t5:0"), "99999", "-99999", frame("event", "g.t5:1"))
		p.conn.Send(Message{Lane: State, Key: "count", Frame: []byte("7")})
		p.hears("7")
	})
}

func TestEphemeralMessagesGoFirst(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.join(visit{user: "finn", channels: []string{"t5"}, deaf: true})
		text := strings.Repeat("x", 10<<10)
		typing := Message{Lane: Ephemeral, Frame: []byte(`"` + text + `"`)}
		for range 100 { // accepted until the queue is half full
			w.hub.Cast("t5", typing, nil)
		}
		if got := p.conn.waiting(); got < queueLimit/2 || got > queueLimit*6/10 {
			t.Errorf("%d bytes wait", got)
		}
		for range 20 { // durable ones take their place
			w.post("t5", text)
		}
		synctest.Wait()
		if n := w.hub.Stats().Dropped; n != 100 {
			t.Errorf("%d dropped", n)
		}
		go p.listen()
		if got := p.heard(); len(got) != 21 {
			t.Errorf("heard %d frames, want greeting and 20 events", len(got))
		}
	})
}

func TestFrameLargerThanTheQueuePassesAnEmptyOne(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.join(tomas)
		p.heard()
		text := strings.Repeat("x", 2*queueLimit)
		w.post("t5", text)
		p.hears(frame(text, "g.t5:1"))
	})
}

func TestWhatWaitsIsWrittenTogether(t *testing.T) {
	inWorldOfSockets(t, nil, func(w *world) {
		p := w.join(visit{user: "finn", channels: []string{"t5"}, deaf: true})
		if op, _, err := readFrame(p.socket); op != ws.OpText || err != nil {
			t.Fatal(op, err)
		}
		w.post("t5", "a") // begins to be written
		synctest.Wait()
		for range 8 {
			w.post("t5", "b")
		}
		buffer := make([]byte, writeSize)
		p.socket.Read(buffer)
		if n, _ := p.socket.Read(buffer); n != 8*(2+len(frame("b", "g.t5:2"))) {
			t.Errorf("%d bytes in one write", n)
		}
		go p.listen()
	})
}
