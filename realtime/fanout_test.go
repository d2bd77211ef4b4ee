package realtime

import (
	"strings"
	"testing"
)

func TestWhatAShardDoesNotGetRoundToIsBounded(t *testing.T) {
	hub := New(Config{Log: NewMemoryLog("g")})
	ch := newChannel(hub, "t5", 0)
	stuck := newShard(nil) // it never runs
	var subs []*subscription
	for range 3 {
		c := newConn(UpgradeConfig{})
		c.transport = &link{conn: c, shard: stuck}
		s := &seat{hub: hub, conn: c, names: ch.alone, subs: []subscription{{conn: c, channel: ch}}}
		c.seat.Store(s)
		ch.fanout(stuck).add(&s.subs[0])
		subs = append(subs, &s.subs[0])
	}
	frame := []byte(`{"text":"` + strings.Repeat("x", 10<<10) + `"}`)
	for seq := range uint64(25) {
		ch.publish(Event{Channel: "t5", Seq: seq + 1, Frame: frame}, viaLocal)
		if subs[0].conn.waiting() > 0 {
			t.Fatalf("queued for each connection at event %d", seq+1)
		}
	}
	for seq := range uint64(10) {
		ch.publish(Event{Channel: "t5", Seq: seq + 26, Frame: frame}, viaLocal)
	}
	for _, s := range subs {
		if s.conn.live() || *s.conn.reason != CloseTooSlow || s.conn.waiting() > queueLimit {
			t.Errorf("%d bytes wait for one that is closed with %v", s.conn.waiting(), s.conn.reason)
		}
	}
	if n := hub.Stats().Overflows; n != 3 {
		t.Errorf("%d overflows", n)
	}
}
