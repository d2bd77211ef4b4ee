package live_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/internal/live"
	"parley/realtime"
)

func TestPingsAreAnswered(t *testing.T) {
	f := open(t, settings{})
	for _, s := range []*socket{f.mina.opens(globalPath), f.mina.watches(f.workshop())} {
		s.sends(`{"type":"ping"}`)
		pong := s.until("pong")
		if at := time.Unix(pong.number("timestamp"), 0); time.Since(at).Abs() > time.Minute {
			t.Errorf("pong at %v", at)
		}
	}
}

func TestPingsAreAnsweredWhenTheDatabaseIsAway(t *testing.T) {
	f := open(t, settings{})
	s := f.mina.opens(globalPath)
	f.store.Close()
	s.settled()
}

func TestHeartbeatsAreAcknowledgedAndAcknowledgementsAreNot(t *testing.T) {
	f := open(t, settings{})
	s := f.mina.opens(globalPath)
	s.sends(`{"type":"heartbeat"}`)
	s.expect("heartbeat_ack")
	s.sends(`{"type":"heartbeat_ack"}`)
	s.settled()
}

func TestASilentClientIsSentAHeartbeat(t *testing.T) {
	f := open(t, settings{hub: realtime.Config{Heartbeat: 100 * time.Millisecond}})
	beat := f.mina.opens(globalPath).expect("heartbeat")
	if at := time.Unix(beat.number("timestamp"), 0); time.Since(at).Abs() > time.Minute {
		t.Errorf("heartbeat at %v", at)
	}
}

func TestFramesOfUnknownTypesAreIgnored(t *testing.T) {
	f := open(t, settings{})
	for _, s := range []*socket{f.mina.opens(globalPath), f.mina.watches(f.workshop())} {
		for _, text := range []string{
			`{"type":"subscribe","thread":7}`, `{}`, `{"type":5}`, `{"type":null}`, `{"type":["ping"]}`, ` {"type":{"a":1}} `,
			`{"type":"typing","is_typing":"yes"}`, `{"type":"PING"}`,
		} {
			s.sends(text)
		}
		s.sends(`{"type":"heartbeat"}`)
		s.until("heartbeat_ack")
		s.settled()
	}
}

func TestFramesThatAreNoJSONObjectsAreExplainedFiveTimes(t *testing.T) {
	f := open(t, settings{})
	s := f.mina.opens(globalPath)
	for _, text := range []string{`hello`, ``, `[{"type":"ping"}]`, `null`} {
		s.sends(text)
		if e := s.expect("error"); !strings.HasSuffix(e.text("detail"), ".") {
			t.Errorf("no sentence: %v", e)
		}
	}
	s.settled()
	s.sends(`{"type":"ping"`)
	s.endsWith(1008, "Malformed frames", "error")
}

func TestAFrameOverFourKiBEndsTheConnection(t *testing.T) {
	f := open(t, settings{})
	s := f.mina.opens(globalPath)
	largest := `{"type":"x","y":"` + strings.Repeat("z", 4<<10-19) + `"}`
	s.sends(largest)
	s.settled()
	s.sends(largest + " ")
	s.endsWith(1009, "Message too big")
}

func TestABinaryFrameEndsTheConnection(t *testing.T) {
	f := open(t, settings{})
	s := f.mina.opens(globalPath)
	if err := s.ws.Write(f.within(), websocket.MessageBinary, []byte(`{"type":"ping"}`)); err != nil {
		t.Fatal(err)
	}
	s.endsWith(1003, "Text messages only")
}

func TestTooManyFramesEndTheConnection(t *testing.T) {
	f := open(t, settings{live: live.Config{Limits: live.Limits{Frames: 1, FrameBurst: 10}}})
	s := f.mina.opens(globalPath)
	for range 12 {
		s.sends(`{"type":"heartbeat_ack"}`)
	}
	s.endsWith(1008, "Rate limit", "error")
}

func TestAHundredFramesAtOnceAreNotTooMany(t *testing.T) {
	f := open(t, settings{})
	s := f.mina.opens(globalPath)
	for range 99 {
		s.sends(`{"type":"heartbeat_ack"}`)
	}
	s.settled()
}

func TestTypingIsShownToTheThreadsOtherSockets(t *testing.T) {
	f := open(t, settings{})
	thread, elsewhere := f.workshop(), f.workshop()
	typist, tab, reader, other := f.mina.watches(thread), f.mina.watches(thread), f.finn.watches(thread), f.finn.watches(elsewhere)

	typist.sends(`{"type":"typing","is_typing":true}`)
	typist.settled()
	for _, s := range []*socket{reader, tab} {
		got := s.expect("user_typing")
		want := fmt.Sprint(frame{"type": "user_typing", "thread_id": thread, "user_id": f.mina.id, "username": "Mina", "is_typing": true})
		if fmt.Sprint(got) != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	other.settled()

	typist.sends(`{"type":"typing","is_typing":false}`)
	typist.settled()
	if got := reader.expect("user_typing"); got["is_typing"] != false {
		t.Errorf("got %v", got)
	}
}

func TestOneSignOfTypingASecondIsPassedOn(t *testing.T) {
	f := open(t, settings{live: live.Config{Limits: live.Limits{TypingPause: time.Hour, TypingLapses: time.Hour}}})
	thread := f.workshop()
	typist, reader := f.mina.watches(thread), f.finn.watches(thread)
	for range 500 { // more than any limit
		typist.sends(`{"type":"typing","is_typing":true}`)
	}
	typist.settled()
	reader.expect("user_typing")
	reader.settled()
}

func TestTypingOnTheGlobalSocketMeansNothing(t *testing.T) {
	f := open(t, settings{})
	typist, reader := f.mina.opens(globalPath), f.finn.opens(globalPath)
	typist.sends(`{"type":"typing","is_typing":true}`)
	typist.settled()
	reader.settled()
}

func TestStoppingToTypeWithoutHavingBegunIsNoNews(t *testing.T) {
	f := open(t, settings{})
	thread := f.workshop()
	typist, reader := f.mina.watches(thread), f.finn.watches(thread)
	typist.sends(`{"type":"typing","is_typing":false}`)
	typist.settled()
	reader.settled()
}

func TestTypingThatIsNotRenewedLapses(t *testing.T) {
	f := open(t, settings{live: live.Config{Limits: live.Limits{TypingLapses: 50 * time.Millisecond}}})
	thread := f.workshop()
	typist, reader := f.mina.watches(thread), f.finn.watches(thread)
	typist.sends(`{"type":"typing","is_typing":true}`)
	if got := reader.expect("user_typing"); got["is_typing"] != true {
		t.Errorf("got %v", got)
	}
	if got := reader.expect("user_typing"); got["is_typing"] != false {
		t.Errorf("got %v", got)
	}
	typist.settled()
}

func TestWhoLeavesTypesNoMore(t *testing.T) {
	f := open(t, settings{live: live.Config{Limits: live.Limits{TypingLapses: time.Hour}}})
	thread := f.workshop()
	typist, reader := f.mina.watches(thread), f.finn.watches(thread)
	typist.sends(`{"type":"typing","is_typing":true}`)
	reader.expect("user_typing")
	typist.ws.CloseNow()
	if got := reader.expect("user_typing"); got["is_typing"] != false {
		t.Errorf("got %v", got)
	}
}
