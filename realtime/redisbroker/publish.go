package redisbroker

import (
	"context"
	"slices"

	"github.com/redis/rueidis"

	"parley/realtime/internal/mailbox"
)

// pipeline is the most messages that are sent at once.
const pipeline = 512

// publish sends what is in the outbox until ctx ends: all there is, while what comes
// meanwhile waits for the next turn.
func (b *Broker) publish(ctx context.Context) {
	var letters []mailbox.Letter
	for {
		select {
		case <-b.outbox.Full():
		case <-ctx.Done():
			return
		}
		letters = b.outbox.Take(letters)
		for chunk := range slices.Chunk(letters, pipeline) {
			b.send(ctx, chunk)
		}
	}
}

// send publishes messages in one pipeline. What Redis does not take in time is lost: the
// log has it.
func (b *Broker) send(ctx context.Context, letters []mailbox.Letter) {
	client := b.client.Load()
	if client == nil {
		b.errors.Add(uint64(len(letters)))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	commands := make(rueidis.Commands, len(letters))
	for i, l := range letters {
		commands[i] = (*client).B().Publish().Channel(b.prefix + l.Channel).Message(rueidis.BinaryString(l.Message)).Build()
	}
	for i, answer := range (*client).DoMulti(ctx, commands...) {
		switch {
		case answer.Error() != nil:
			b.errors.Add(1)
		case letters[i].Channel != b.probe:
			b.published.Add(1)
		}
	}
}
