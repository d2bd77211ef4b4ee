package realtime

import (
	"net"
	"time"
)

// transport carries the bytes of one connection: it feeds what comes in to Conn.handle and writes
// what Conn.next gives it. There are three, and they keep the same promises:
//
//   - link, where there is epoll: a few goroutines, the shards, serve all sockets;
//   - stream, everywhere else and where TLS ends in the process: one goroutine reads a socket, another
//     writes while there is something to write;
//   - eventStream, for Server-Sent Events: a stream in a request's answer, which nothing comes in on.
//
// All methods are called with Conn.mu held and never block.
type transport interface {
	// wake has written what is queued, if it may go out, or looked at how the connection is closed.
	wake()

	// hurry shortens the patience with what is being written to that with a closing connection.
	hurry()

	// sever ends the connection at once.
	sever()

	// format returns how frames look there. It never changes, and needs no lock.
	format() format

	// home returns the shard that serves the connection, nil if it has goroutines of its own.
	home() *shard
}

const (
	// writeTimeout is how long a peer may take nothing before its connection ends.
	writeTimeout = 10 * time.Second

	// closeTimeout bounds a closing connection: what is queued, the close frame and the peer's
	// answer to it.
	closeTimeout = 5 * time.Second

	// writeSize bounds what is taken from a queue at once. Frames that wait together are written
	// together, a write costing the same for one frame as for ten; but a slow reader that still
	// reads must manage each write within writeTimeout: 3 KiB/s do.
	writeSize = 32 << 10
)

// Keys of the frames of the protocol's own, which no application uses: of several that wait the last
// one does.
const (
	pingKey = "\x00ping"
	pongKey = "\x00pong"
)

// origin is what instants count from, on the monotonic clock, which nobody sets back. It lies so
// far back that instants are positive also where a test's clock starts in the year 2000.
var origin = time.Now().Add(-100 * 365 * 24 * time.Hour)

// instant is a moment.
func instant() time.Duration { return time.Since(origin) }

// clock returns the time at an instant.
func clock(at time.Duration) time.Time { return time.Now().Add(at - instant()) }

// connect starts a connection on a socket.
func connect(socket net.Conn, o opening, config UpgradeConfig) *Conn {
	c, ok := adopt(socket, o, config)
	if !ok {
		c = newStream(socket, o, config)
	}
	if !config.Hold {
		c.respond()
	}
	return c
}

// peerClosed is the error that ends reading when the peer's close frame has come.
type peerClosed struct{ CloseReason }

func (p peerClosed) Error() string { return "peer closed: " + p.Reason }
