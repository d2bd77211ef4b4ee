package realtime

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Config says how a hub works. Its zero value is usable.
type Config struct {
	// Log is where events come from. nil: the hub numbers what is published itself and keeps the
	// newest 1,000 of each channel in memory. Then connections that drop resume, but what was
	// published is lost with the process: an event is delivered at most once, and not to who comes
	// back after a restart. [New] logs that. Event.Seq and Head.Seq are left at 0.
	Log       Log
	Authority Authority // nil: barriers are ignored
	Control   string    // the channel whose events change rights; nobody joins it. Empty: none
	Broker    Broker    // brings what other hubs of the same Log publish, faster than the log does; nil: none. The hub runs it
	Mode      Mode      // what is done with the broker at first; see Hub.SetMode

	MaxPerUser     int // live connections of one user on this hub; 0: no limit
	MaxConnections int // live connections of this hub; 0: no limit

	// Heartbeat is how long a client may be silent before it is sent a ping and HeartbeatFrame;
	// after twice as long its connection ends. 0: 30 s.
	Heartbeat time.Duration
	// HeartbeatFrame returns the JSON text to send with a ping; nil: the ping alone.
	HeartbeatFrame func(now time.Time) []byte

	Follow time.Duration // pause between two looks at the log; 0: 500 ms

	// Group says under which name the deliveries of a channel are counted, see [Metrics]. It returns
	// few different names; nil: all are "".
	Group func(channel string) string

	Logger *slog.Logger // nil: slog.Default()
}

// Hub delivers the events of a [Log] to connections. Its methods may be called from any goroutine.
type Hub struct {
	config Config
	log    *slog.Logger
	own    *ownLog // nil if there is a Log

	rights   *rights
	reads    *reads
	holes    *holes
	follower *follower
	pulse    *pulse
	bus      *bus

	mu          sync.RWMutex
	generation  string
	closed      bool
	connections map[*Conn]struct{}
	users       map[string]*seat // the first of each user's connections
	channels    map[string]*channel

	meter *meter
	counters
}

// counters only grow.
type counters struct {
	delivered, duplicates, repairs, gaps, repaired, overflows, dropped, replaced, pages atomic.Uint64
}

// New returns a hub. It delivers nothing until [Hub.Run]. It panics if there is a Broker but no Log
// that hubs could share.
func New(config Config) *Hub {
	if config.Log == nil && config.Broker != nil {
		panic("realtime: a Broker needs a Log")
	}
	if config.Heartbeat == 0 {
		config.Heartbeat = defaultHeartbeat
	}
	if config.Follow == 0 {
		config.Follow = defaultFollow
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	var own *ownLog
	if config.Log == nil {
		own = newOwnLog()
		config.Log = own
		config.Logger.Info("realtime: no Log: events are kept in memory and lost with the process (at most once)")
	}
	h := &Hub{
		own:         own,
		config:      config,
		log:         config.Logger,
		generation:  config.Log.Generation(),
		connections: make(map[*Conn]struct{}),
		users:       make(map[string]*seat),
		channels:    make(map[string]*channel),
		meter:       newMeter(),
	}
	h.rights = newRights(h, config.Authority)
	h.reads = newReads(h)
	h.holes = newHoles(h.reads)
	h.follower = &follower{hub: h, turn: make(chan struct{}, 1)}
	h.pulse = newPulse(h)
	h.bus = newBus(h, config.Broker, config.Mode)
	return h
}

// Run follows the log, repairs, applies the authority and sends heartbeats until ctx ends. Then it
// closes all connections with [CloseGoingAway], waits until they are gone (5 s and their OnClose at
// most) and returns nil; no goroutine of the hub or of a joined connection is left. It is called
// once. It returns an error at once if the log's generation cannot be part of an event id.
func (h *Hub) Run(ctx context.Context) error {
	if g := h.currentGeneration(); !validGeneration(g) {
		return fmt.Errorf("realtime: generation %q is not 1 to 64 of A-Z a-z 0-9 _ -", g)
	}
	var parts sync.WaitGroup
	parts.Go(func() { h.follower.run(ctx) })
	parts.Go(func() { h.rights.run(ctx) })
	parts.Go(func() { h.holes.run(ctx) })
	parts.Go(func() { h.pulse.run(ctx) })
	parts.Go(func() {
		if err := h.bus.run(ctx); err != nil {
			h.log.Error("realtime: the broker gave up", "err", err)
		}
	})
	for range readers {
		parts.Go(func() { h.reads.run(ctx) })
	}
	<-ctx.Done()
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	all := h.all()
	for _, c := range all {
		c.Close(CloseGoingAway)
	}
	for _, c := range all {
		<-c.Done()
	}
	parts.Wait()
	return nil
}

// Publish tells the hub of events that were committed, so that it need not wait to find them in the
// log, and through the bus the other hubs. It never blocks on a socket, the log, the authority or
// the bus. Events may come in any order, twice, or never; hubs where nobody is joined to an event's
// channel ignore it.
func (h *Hub) Publish(events ...Event) {
	for _, e := range events {
		if h.own != nil {
			e = h.own.append(e)
		}
		switch {
		case e.Seq == 0:
		case h.controls(e.Channel):
			h.Notice(Head{e.Channel, e.Seq})
		default:
			h.publish(h.sound(e))
		}
	}
}

// publish delivers an event before the bus has it: what comes back from there is known then, and the
// log is not asked for what is just being delivered.
func (h *Hub) publish(e Event) {
	ch := h.channel(e.Channel)
	returns := h.bus.returns()
	if ch != nil && !returns {
		ch.publish(e, viaLocal)
	}
	h.bus.publish(e)
	if ch != nil && returns {
		ch.notice(e.Seq) // if it has not come back in a moment the log is read
	}
}

// sound returns the event without its frame if that is not an object: no event id could be added to
// it.
func (h *Hub) sound(e Event) Event {
	e.Frame = bytes.TrimSpace(e.Frame)
	if n := len(e.Frame); n > 0 && (n < 2 || e.Frame[0] != '{' || e.Frame[n-1] != '}') {
		h.log.Error("realtime: event is not a JSON object and is not shown", "channel", e.Channel, "seq", e.Seq)
		e.Frame = nil
	}
	return e
}

func (h *Hub) controls(channel string) bool { return channel != "" && channel == h.config.Control }

// Notice tells the hub, and through the bus the others, that channels have these heads, for somebody
// who knows that something was committed but not what: hubs where somebody is joined to the channel
// read it from the log. It never blocks.
func (h *Hub) Notice(heads ...Head) {
	h.notice(heads)
	for _, head := range heads {
		h.bus.announce(head.Channel, head.Seq)
	}
}

// notice is Notice for this hub alone.
func (h *Hub) notice(heads []Head) {
	for _, head := range heads {
		if h.controls(head.Channel) {
			h.rights.want(head.Seq)
		} else if ch := h.channel(head.Channel); ch != nil {
			ch.notice(head.Seq)
		}
	}
}

// Cast sends m to all live subscribers of the channel but except (nil: to all), on this hub and
// through the bus on the others.
func (h *Hub) Cast(channel string, m Message, except *Conn) {
	h.castHere(channel, m, except)
	if h.bus.current() != ModeLocal {
		h.bus.send(envelope{kind: castKind, event: Event{Channel: channel}, cast: m})
	}
}

// castHere is Cast for this hub alone.
func (h *Hub) castHere(channel string, m Message, except *Conn) {
	if ch := h.channel(channel); ch != nil {
		ch.cast(&casting{Message: m}, except)
	}
}

// CastTo sends m to those live subscribers of the channel on this hub that audience is true for. Like
// [Event.Audience] it goes by what a connection is at that moment; see [Hub.AwaitRights].
func (h *Hub) CastTo(channel string, m Message, audience func(*Conn) bool) {
	cast := casting{Message: m}
	h.EachSubscriber(channel, func(c *Conn) bool {
		if audience(c) {
			cast.to(c)
		}
		return true
	})
}

// AwaitRights has the control channel applied up to a position and returns when it is: who read
// something in a snapshot that showed the control channel at that position may cast it then, and
// nobody gets to see it who had lost the right to before. It returns an error if ctx ends first.
// Run must be running.
func (h *Hub) AwaitRights(ctx context.Context, position uint64) error {
	if !h.rights.covers(position) {
		h.rights.want(position)
	}
	return h.rights.reach(ctx, position)
}

// Control returns the newest position of the control channel that the hub has heard of, from
// [Hub.Publish], [Hub.Notice] or the log: what an application has read at or after it holds as far
// as anybody here knows. It does not block.
func (h *Hub) Control() uint64 { return h.rights.known() }

// Position returns the number of the newest event that has been delivered of a channel; what is
// committed may be ahead of it. A connection that does not want to go on from later than that can
// be admitted here as well as at the head that a snapshot shows: it gets all that follows. open is
// false if the hub does not follow the channel, or if that event was a final one: only the
// database knows whether somebody may be admitted again.
func (h *Hub) Position(channel string) (seq uint64, open bool) {
	ch := h.channel(channel)
	if ch == nil {
		return 0, false
	}
	ch.mu.Lock()
	defer ch.mu.Unlock()
	return ch.pos, !ch.final
}

// SendUser sends m to all connections of the user on this hub. What concerns a user's connections on
// all hubs is cast in a channel of the user's own: to find people by their names, too, a hub would
// need one more subscription for each of them.
func (h *Hub) SendUser(user string, m Message) {
	cast := casting{Message: m}
	h.EachUser(user, func(c *Conn) bool {
		cast.to(c)
		return true
	})
}

// Sync looks at the log once more and returns when everything that was committed before the call
// has been queued for the connections that were live then. Run must be running.
func (h *Hub) Sync(ctx context.Context) error {
	if err := h.follower.look(ctx); err != nil {
		return err
	}
	if err := h.rights.settle(ctx); err != nil {
		return err
	}
	for _, ch := range h.held() {
		if err := ch.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// LastSync returns when the last successful look at the log ended, the zero time if there was none.
func (h *Hub) LastSync() time.Time {
	h.follower.mu.Lock()
	defer h.follower.mu.Unlock()
	return h.follower.last
}

// signal wakes whoever waits for wake, now or next.
func signal(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}
