//go:build linux

// Package swarm is many WebSocket clients in one process: thousands of sockets on
// a few goroutines that wait with epoll, without a goroutine or a buffer for each,
// so that the clients do not take the machine from the server they measure.
//
// Every socket belongs to one shard, a goroutine, for life. All callbacks about a
// socket come from it, one at a time, and only it may call the socket's methods.
package swarm

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// Handler gets what happens to sockets. Its methods may be called for sockets of
// different shards at once.
type Handler interface {
	// Text is called for each text message. The bytes are valid until it returns.
	// at is when they were read, on the clock of Now.
	Text(s *Socket, text []byte, at time.Duration)
	// Closed is called once for each Open, when the socket is gone.
	Closed(s *Socket, why Ending)
}

// Ending says how a connection ended.
type Ending struct {
	Asked  bool   // its own side ended it: Leave, Drop
	Code   int    // of the server's close frame, 0 if none came
	Reason string // of the close frame
	Err    error  // what else ended it
}

// String tells it in a few words.
func (e Ending) String() string {
	switch {
	case e.Asked:
		return "closed"
	case e.Code != 0:
		return fmt.Sprintf("closed by the server: %d %s", e.Code, e.Reason)
	default:
		return e.Err.Error()
	}
}

// began is where the clock of Now starts.
var began = time.Now()

// Now returns the time on a clock that nobody sets.
func Now() time.Duration { return time.Since(began) }

// Config says how to connect.
type Config struct {
	Server netip.AddrPort
	From   []netip.Addr // addresses of this machine, used in turn: each has 28,000 ports
	Shards int          // goroutines
}

// Swarm is a set of sockets.
type Swarm struct {
	config  Config
	handler Handler
	key     string // Sec-WebSocket-Key, the same for all
	accept  string // what the server must answer to it
	shards  []*shard
	done    sync.WaitGroup
}

// New starts the goroutines. Close ends them.
func New(config Config, handler Handler) (*Swarm, error) {
	s := &Swarm{config: config, handler: handler}
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails
	s.key = base64.StdEncoding.EncodeToString(nonce)
	s.accept = acceptKey(s.key)
	for i := range config.Shards {
		shard, err := newShard(s, i)
		if err != nil {
			s.Close()
			return nil, err
		}
		s.shards = append(s.shards, shard)
		s.done.Go(shard.run)
	}
	return s, nil
}

// acceptKey is the server's answer to a key, RFC 6455, section 4.2.2.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Shards returns how many goroutines there are.
func (s *Swarm) Shards() int { return len(s.shards) }

// Socket returns a new socket, not connected. owner is the caller's own.
func (s *Swarm) Socket(id int, owner any) *Socket {
	return &Socket{
		Owner: owner, fd: none,
		shard: s.shards[id%len(s.shards)],
		from:  s.config.From[id/len(s.shards)%len(s.config.From)],
	}
}

// Do calls f in a shard, soon, after what it was asked before. After Close it is
// not called.
func (s *Swarm) Do(shard int, f func()) { s.shards[shard].post(f) }

// Each calls f in every shard, at once, and waits until all have returned.
func (s *Swarm) Each(f func(shard int)) {
	var all sync.WaitGroup
	for i, shard := range s.shards {
		all.Add(1)
		if !shard.post(func() { defer all.Done(); f(i) }) {
			all.Done()
		}
	}
	all.Wait()
}

// Close drops all sockets, with a call of Closed for each, and returns when no
// callback will come any more.
func (s *Swarm) Close() {
	for _, shard := range s.shards {
		shard.stop()
	}
	s.done.Wait()
}
