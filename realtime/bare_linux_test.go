package realtime

import (
	"net"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/gobwas/ws"
)

// bare is the reference: about the least a hub can do that sends each frame to everybody. No
// channels, no event ids, no rights, no log, no queues; one goroutine a processor that joins the
// frames that wait and writes them to each of its sockets.
type bare struct {
	listener net.Listener
	shards   []*bareShard
	ended    sync.WaitGroup
}

type bareShard struct {
	wake chan struct{}

	mu      sync.Mutex
	sockets []int
	joined  []byte
	closed  bool
}

func newBare(tb testing.TB) *bare {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	h := &bare{listener: listener}
	for range runtime.GOMAXPROCS(0) {
		s := &bareShard{wake: make(chan struct{}, 1)}
		h.shards = append(h.shards, s)
		h.ended.Go(s.run)
	}
	h.ended.Go(h.accept)
	return h
}

func (h *bare) accept() {
	for n := 0; ; n++ {
		socket, err := h.listener.Accept()
		if err != nil {
			return
		}
		s := h.shards[n%len(h.shards)]
		s.mu.Lock() // the handshake's answer tells the client that it is there
		if _, err := ws.Upgrade(socket); err == nil {
			if fd, err := detach(socket.(*net.TCPConn)); err == nil {
				s.sockets = append(s.sockets, fd)
			}
		}
		s.mu.Unlock()
		socket.Close()
	}
}

func (h *bare) broadcast(wire []byte) {
	for _, s := range h.shards {
		s.mu.Lock()
		s.joined = append(s.joined, wire...)
		s.mu.Unlock()
		signal(s.wake)
	}
}

func (h *bare) close() {
	h.listener.Close()
	for _, s := range h.shards {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		signal(s.wake)
	}
	h.ended.Wait()
}

func (s *bareShard) run() {
	var joined []byte
	for range s.wake {
		s.mu.Lock()
		s.joined, joined = joined[:0], s.joined
		sockets, closed := s.sockets, s.closed
		s.mu.Unlock()
		for _, fd := range sockets {
			if closed {
				syscall.Close(fd)
			} else if len(joined) > 0 {
				_, _ = syscall.Write(fd, joined) // clients that do not keep up would be a failure of the benchmark
			}
		}
		if closed {
			return
		}
	}
}
