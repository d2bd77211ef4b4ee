//go:build linux

// Package hub is the reference that every figure is compared with: about the least
// a server can do that sends each frame to everybody who watches a thread. No
// accounts, no access, no database, no log beyond a short memory; one goroutine a
// processor that reads and writes with epoll, frames encoded once, and whatever
// waits for a thread's viewers joined once and written to each in one write.
//
// It answers the few requests of the forum's API that a load generator makes, and
// believes everything.
package hub

import (
	"fmt"
	"net/netip"
	"sync"

	"parley/cmd/parleyload/internal/netpoll"
)

// Config says what the hub does.
type Config struct {
	Addr       netip.AddrPort
	Shards     int // goroutines
	FrameBytes int // the least a message's frame has, without the WebSocket header
}

// Hub is a running reference.
type Hub struct {
	config   Config
	listener int
	bound    netip.AddrPort
	shards   []*shard
	done     sync.WaitGroup

	mu       sync.Mutex
	threads  map[int64]*thread
	created  int64
	accepted int // connections, to spread them over the shards
}

// New listens, and serves until Close.
func New(config Config) (*Hub, error) {
	listener, bound, err := netpoll.Listen(config.Addr)
	if err != nil {
		return nil, err
	}
	h := &Hub{config: config, listener: listener, bound: bound, threads: map[int64]*thread{}}
	for range config.Shards {
		s, err := newShard(h)
		if err != nil {
			netpoll.Close(listener)
			return nil, err
		}
		h.shards = append(h.shards, s)
	}
	if err := h.shards[0].poller.Watch(listener, netpoll.Readable); err != nil {
		netpoll.Close(listener)
		return nil, err
	}
	for _, s := range h.shards {
		h.done.Go(s.run)
	}
	return h, nil
}

// Addr returns where the hub listens.
func (h *Hub) Addr() netip.AddrPort { return h.bound }

// Close ends all connections.
func (h *Hub) Close() {
	for _, s := range h.shards {
		s.stop()
	}
	h.done.Wait()
	netpoll.Close(h.listener)
}

// thread returns a thread, which comes to be when it is first asked for.
func (h *Hub) thread(id int64) *thread {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.threads[id]
	if t == nil {
		t = &thread{id: id}
		h.threads[id] = t
	}
	return t
}

// create returns the number of a new thread.
func (h *Hub) create() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.created++
	return h.created
}

// next returns the shard for a new connection.
func (h *Hub) next() *shard {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.accepted++
	return h.shards[h.accepted%len(h.shards)]
}

// broadcast sends a message to all who watch a thread, and returns its number.
func (h *Hub) broadcast(t *thread, content []byte) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.head++
	wire := textFrame(t.message(content, h.config.FrameBytes))
	t.remember(wire)
	for _, s := range h.shards {
		s.queue(t, wire)
	}
	return t.head
}

// remembered is how many frames of a thread can be resumed from.
const remembered = 1024

// thread is one stream of frames.
type thread struct {
	id int64

	mu     sync.Mutex
	head   uint64
	recent [][]byte // the last frames, that of head at the end
}

func (t *thread) remember(wire []byte) {
	if len(t.recent) == remembered {
		t.recent = append(t.recent[:0:0], t.recent[remembered/2:]...)
	}
	t.recent = append(t.recent, wire)
}

// since returns what a client lacks that has everything up to a position, false if
// that is not known any more. t.mu is held.
func (t *thread) since(position uint64) (wires [][]byte, ok bool) {
	lacks := t.head - position
	if position > t.head || lacks > uint64(len(t.recent)) {
		return nil, false
	}
	return t.recent[uint64(len(t.recent))-lacks:], true
}

// message is a frame as the forum sends it, padded to a size. content is JSON.
func (t *thread) message(content []byte, size int) []byte {
	frame := fmt.Appendf(nil, `{"type":"new_message","thread_id":%d,"message":{"id":%d,"content":%s}`, t.id, t.head, content)
	end := fmt.Appendf(nil, `,"event_id":"%s.t%d:%d"}`, generation, t.id, t.head)
	const padding = `,"pad":""`
	if lacks := size - len(frame) - len(end) - len(padding); lacks > 0 {
		frame = append(frame, padding[:len(padding)-1]...)
		for range lacks {
			frame = append(frame, '.')
		}
		frame = append(frame, '"')
	}
	return append(frame, end...)
}

// generation begins the hub's event ids.
const generation = "ref"
