package live

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"parley"
	"parley/internal/app"
	"parley/realtime"
)

// gossip tells the other replicas that have a thread's sockets something.
func (l *Live) gossip(threadID int64, topic string, news any) {
	l.hub.Gossip(string(parley.ThreadChannel(threadID)), topic, encode(news))
}

// hear has handle called with what other replicas tell of threads. What cannot be read
// was told by a release that this one does not know.
func hear[News any](hub *realtime.Hub, topic string, handle func(threadID int64, replica uint64, n News)) {
	hub.OnGossip(topic, func(g realtime.Gossip) {
		threadID, err := strconv.ParseInt(strings.TrimPrefix(g.Channel, "t"), 10, 64)
		var news News
		if err == nil && json.Unmarshal(g.Message, &news) == nil {
			handle(threadID, g.Origin, news)
		}
	})
}

// busStatusFrame tells whether others' events may be late.
type busStatusFrame struct {
	Type  string `json:"type"`  // bus_status
	State string `json:"state"` // degraded, ok
}

func busStatusMessage(status realtime.BusStatus) realtime.Message {
	frame := busStatusFrame{Type: "bus_status", State: "ok"}
	if status.Degraded {
		frame.State = "degraded"
	}
	return realtime.Message{Lane: realtime.State, Key: "bus_status", Frame: encode(frame)}
}

// watchBus tells the global sockets of this replica when the bus fails and when it
// works again, until ctx ends.
func (l *Live) watchBus(ctx context.Context) {
	told := false
	for {
		status, changed := l.hub.Bus()
		if status.Degraded != told {
			told = status.Degraded
			l.tellGlobal(busStatusMessage(status))
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// tellGlobal sends a message to the global sockets of this replica. Those that still catch
// up are no live subscribers yet, but were greeted with what it supersedes.
func (l *Live) tellGlobal(m realtime.Message) {
	l.hub.Each(func(c *realtime.Conn) bool {
		if seat, ok := c.Value().(app.Seat); ok && seat.ThreadID == globalStream {
			c.Send(m)
		}
		return true
	})
}

// busTrouble returns what to tell a client that comes while the bus does not work.
func (l *Live) busTrouble() []realtime.Message {
	if status, _ := l.hub.Bus(); status.Degraded {
		return []realtime.Message{busStatusMessage(status)}
	}
	return nil
}
