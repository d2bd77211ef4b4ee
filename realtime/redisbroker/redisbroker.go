package redisbroker

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"parley/realtime"
	"parley/realtime/internal/mailbox"
)

const (
	// boxLimit bounds what waits to be published, and what has been received, in bytes: some
	// seconds of a busy forum.
	boxLimit = 4 << 20

	// The pause before the next attempt to connect grows from one to the other.
	firstPause = 50 * time.Millisecond
	lastPause  = 500 * time.Millisecond
)

// Broker is a [realtime.Broker] over Redis.
type Broker struct {
	option rueidis.ClientOption
	prefix string
	probe  string // the channel that this broker talks to itself over
	logger *slog.Logger

	client atomic.Pointer[rueidis.Client] // nil while there is none
	outbox *mailbox.Box
	inbox  *mailbox.Box
	wanted wanted
	health health
	asking asking

	patience time.Duration
	leases   *Leases

	published, errors, received, drops atomic.Uint64
	sessions                           atomic.Uint64 // that were well for a time
}

var _ realtime.Broker = (*Broker)(nil)

// Open returns a broker that has connected once to see whether it may. An error is for
// good: an address that is none or something else's, certificates that cannot be read, a
// password or permissions that Redis refuses. A Redis that cannot be reached is none: it is logged,
// and the broker goes on trying when it runs.
func Open(ctx context.Context, config Config, logger *slog.Logger) (*Broker, error) {
	option, err := config.options()
	if err != nil {
		return nil, err
	}
	b := &Broker{
		option: option, prefix: config.Prefix, logger: logger, patience: cmp.Or(config.Patience, defaultPatience),
		probe:  fmt.Sprintf("probe:%016x", rand.Uint64()),
		outbox: mailbox.New(boxLimit), inbox: mailbox.New(boxLimit),
		wanted: newWanted(), health: newHealth(),
	}
	b.leases = newLeases(b)
	switch err := b.try(ctx); {
	case refused(err):
		return nil, fmt.Errorf("the Redis at %s refuses: %w", b.Address(), err)
	case foreign(err):
		return nil, fmt.Errorf("what answers at %s is no Redis: %w", b.Address(), err)
	case err != nil:
		logger.WarnContext(ctx, "Redis cannot be reached, will try again", "redis", b.Address(), "error", err)
	}
	return b, nil
}

// try connects, and publishes and subscribes as a session does.
func (b *Broker) try(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client, err := connect(ctx, b.option)
	if err != nil {
		return err
	}
	defer client.Close()
	asking, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if err := client.Do(asking, client.B().Publish().Channel(b.prefix+b.probe).Message("").Build()).Error(); err != nil {
		return err
	}
	subscriber, release := client.Dedicate()
	defer release()
	subscriber.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(rueidis.PubSubMessage) {}})
	return subscriber.Do(asking, client.B().Subscribe().Channel(b.prefix+b.probe).Build()).Error()
}

// Address returns host and port of the Redis, without any secret.
func (b *Broker) Address() string { return b.option.InitAddress[0] }

// Publish implements [realtime.Broker].
func (b *Broker) Publish(channel string, message []byte) {
	if !b.outbox.Put(mailbox.Letter{Channel: channel, Message: message}) {
		b.errors.Add(1)
	}
}

// Subscribe implements [realtime.Broker].
func (b *Broker) Subscribe(channels ...string) { b.wanted.set(true, channels) }

// Unsubscribe implements [realtime.Broker].
func (b *Broker) Unsubscribe(channels ...string) { b.wanted.set(false, channels) }

// Health implements [realtime.Broker].
func (b *Broker) Health() (ok bool, changed <-chan struct{}) { return b.health.get() }

// Stats implements [realtime.Broker].
func (b *Broker) Stats() realtime.BrokerStats {
	return realtime.BrokerStats{
		Subscriptions: b.wanted.count(),
		Published:     b.published.Load(), PublishErrors: b.errors.Load(),
		Received: b.received.Load(), ReceiveDrops: b.drops.Load(), Reconnects: max(1, b.sessions.Load()) - 1,
	}
}

// Run implements [realtime.Broker].
func (b *Broker) Run(ctx context.Context, receive func(channel string, message []byte)) error {
	var parts sync.WaitGroup
	parts.Go(func() { b.publish(ctx) })
	parts.Go(func() { b.deliver(ctx, receive) })
	// What is still to be said when ctx ends is said while there is a connection.
	connected, disconnect := context.WithCancel(context.WithoutCancel(ctx))
	parts.Go(func() { b.stayConnected(connected) })
	b.leases.run(ctx)
	disconnect()
	parts.Wait()
	return nil
}

// deliver hands over what has been received.
func (b *Broker) deliver(ctx context.Context, receive func(string, []byte)) {
	var letters []mailbox.Letter
	for {
		select {
		case <-b.inbox.Full():
		case <-ctx.Done():
			return
		}
		letters = b.inbox.Take(letters)
		for _, l := range letters {
			b.received.Add(1)
			receive(l.Channel, l.Message)
		}
	}
}

// stayConnected keeps a session with Redis until ctx ends.
func (b *Broker) stayConnected(ctx context.Context) {
	pause, reached := firstPause, false
	for ctx.Err() == nil {
		healthy, err := b.converse(ctx)
		if ctx.Err() != nil {
			return
		}
		if healthy || !reached {
			// Once for each time that it was well, not for each attempt.
			b.logger.WarnContext(ctx, "no connection to Redis, events take the way through the log", "redis", b.Address(), "error", err)
		}
		reached = true
		if healthy {
			pause = firstPause
		}
		timer := time.NewTimer(pause/2 + rand.N(pause)) // replicas come back one after another
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		pause = min(2*pause, lastPause)
	}
}

// health is whether a broker's messages get through.
type health struct {
	mu      sync.Mutex
	ok      bool
	changed chan struct{}
}

func newHealth() health { return health{changed: make(chan struct{})} }

func (h *health) get() (ok bool, changed <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ok, h.changed
}

// set changes it.
func (h *health) set(ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ok == ok {
		return
	}
	h.ok = ok
	close(h.changed)
	h.changed = make(chan struct{})
}
