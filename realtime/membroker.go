package realtime

import (
	"context"
	"sync"
	"sync/atomic"

	"parley/realtime/internal/mailbox"
)

// memoryInbox bounds what waits for one receiver of a [MemoryBus], in bytes.
const memoryInbox = 4 << 20

// MemoryBus connects brokers within one process: several hubs in a test, or a program that runs more
// than one. Its methods may be called concurrently.
type MemoryBus struct {
	mu          sync.RWMutex
	subscribers map[string]map[*memoryBroker]struct{}
}

// NewMemoryBus returns a bus without brokers.
func NewMemoryBus() *MemoryBus {
	return &MemoryBus{subscribers: make(map[string]map[*memoryBroker]struct{})}
}

// Broker returns a new broker on the bus.
func (b *MemoryBus) Broker() Broker {
	return &memoryBroker{bus: b, inbox: mailbox.New(memoryInbox), changed: make(chan struct{})}
}

type memoryBroker struct {
	bus   *MemoryBus
	inbox *mailbox.Box

	published, errors, received, drops atomic.Uint64

	mu      sync.Mutex
	running bool
	changed chan struct{}

	wanted atomic.Int64
}

// Publish implements [Broker].
func (m *memoryBroker) Publish(channel string, message []byte) {
	if ok, _ := m.Health(); !ok {
		m.errors.Add(1)
		return
	}
	m.published.Add(1)
	m.bus.mu.RLock()
	defer m.bus.mu.RUnlock()
	for subscriber := range m.bus.subscribers[channel] {
		if !subscriber.inbox.Put(mailbox.Letter{Channel: channel, Message: message}) {
			subscriber.drops.Add(1)
		}
	}
}

// Subscribe implements [Broker].
func (m *memoryBroker) Subscribe(channels ...string) {
	m.bus.mu.Lock()
	defer m.bus.mu.Unlock()
	for _, channel := range channels {
		subscribers := m.bus.subscribers[channel]
		if subscribers == nil {
			subscribers = make(map[*memoryBroker]struct{})
			m.bus.subscribers[channel] = subscribers
		}
		if _, already := subscribers[m]; !already {
			subscribers[m] = struct{}{}
			m.wanted.Add(1)
		}
	}
}

// Unsubscribe implements [Broker].
func (m *memoryBroker) Unsubscribe(channels ...string) {
	m.bus.mu.Lock()
	defer m.bus.mu.Unlock()
	for _, channel := range channels {
		subscribers := m.bus.subscribers[channel]
		if _, subscribed := subscribers[m]; !subscribed {
			continue
		}
		delete(subscribers, m)
		m.wanted.Add(-1)
		if len(subscribers) == 0 {
			delete(m.bus.subscribers, channel)
		}
	}
}

// Run implements [Broker].
func (m *memoryBroker) Run(ctx context.Context, receive func(string, []byte)) error {
	m.turn(true)
	defer m.turn(false)
	var letters []mailbox.Letter
	for {
		select {
		case <-m.inbox.Full():
		case <-ctx.Done():
			return nil
		}
		letters = m.inbox.Take(letters)
		for _, l := range letters {
			m.received.Add(1)
			receive(l.Channel, l.Message)
		}
	}
}

func (m *memoryBroker) turn(running bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running = running
	close(m.changed)
	m.changed = make(chan struct{})
}

// Health implements [Broker].
func (m *memoryBroker) Health() (ok bool, changed <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.running, m.changed
}

// Stats implements [Broker].
func (m *memoryBroker) Stats() BrokerStats {
	return BrokerStats{
		Subscriptions: int(m.wanted.Load()),
		Published:     m.published.Load(), PublishErrors: m.errors.Load(),
		Received: m.received.Load(), ReceiveDrops: m.drops.Load(),
	}
}
