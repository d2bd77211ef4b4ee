//go:build linux

package audience_test

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/gobwas/ws"

	"parley/cmd/parleyload/internal/audience"
	"parley/cmd/parleyload/internal/ledger"
	"parley/cmd/parleyload/internal/swarm"
)

// script is a server that says the same to everybody, but to its second client what
// it was told to: the frames, then goodbye.
func script(t *testing.T, toAll, toSecond []ws.Frame) netip.AddrPort {
	t.Helper()
	var clients atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			t.Errorf("upgrade: %v", err)
			return
		}
		defer conn.Close()
		frames := toAll
		if clients.Add(1) == 2 {
			frames = toSecond
		}
		say(conn, append([]ws.Frame{text(`{"type":"connected","event_id":"g.t5:10"}`)}, frames...))
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().(*net.TCPAddr).AddrPort()
}

func say(conn net.Conn, frames []ws.Frame) {
	for _, f := range append(frames, ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "bye"))) {
		if err := ws.WriteFrame(conn, f); err != nil {
			return // the client has seen enough
		}
	}
	// The client closes; closing first, with its bytes unread, could take back what was said.
	_, _ = conn.Read(make([]byte, 1))
}

func text(s string) ws.Frame { return ws.NewTextFrame([]byte(s)) }

func message(id, position int) ws.Frame {
	return text(fmt.Sprintf(`{"type":"new_message","thread_id":5,"message":{"id":%d,"content":"hello"},"event_id":"g.t5:%d"}`, id, position))
}

// find lets two viewers watch the script and returns what is found.
func find(t *testing.T, toAll, toSecond []ws.Frame) (map[ledger.Kind]int, []ledger.Fault) {
	t.Helper()
	l := ledger.New()
	a, err := audience.New(swarm.Config{
		Server: script(t, toAll, toSecond), From: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, Shards: 1,
	}, l, token)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	ended := make(chan swarm.Ending, 2)
	a.OnClose = func(_ *audience.Viewer, why swarm.Ending) {
		if why.Code != int(ws.StatusNormalClosure) {
			l.Report(ledger.Closed, ledger.NoReader, "%v", why)
		}
		ended <- why
	}
	viewers := []*audience.Viewer{a.Add(5, "a=b"), a.Add(5, "a=b")}
	for _, v := range viewers { // one after the other: the second is who gets the other script
		if err := a.Enter(t.Context(), []*audience.Viewer{v}, 1); err != nil {
			t.Fatal(err)
		}
	}
	<-ended
	<-ended
	l.Audit(a.Close())
	first, counts := l.Faults()
	return counts, first
}

func TestWhatAFaultyServerDoesIsFound(t *testing.T) {
	type found = map[ledger.Kind]int
	whole := []ws.Frame{message(1, 11), message(2, 12), message(3, 13), message(4, 14)}
	fragment := func(frames ...ws.Frame) []ws.Frame { return append(frames, whole[1:]...) }
	first := whole[0].Payload
	for _, c := range []struct {
		name     string
		toSecond []ws.Frame
		want     found
	}{
		{"nothing wrong", whole, found{}},
		{"state and control frames between", []ws.Frame{
			whole[0], text(`{"type":"heartbeat"}`), whole[1], ws.NewPingFrame([]byte("?")), whole[2],
			text(`{"type":"user_typing","thread_id":5}`), ws.NewPongFrame(nil), whole[3],
		}, found{}},
		{"a message in two fragments", fragment(
			ws.NewFrame(ws.OpText, false, first[:20]), ws.NewPingFrame(nil), ws.NewFrame(ws.OpContinuation, true, first[20:]),
		), found{}},
		{"one lost", []ws.Frame{whole[0], whole[1], whole[3]}, found{ledger.Lost: 1}},
		{"the last one lost", whole[:3], found{ledger.Lost: 1}},
		{"one doubled", []ws.Frame{whole[0], whole[1], whole[1], whole[2], whole[3]}, found{ledger.Doubled: 1}},
		{"two reordered", []ws.Frame{whole[0], whole[2], whole[1], whole[3]}, found{ledger.Reordered: 1}},
		{"another message in its place", []ws.Frame{whole[0], message(9, 12), whole[2], whole[3]}, found{ledger.Disagreed: 1}},
		{"one message twice, numbered twice", append(whole[:4:4], message(4, 15)), found{ledger.Doubled: 1, ledger.Lost: 1}},
		{"an event of another thread", append(whole[:4:4], text(`{"type":"new_message","thread_id":6,"event_id":"g.t6:1"}`)), found{ledger.Unreadable: 1}},
		{"no JSON", append(whole[:4:4], text(`{"type":`)), found{ledger.Unreadable: 1}},
		{"an error frame", append(whole[:4:4], text(`{"type":"error","detail":"why"}`)), found{ledger.Unreadable: 1}},
		{"a masked frame", append(whole[:4:4], ws.MaskFrame(message(5, 15))), found{ledger.Closed: 1}},
		{"a binary frame", append(whole[:4:4], ws.NewBinaryFrame(first)), found{ledger.Closed: 1}},
		{"a message that begins within another", append(whole[:4:4], ws.NewFrame(ws.OpText, false, first), whole[0]), found{ledger.Closed: 1}},
		{"a close frame of its own", append(whole[:4:4], ws.NewCloseFrame(ws.NewCloseFrameBody(1013, "Too slow"))), found{ledger.Closed: 1}},
	} {
		if got, all := find(t, whole, c.toSecond); !maps.Equal(got, c.want) {
			t.Errorf("%s: found %v, want %v: %v", c.name, got, c.want, all)
		}
	}
}
