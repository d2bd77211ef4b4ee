package redisbroker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"parley/realtime/internal/mailbox"
)

const (
	// probeInterval is how often a broker talks to itself.
	probeInterval = time.Second
	// probePatience is how long it may hear nothing of that. With the interval it is what
	// passes at most until a silent connection is noticed: less than the 5 s that are promised.
	probePatience = 3 * time.Second

	// subscribeBatch is the most channels in one command.
	subscribeBatch = 512
)

// errSilent ends a session that looks well but brings nothing.
var errSilent = fmt.Errorf("nothing came back for %s", probePatience)

// session is one pair of connections to Redis.
type session struct {
	broker     *Broker
	subscriber rueidis.DedicatedClient
	subscribed map[string]struct{}

	ready chan struct{} // cap 1: the probe's channel is subscribed
	heard chan struct{} // cap 1: a probe came back
}

// converse connects, and passes messages on until the connection is lost or ctx ends. It
// reports whether it was well for a time.
func (b *Broker) converse(ctx context.Context) (healthy bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	client, err := connect(ctx, b.option)
	if err != nil {
		cancel()
		return false, err
	}
	subscriber, _ := client.Dedicate()
	defer func() {
		b.client.Store(nil)
		b.health.set(false)
		cancel() // this closes the connections: what follows waits for nobody
		subscriber.Close()
		client.Close()
	}()
	b.client.Store(&client)
	s := &session{
		broker: b, subscriber: subscriber, subscribed: make(map[string]struct{}),
		ready: make(chan struct{}, 1), heard: make(chan struct{}, 1),
	}
	lost := subscriber.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: s.onMessage, OnSubscription: s.onSubscription})
	defer b.wanted.unfollow()
	// The probe's channel comes last: when a probe comes back, all the others are subscribed.
	if err := s.subscribe(ctx, append(b.wanted.follow(), b.probe)); err != nil {
		return false, err
	}
	return s.last(ctx, lost)
}

// last lets the session go on until the connection is lost or ctx ends.
func (s *session) last(ctx context.Context, lost <-chan error) (healthy bool, err error) {
	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	heard := time.Now()
	for {
		select {
		case <-ctx.Done():
			return healthy, nil
		case err := <-lost:
			if err == nil {
				err = errors.New("the connection was closed")
			}
			return healthy, err
		case <-s.ready:
			s.talk()
		case <-s.heard:
			heard, healthy = time.Now(), true
			if ok, _ := s.broker.health.get(); !ok {
				s.broker.sessions.Add(1)
				s.broker.health.set(true)
				signal(s.broker.leases.back)
				s.broker.logger.InfoContext(ctx, "connected to Redis", "redis", s.broker.Address(), "channels", len(s.subscribed))
			}
		case <-s.broker.wanted.wake:
			if err := s.reconcile(ctx); err != nil {
				return healthy, err
			}
		case <-ticker.C:
			if time.Since(heard) > probePatience {
				return healthy, errSilent
			}
			s.talk()
		}
	}
}

// talk publishes a probe.
func (s *session) talk() { s.broker.Publish(s.broker.probe, nil) }

// onMessage takes what comes over a subscription. The connection is not read meanwhile:
// it waits for nobody.
func (s *session) onMessage(m rueidis.PubSubMessage) {
	channel := strings.TrimPrefix(m.Channel, s.broker.prefix)
	if channel == s.broker.probe {
		signal(s.heard)
	} else if !s.broker.inbox.Put(mailbox.Letter{Channel: channel, Message: []byte(m.Message)}) {
		s.broker.drops.Add(1)
	}
}

func (s *session) onSubscription(change rueidis.PubSubSubscription) {
	if change.Channel == s.broker.prefix+s.broker.probe {
		signal(s.ready)
	}
}

// reconcile subscribes to what is wanted by now and not to what is not.
func (s *session) reconcile(ctx context.Context) error {
	more, less := s.broker.wanted.changes(s.subscribed)
	if err := s.subscribe(ctx, more); err != nil {
		return err
	}
	return s.unsubscribe(ctx, less)
}

func (s *session) subscribe(ctx context.Context, channels []string) error {
	for batch := range slices.Chunk(channels, subscribeBatch) {
		if err := s.do(ctx, s.subscriber.B().Subscribe().Channel(s.names(batch)...).Build()); err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
		for _, channel := range batch {
			s.subscribed[channel] = struct{}{}
		}
	}
	return nil
}

func (s *session) unsubscribe(ctx context.Context, channels []string) error {
	for batch := range slices.Chunk(channels, subscribeBatch) {
		if err := s.do(ctx, s.subscriber.B().Unsubscribe().Channel(s.names(batch)...).Build()); err != nil {
			return fmt.Errorf("unsubscribe: %w", err)
		}
		for _, channel := range batch {
			delete(s.subscribed, channel)
		}
	}
	return nil
}

func (s *session) do(ctx context.Context, command rueidis.Completed) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	return s.subscriber.Do(ctx, command).Error()
}

func (s *session) names(channels []string) []string {
	names := make([]string, len(channels))
	for i, channel := range channels {
		names[i] = s.broker.prefix + channel
	}
	return names
}

func signal(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}
