package realtime

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// envelopes are one of each kind, and what is at the edges.
var envelopes = []envelope{
	{kind: eventKind, origin: 7, generation: "g", event: Event{Channel: "t5", Seq: 1, Frame: []byte(`{"a":1}`)}},
	{kind: eventKind, origin: 1<<64 - 1, generation: "k3x", event: Event{
		Channel: "t5", Seq: 1<<64 - 1, Barrier: 1 << 40, Committed: time.Unix(1_700_000_000, 123), Frame: []byte(`{"ж":"<>"}`), Also: []byte(`{}`),
		Rewrites: true, Fresh: true, Final: &CloseReason{1000, "Thread deleted", false},
	}},
	{kind: eventKind, generation: "g", event: Event{Channel: "t5", Seq: 1}}, // it has nothing to show
	{kind: noticeKind, origin: 7, generation: "g", event: Event{Channel: "control", Seq: 9}},
	{kind: castKind, origin: 7, event: Event{Channel: "t5"}, cast: Message{Lane: State, Key: "typing:7", Frame: []byte(`{}`)}},
	{kind: gossipKind, origin: 7, event: Event{Channel: "t5"}, topic: "presence", gossip: []byte{0, 1, 255}},
}

func TestWhatIsEncodedForTheBusIsDecodedAgain(t *testing.T) {
	for _, m := range envelopes {
		got, err := decodeEnvelope(m.event.Channel, m.encode())
		if err != nil {
			t.Errorf("%+v: %v", m, err)
		}
		if diff := cmp.Diff(m, got, cmp.AllowUnexported(envelope{}, CloseReason{})); diff != "" {
			t.Error(diff)
		}
	}
}

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	for _, m := range envelopes {
		message := m.encode()
		for n := range len(message) {
			if _, err := decodeEnvelope("t5", message[:n]); err == nil {
				t.Errorf("the first %d bytes of %x are understood", n, message)
			}
		}
		if _, err := decodeEnvelope("t5", append(message, 0)); err == nil {
			t.Errorf("%x with a byte more is understood", message)
		}
	}
	for _, change := range []struct {
		at int
		to byte
	}{{0, 2}, {1, 9}, {1, 0}, {12, 0xff}} { // version, kind, flags
		message := envelopes[0].encode()
		message[change.at] = change.to
		if m, err := decodeEnvelope("t5", message); err == nil {
			t.Errorf("byte %d as %d is understood as %+v", change.at, change.to, m)
		}
	}
}

// FuzzEnvelope shows that whatever comes over the bus harms nobody: what is understood is encoded as
// something that means the same.
func FuzzEnvelope(f *testing.F) {
	for _, m := range envelopes {
		f.Add(m.encode())
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		m, err := decodeEnvelope("t5", message)
		if err != nil {
			return
		}
		again, err := decodeEnvelope("t5", m.encode())
		if err != nil {
			t.Fatalf("%+v: %v", m, err)
		}
		if diff := cmp.Diff(m, again, cmp.AllowUnexported(envelope{}, CloseReason{})); diff != "" {
			t.Error(diff)
		}
	})
}

func TestModesAreCalledAsOperatorsCallThem(t *testing.T) {
	for mode, name := range map[Mode]string{ModeLocal: "local", ModeDual: "dual", ModeRedis: "redis"} {
		if got, err := ParseMode(name); got != mode || err != nil || mode.String() != name {
			t.Errorf("%q is %v, %v", name, got, err)
		}
	}
	if _, err := ParseMode("both"); err == nil {
		t.Error("any name is a mode")
	}
}
