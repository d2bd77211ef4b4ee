//go:build linux

package hub

import (
	"fmt"
	"sync"

	"parley/cmd/parleyload/internal/netpoll"
)

// readSize is what a shard reads at once, into the one buffer its sockets share.
const readSize = 64 << 10

// shard is one goroutine with its sockets.
type shard struct {
	hub     *Hub
	poller  *netpoll.Poller
	sockets map[int]*socket
	viewers map[*thread]*viewers
	buffer  []byte

	mu      sync.Mutex
	waiting map[*thread][]byte // frames to be written, joined
	spare   [][]byte           // buffers to join the next ones in
	arrived []int              // accepted connections
	stopped bool
}

// viewers is who watches a thread, in a shard.
type viewers struct{ sockets []*socket }

func newShard(h *Hub) (*shard, error) {
	poller, err := netpoll.New()
	if err != nil {
		return nil, err
	}
	return &shard{
		hub: h, poller: poller, sockets: map[int]*socket{}, viewers: map[*thread]*viewers{},
		buffer: make([]byte, readSize), waiting: map[*thread][]byte{},
	}, nil
}

// queue joins a frame to what waits for a thread's viewers. The thread is locked.
func (s *shard) queue(t *thread, wire []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	buffer, waits := s.waiting[t]
	if n := len(s.spare); !waits && n > 0 {
		buffer, s.spare = s.spare[n-1][:0], s.spare[:n-1]
	}
	s.waiting[t] = append(buffer, wire...)
	if len(s.waiting) == 1 && !waits && !s.stopped {
		s.poller.Wake()
	}
}

// take returns what waits for a thread's viewers.
func (s *shard) take(t *thread) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	joined := s.waiting[t]
	delete(s.waiting, t)
	return joined
}

// receive hands an accepted connection over.
func (s *shard) receive(fd int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrived = append(s.arrived, fd)
	if !s.stopped {
		s.poller.Wake()
	}
}

func (s *shard) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.poller.Wake()
}

// run is the shard's goroutine.
func (s *shard) run() {
	for {
		events, err := s.poller.Wait()
		if err != nil {
			panic(fmt.Sprintf("hub: %v", err)) // a bug: epoll fails of nothing else
		}
		for _, e := range events {
			if e.FD == s.hub.listener {
				s.accept()
			} else if c := s.sockets[e.FD]; c != nil {
				c.ready(e)
			}
		}
		if !s.deliver() {
			s.close()
			return
		}
	}
}

// accept takes what connects and spreads it over the shards. What it cannot take,
// because there are too many open files, waits in the kernel.
func (s *shard) accept() {
	for {
		fd, err := netpoll.Accept(s.hub.listener)
		if err != nil {
			return
		}
		s.hub.next().receive(fd)
	}
}

// deliver takes in who has arrived and writes what waits; false if the shard is stopped.
func (s *shard) deliver() bool {
	s.mu.Lock()
	arrived, waiting, stopped := s.arrived, s.waiting, s.stopped
	s.arrived, s.waiting = nil, map[*thread][]byte{}
	s.mu.Unlock()
	for _, fd := range arrived {
		s.admit(fd)
	}
	for t, joined := range waiting {
		s.write(t, joined)
		s.reuse(joined)
	}
	return !stopped
}

func (s *shard) admit(fd int) {
	if err := s.poller.Watch(fd, netpoll.Readable); err != nil {
		netpoll.Close(fd)
		return
	}
	s.sockets[fd] = &socket{shard: s, fd: fd}
}

// write sends what is joined to each of a thread's viewers.
func (s *shard) write(t *thread, joined []byte) {
	v := s.viewers[t]
	if v == nil || len(joined) == 0 {
		return
	}
	for i := 0; i < len(v.sockets); { // a socket that fails takes itself out
		c := v.sockets[i]
		c.send(joined)
		if i < len(v.sockets) && v.sockets[i] == c {
			i++
		}
	}
}

// reuse keeps a buffer for later.
func (s *shard) reuse(buffer []byte) {
	const most = 16
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.spare) < most {
		s.spare = append(s.spare, buffer)
	}
}

func (s *shard) close() {
	for _, c := range s.sockets {
		c.end()
	}
	s.poller.Close()
}
