//go:build linux

package audience

import (
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"parley/cmd/parleyload/internal/ledger"
	"parley/cmd/parleyload/internal/swarm"
)

// Viewer is one client. What is not said to be for any goroutine belongs to its own.
type Viewer struct {
	audience *Audience
	hall     *hall
	channel  *channel // nil for the global stream
	socket   *swarm.Socket
	id       int
	thread   int64 // 0: the global stream
	cookie   string

	reader  ledger.Reader
	badge   *badge // nil unless calls are followed
	last    *frame // the last durable frame it got, or where it started
	seated  bool   // connected, and the first frame has come
	away    bool   // it left, or dropped, itself
	opened  time.Duration
	entered func(error) // to be told when it is seated, or why not

	// ReceiveBuffer bounds what the kernel keeps for it; 0 leaves that to the
	// kernel. It is set before the viewer enters.
	ReceiveBuffer int
}

// Enter connects, and resumes where the viewer was, if anywhere. done is called
// when the first frame has come, or with why none did. Any goroutine may call it
// while the viewer is away.
func (v *Viewer) Enter(done func(error)) {
	v.Do(func() {
		v.entered, v.opened = done, swarm.Now()
		v.socket.Open(swarm.Request{
			Path: v.path(), Header: "Cookie: " + v.cookie + "\r\n", ReceiveBuffer: v.ReceiveBuffer,
		})
	})
}

func (v *Viewer) path() string {
	path := "/api/forum/ws/global"
	if v.thread != 0 {
		path = fmt.Sprintf("/api/forum/ws/thread/%d", v.thread)
	}
	if v.last != nil {
		path += "?last_event_id=" + url.QueryEscape(v.last.eventID)
	}
	return path
}

// Do calls f in the viewer's own goroutine, soon. Any goroutine may call it.
func (v *Viewer) Do(f func()) { v.audience.swarm.Do(v.socket.Shard(), f) }

// ID returns the number by which faults name it.
func (v *Viewer) ID() int { return v.id }

// Present reports whether it is connected and greeted.
func (v *Viewer) Present() bool { return v.seated }

// checked reports whether the ledger follows what it reads.
func (v *Viewer) checked() bool { return v.reader.Channel() != nil }

// Forget makes the viewer a new one: when it enters next, it does not resume.
func (v *Viewer) Forget() { v.last = nil }

// Drop ends the connection as a failing network does.
func (v *Viewer) Drop() { v.socket.Drop() }

// Leave ends the connection as a browser does.
func (v *Viewer) Leave() { v.socket.Leave() }

// Pause stops reading, Continue goes on.
func (v *Viewer) Pause() { v.socket.Pause() }

// Continue goes on reading.
func (v *Viewer) Continue() { v.socket.Continue() }

// Local returns the address of its end of the connection.
func (v *Viewer) Local() (netip.AddrPort, error) { return v.socket.Local() }

// seat notes that the server has greeted it.
func (v *Viewer) seat(greeting *message, at time.Duration) {
	position, ok := positionIn(greeting.EventID, v.thread)
	if !ok {
		v.fault(ledger.Unreadable, "connected with the event id %q", greeting.EventID)
	}
	switch {
	case v.last == nil:
		v.reader.Start(position)
	case greeting.Recovered:
		v.hall.recovered.Add(1)
	default:
		v.hall.refused.Add(1)
		v.reader.Resumed(false, position)
	}
	if v.last == nil || !greeting.Recovered {
		v.last = v.channel.start(position, greeting.EventID)
	}
	v.seated, v.away = true, false
	v.channel.come(1)
	v.hall.present.Add(1)
	v.hall.handshakes.Record(at - v.opened)
	v.tell(nil)
}

func (v *Viewer) tell(err error) {
	if told := v.entered; told != nil {
		v.entered = nil
		told(err)
	}
}

// left notes that the connection has ended.
func (v *Viewer) left(why swarm.Ending) {
	if !v.seated {
		v.tell(fmt.Errorf("%v", why))
		return
	}
	v.seated, v.away = false, why.Asked
	v.channel.come(-1)
	v.hall.present.Add(-1)
	switch {
	case why.Asked:
	case v.audience.OnClose != nil:
		v.audience.OnClose(v, why)
	default:
		v.fault(ledger.Closed, "%v", why)
	}
}

func (v *Viewer) fault(kind ledger.Kind, format string, args ...any) {
	v.audience.ledger.Report(kind, v.id, format, args...)
}
