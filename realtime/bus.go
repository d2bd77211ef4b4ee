package realtime

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// busFrameLimit is the longest event that travels over the bus, in bytes. Of a longer one the other
// hubs are only told that it is there: that is cheaper than to keep room for it everywhere.
const busFrameLimit = 64 << 10

// bus is a hub's side of its Broker.
//
// A channel is subscribed to while the hub holds it, so an event goes to those hubs alone that have
// somebody to show it to. Nobody waits until it is: what is committed before the subscription
// reaches the bus is found by the follower, like everything the bus loses.
type bus struct {
	hub    *Hub
	broker Broker // nil: there is none
	origin uint64 // names this hub to the others
	mode   atomic.Uint32

	gossips map[string]func(Gossip) // by topic; not changed once the hub runs
	lag     histogram               // seconds from the commit of events until they came over the bus

	mu      sync.Mutex
	changed chan struct{} // closed and replaced when mode or health change
}

func newBus(h *Hub, broker Broker, mode Mode) *bus {
	b := &bus{
		hub: h, broker: broker, origin: rand.Uint64(), gossips: make(map[string]func(Gossip)),
		lag: newLatencies(), changed: make(chan struct{}),
	}
	if broker != nil && mode != ModeLocal {
		b.mode.Store(uint32(mode))
		b.want(b.standing()...)
	}
	return b
}

// standing are the channels that are wanted whether or not anybody is joined to them.
func (b *bus) standing() []string {
	if control := b.hub.config.Control; control != "" {
		return []string{control}
	}
	return nil
}

// run passes on what comes over the bus until ctx ends.
func (b *bus) run(ctx context.Context) error {
	if b.broker == nil {
		return nil
	}
	var watching sync.WaitGroup
	watching.Go(func() { b.watch(ctx) })
	defer watching.Wait()
	return b.broker.Run(ctx, b.receive)
}

// watch tells of changes of the broker's health: also before it waits for the first one, as somebody
// may have asked before.
func (b *bus) watch(ctx context.Context) {
	for {
		_, changed := b.broker.Health()
		b.tell()
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// tell wakes those who wait for a change.
func (b *bus) tell() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *bus) current() Mode { return Mode(b.mode.Load()) }

// want subscribes to channels the hub begins to hold. hub.mu is held, so that the last word about a
// channel is what the hub's map says.
func (b *bus) want(channels ...string) {
	if b.current() != ModeLocal && len(channels) > 0 {
		b.broker.Subscribe(channels...)
	}
}

// unwant takes that back. hub.mu is held.
func (b *bus) unwant(channels ...string) {
	if b.current() != ModeLocal && len(channels) > 0 {
		b.broker.Unsubscribe(channels...)
	}
}

// returns reports whether what is published now will come back, so that it need not be delivered
// here before.
func (b *bus) returns() bool {
	if b.current() != ModeRedis {
		return false
	}
	ok, _ := b.broker.Health()
	return ok
}

// publish gives an event that was committed here to the other hubs.
//
// An Audience is a function and cannot travel. What it decides by lies in the program's database and
// may have changed when it arrives; the other hubs read such an event from the log, with an audience
// of their own, in one read for all that were told of meanwhile.
func (b *bus) publish(e Event) {
	if b.current() == ModeLocal {
		return
	}
	m := envelope{kind: eventKind, event: e}
	if e.Audience != nil || len(e.Frame)+len(e.Also) > busFrameLimit {
		m.kind = noticeKind
	}
	b.send(m)
}

// announce tells the other hubs of an event without showing it.
func (b *bus) announce(channel string, seq uint64) {
	if b.current() != ModeLocal {
		b.send(envelope{kind: noticeKind, event: Event{Channel: channel, Seq: seq}})
	}
}

// send publishes a message of this hub.
func (b *bus) send(m envelope) {
	m.origin, m.generation = b.origin, b.hub.currentGeneration()
	b.broker.Publish(m.event.Channel, m.encode())
}

// receive takes a message from the bus. Whatever it is, it waits for nothing.
func (b *bus) receive(channel string, message []byte) {
	m, err := decodeEnvelope(channel, message)
	if err != nil {
		b.hub.log.Debug("realtime: message on the bus is not understood", "channel", channel, "bytes", len(message))
		return
	}
	switch m.kind {
	case eventKind:
		b.measure(m)
		b.take(m)
	case noticeKind:
		b.notice(m)
	case castKind:
		if m.origin != b.origin {
			b.hub.castHere(channel, m.cast, nil)
		}
	case gossipKind:
		if handle := b.gossips[m.topic]; handle != nil && m.origin != b.origin {
			handle(Gossip{Origin: m.origin, Channel: channel, Message: m.gossip})
		}
	}
}

// measure notes how long an event of another hub took.
func (b *bus) measure(m envelope) {
	if m.origin != b.origin && !m.event.Committed.IsZero() {
		age := max(0, time.Since(m.event.Committed)) // clocks differ
		b.lag.shards[0].add(b.lag.bucket(int64(age)), 1, int64(age))
	}
}

// take gives an event to its channel.
func (b *bus) take(m envelope) {
	if ch := b.hub.channel(m.event.Channel); ch != nil && ch.generation == m.generation && m.event.Seq > 0 {
		ch.publish(b.hub.sound(m.event), viaBus)
	}
}

// notice takes note of an event that the log has to be asked for: at once, as nobody else brings it.
func (b *bus) notice(m envelope) {
	h := b.hub
	if h.controls(m.event.Channel) {
		if m.generation == h.currentGeneration() {
			h.rights.want(m.event.Seq)
		}
	} else if ch := h.channel(m.event.Channel); ch != nil && ch.generation == m.generation {
		ch.announced(m.event.Seq)
	}
}

// BusStatus tells what a hub does with its bus and whether that works.
type BusStatus struct {
	Mode Mode
	// Degraded: what is published on other hubs arrives late, through the log. Always false in
	// ModeLocal, where that is meant.
	Degraded bool
}

// Bus returns the bus's state, and a channel that is closed when it may have changed.
func (h *Hub) Bus() (status BusStatus, changed <-chan struct{}) {
	b := h.bus
	b.mu.Lock()
	changed = b.changed
	b.mu.Unlock()
	if status.Mode = b.current(); status.Mode != ModeLocal {
		ok, _ := b.broker.Health()
		status.Degraded = !ok
	}
	return status, changed
}

// SetMode changes what the hub does with its bus, at once: no event is lost, doubled or reordered by
// that, and no connection notices. It does nothing on a hub without a Broker, which stays in
// ModeLocal.
func (h *Hub) SetMode(mode Mode) {
	b := h.bus
	h.mu.Lock()
	defer h.mu.Unlock()
	before := b.current()
	if b.broker == nil || before == mode {
		return
	}
	channels := b.standing()
	for name := range h.channels {
		channels = append(channels, name)
	}
	if mode == ModeLocal {
		b.unwant(channels...)
	}
	b.mode.Store(uint32(mode))
	if before == ModeLocal {
		b.want(channels...)
	}
	b.tell()
}
