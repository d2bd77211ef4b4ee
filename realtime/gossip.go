package realtime

// Gossip is what a program tells itself on other hubs: not durable, not ordered, and lost now and
// then. It is for what is said again anyway, like how many people watch something.
type Gossip struct {
	Origin  uint64 // the hub that tells; another number for each run of each process
	Channel string
	Message []byte
}

// OnGossip has handle called with what other hubs tell about a topic. It is called from one
// goroutine and must not block: what comes over the bus waits meanwhile. OnGossip may be called
// until Run, once for each topic.
func (h *Hub) OnGossip(topic string, handle func(Gossip)) { h.bus.gossips[topic] = handle }

// Gossip tells something to the other hubs that hold a channel: those with somebody joined to it,
// now or lately. Without a bus, or in [ModeLocal], nobody hears it. It never blocks.
func (h *Hub) Gossip(channel, topic string, message []byte) {
	if h.bus.current() != ModeLocal {
		h.bus.send(envelope{kind: gossipKind, event: Event{Channel: channel}, topic: topic, gossip: message})
	}
}
