// Package realtime delivers durable events to many connections: in order, exactly once per
// connection, across lost connections and restarts. It knows nothing of what the events mean.
//
// # The idea
//
// The log, a database, is the truth; everything else is a hint. Events of a channel are numbered
// 1, 2, 3… in the order of their commits. A [Hub] holds a position for each channel that somebody
// on this process is joined to. An event with the next number is delivered, one with a known
// number dropped; a hole is filled from the log. Where an event comes from makes no difference:
// [Hub.Publish] right after the commit, a message bus (see [Broker]), or the hub's own look at the
// log every 500 ms. So publishing may fail, happen twice or in the wrong order, and a process may
// die between commit and publication: that costs time, never an event.
//
// # Guarantees
//
//   - Order: all connections get a channel's events in the order of their numbers. Between
//     channels there is no order.
//   - Exactly once: while a connection lives it gets each event that is for it once. Every event's
//     frame ends with an event id, the position in each of the connection's channels; none of them
//     ever falls.
//   - Resume: a connection that comes back with its last event id gets what it missed and then
//     live events, or is told that it cannot be done (see [Greeting]). Replay shows things as they
//     are at that time: see [Event.Rewrites].
//   - Rights: an event is delivered, or replayed, only when the changes of rights committed before
//     it have been applied: see [Authority].
//   - A slow reader harms nobody: what waits for a connection is bounded by 256 KiB, a write by
//     10 s. Then it is closed with [CloseTooSlow] and may come back to resume. Replay is fed at the
//     reader's own speed and cannot overflow; 3 KiB/s are enough.
//
// # Use
//
// A program makes one Hub, keeps [Hub.Run] running, and calls [Hub.Publish] after each commit. For
// each client it calls [Upgrade], then [Hub.Join] with a function that reads the client's rights
// and the heads of its channels in one database snapshot. Browsers hide HTTP statuses from their
// pages; to refuse a client so that it learns why: Upgrade, then [Conn.Close]. Clients that only
// listen do as well with [Events], a stream of Server-Sent Events.
//
// Callbacks come from any goroutine, one at a time for each connection, and must not block: on Linux
// a few goroutines serve all plain TCP sockets, and a callback that waits holds up thousands of
// them. To wait there for [Hub.Sync], [Hub.Join] or the end of a connection is a deadlock.
//
// # Locks
//
// In this order, each possibly held while the next is taken:
//
//  1. rights.gate, while the authority applies and while a connection is registered;
//  2. Hub.mu: who is connected, which channels are held;
//  3. channel.mu: position, ring, pending events and subscribers of one channel;
//  4. Conn.mu: queue and positions of one connection;
//  5. fanout.mu: what one shard has still to give to the subscribers of one channel;
//  6. shard.mu: what others want of a shard; response.mu: the deadline of an event stream.
//
// The locks of rights, holes, reads, follower and pulse are leaves: nothing is taken under them. The
// goroutine of a shard holds none while it reads, writes or calls back. Under
// Hub.mu, channel.mu and Conn.mu nothing waits for a socket, the log, the authority or, except for
// [Event.Audience], the application. The gate is held during Authority.Apply and, if rights change
// again and again while somebody joins, during JoinRequest.Admit; both have 5 s.
package realtime
