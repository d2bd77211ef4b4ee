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
	"time"

	"github.com/gobwas/ws"

	"parley/cmd/parleyload/internal/audience"
	"parley/cmd/parleyload/internal/ledger"
	"parley/cmd/parleyload/internal/swarm"
)

// community is a server with two members on the global stream. They come with 7 unread
// notifications; when everyone is called, each is told what was written down for them.
type community struct {
	audience *audience.Audience
	ledger   *ledger.Ledger
	called   chan struct{}
	ended    chan struct{}
}

func newCommunity(t *testing.T, toFirst, toSecond []ws.Frame) *community {
	t.Helper()
	c := &community{ledger: ledger.New(), called: make(chan struct{}), ended: make(chan struct{}, 2)}
	var clients atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			t.Errorf("upgrade: %v", err)
			return
		}
		defer conn.Close()
		frames, id := toFirst, clients.Add(1)
		if id == 2 {
			frames = toSecond
		}
		_ = ws.WriteFrame(conn, text(fmt.Sprintf(`{"type":"connected","event_id":"g.f:10.u%d:1"}`, id)))
		_ = ws.WriteFrame(conn, count(7, 20))
		<-c.called
		say(conn, frames)
	}))
	t.Cleanup(server.Close)
	var err error
	c.audience, err = audience.New(swarm.Config{
		Server: server.Listener.Addr().(*net.TCPAddr).AddrPort(), From: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, Shards: 2,
	}, c.ledger, token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.audience.Close() })
	c.audience.OnClose = func(*audience.Viewer, swarm.Ending) { c.ended <- struct{}{} }
	c.audience.Add(0, "a=b")
	c.audience.Add(0, "a=b")
	return c
}

// call has everyone called once, by message 3 in thread 5, and returns the call when
// both members were told all that they are told.
func (c *community) call(t *testing.T) *audience.Call {
	t.Helper()
	known := c.audience.FollowCalls(5)
	for _, v := range c.audience.Viewers() {
		if err := c.audience.Enter(t.Context(), []*audience.Viewer{v}, 1); err != nil {
			t.Fatal(err)
		}
	}
	<-known.Done()
	call := c.audience.Call()
	c.audience.Called(3)
	close(c.called)
	<-c.ended
	<-c.ended
	return call
}

// found ends it, and returns what is wrong.
func (c *community) found() (map[ledger.Kind]int, []ledger.Fault) {
	c.audience.CheckBadges()
	c.ledger.Audit(c.audience.Close())
	first, counts := c.ledger.Faults()
	return counts, first
}

func count(n, version int) ws.Frame {
	return text(fmt.Sprintf(`{"type":"forum_notification_count","count":%d,"count_version":%d}`, n, version))
}

// notified and mentioned are what member id is told of a message that calls everyone.
func notified(id, message, position int) ws.Frame {
	return text(fmt.Sprintf(`{"type":"forum_notification","notification":{"id":1,"thread_id":5,"message_id":%d},"event_id":"g.f:%d.u%d:1"}`,
		message, position, id))
}

func mentioned(id, message, position int) ws.Frame {
	return text(fmt.Sprintf(`{"type":"everyone_mention","thread_id":5,"message_id":%d,"notification_count":99,"event_id":"g.f:%d.u%d:1"}`,
		message, position, id))
}

func TestACallIsOverWhenEverybodyWasToldAndHasTheRightBadge(t *testing.T) {
	right := func(id int) []ws.Frame { return []ws.Frame{notified(id, 3, 11), mentioned(id, 3, 12), count(8, 22)} }
	c := newCommunity(t, right(1), right(2))
	call := c.call(t)
	select {
	case <-call.Done():
	default:
		t.Error("it is not over")
	}
	if call.Took() <= 0 || call.Took() > time.Hour || call.Notified() != 99 {
		t.Errorf("it took %v and reached %d members, want 99", call.Took(), call.Notified())
	}
	if counts, all := c.found(); len(counts) > 0 {
		t.Errorf("found %v", all)
	}
}

func TestWhatAFaultyServerTellsOfCallsIsFound(t *testing.T) {
	type found = map[ledger.Kind]int
	notice, mention := notified(2, 3, 11), mentioned(2, 3, 12)
	for _, c := range []struct {
		name     string
		toSecond []ws.Frame
		want     found
		over     bool
	}{
		{"the badge first", []ws.Frame{count(8, 22), notice, mention}, found{}, true},
		{"the badge twice, and an old one, which clients drop", []ws.Frame{notice, mention, count(8, 22), count(8, 22), count(7, 21)}, found{}, true},
		{"calls of other threads", []ws.Frame{
			notice, mention, count(8, 22), text(`{"type":"everyone_mention","thread_id":6,"message_id":4,"event_id":"g.f:13.u2:1"}`),
		}, found{}, true},
		{"no badge", []ws.Frame{notice, mention}, found{ledger.Miscounted: 1}, false},
		{"the badge of before", []ws.Frame{notice, mention, count(7, 22)}, found{ledger.Miscounted: 1}, false},
		{"a badge of two", []ws.Frame{notice, mention, count(9, 22)}, found{ledger.Miscounted: 1}, false},
		{"a badge that goes on", []ws.Frame{notice, mention, count(8, 22), count(9, 23)}, found{ledger.Miscounted: 1}, true},
		{"an old badge", []ws.Frame{notice, mention, count(8, 19)}, found{ledger.Miscounted: 1}, false},
		{"the mention lost", []ws.Frame{notice, count(8, 22)}, found{ledger.Lost: 1}, false},
		{"the notification lost", []ws.Frame{mention, count(8, 22)}, found{ledger.Lost: 1}, true},
		{"the mention twice", []ws.Frame{notice, mention, mention, count(8, 22)}, found{ledger.Doubled: 1, ledger.Reordered: 1}, true},
		{"the mention twice, numbered twice", []ws.Frame{notice, mention, mentioned(2, 3, 13), count(8, 22)}, found{ledger.Doubled: 1, ledger.Lost: 1}, true},
		{"a mention cut short", []ws.Frame{notice, text(string(mention.Payload[:len(mention.Payload)-1])), mention, count(8, 22)}, found{ledger.Unreadable: 1}, true},
	} {
		members := newCommunity(t, []ws.Frame{notified(1, 3, 11), mentioned(1, 3, 12), count(8, 22)}, c.toSecond)
		over := false
		select {
		case <-members.call(t).Done():
			over = true
		default:
		}
		if got, all := members.found(); over != c.over || !maps.Equal(got, c.want) {
			t.Errorf("%s: over is %v, found %v, want %v: %v", c.name, over, got, c.want, all)
		}
	}
}

func TestAMentionThatWasAnsweredAndReachedNobodyIsLost(t *testing.T) {
	c := newCommunity(t, []ws.Frame{count(8, 22)}, []ws.Frame{count(8, 22)})
	c.call(t)
	if counts, all := c.found(); !maps.Equal(counts, map[ledger.Kind]int{ledger.Lost: 1}) {
		t.Errorf("found %v, want one lost", all)
	}
}
