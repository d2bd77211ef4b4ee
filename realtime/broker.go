package realtime

import "context"

// Broker carries messages between hubs that share a log, in one process or many: a message goes to
// all brokers of the same bus that have subscribed to its channel, the one that published it
// included. Package brokertest has the tests that every implementation passes.
//
// A broker promises little, as the log is the truth and what a broker brings only makes it faster:
//
//   - A message arrives at most once as a rule, but it may be lost, come twice, come late or be
//     overtaken. It is never changed, and never comes from another channel.
//   - Nobody waits for the network. Publish, Subscribe and Unsubscribe return at once; what is to be
//     published waits in a bounded queue, and what does not fit is dropped and counted. What has
//     been received waits in a bounded queue too: a receiver that is slow loses messages, and does
//     not keep the broker from reading on.
//   - It recovers by itself: a connection that was lost, or over which nothing comes any more, is
//     replaced and subscribed anew. Nothing of this is an error to anybody: see Health.
//
// All methods may be called concurrently.
type Broker interface {
	// Publish sends a message to a channel's subscribers. The broker keeps message: nobody may
	// change it afterwards. Before Run it may be dropped.
	Publish(channel string, message []byte)

	// Subscribe and Unsubscribe change which channels are wanted; the last call for a channel
	// counts. The broker gets there soon, for many channels at once, and again after each loss of
	// its connection. Messages of a channel that is no longer wanted may still come for a while.
	Subscribe(channels ...string)
	Unsubscribe(channels ...string)

	// Run connects, and calls receive for each message until ctx ends: from one goroutine, which
	// may keep message. It returns nil when nothing of the broker runs any more. It is called once.
	Run(ctx context.Context, receive func(channel string, message []byte)) error

	// Health reports whether messages get through as far as the broker knows: from a subscription
	// of everything that was wanted until it notices, within 5 s, that they do not. changed is
	// closed when that changes.
	Health() (ok bool, changed <-chan struct{})

	// Stats returns what the broker has counted.
	Stats() BrokerStats
}

// BrokerStats are a broker's gauge and, from Published on, counters since it was made.
type BrokerStats struct {
	Subscriptions int // channels that are wanted

	Published     uint64 // messages handed to the bus
	PublishErrors uint64 // messages dropped before: no room, no connection, no answer in time
	Received      uint64 // messages given to receive
	ReceiveDrops  uint64 // messages dropped because receive was slow
	Reconnects    uint64 // connections made after the first
}
