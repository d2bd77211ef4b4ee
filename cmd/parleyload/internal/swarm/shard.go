//go:build linux

package swarm

import (
	"fmt"
	"sync"

	"parley/cmd/parleyload/internal/netpoll"
)

// readSize is what a shard reads at once, into the one buffer its sockets share.
const readSize = 256 << 10

// shard is one goroutine with its sockets.
type shard struct {
	swarm   *Swarm
	index   int
	poller  *netpoll.Poller
	sockets map[int]*Socket // by file descriptor
	buffer  []byte

	mu      sync.Mutex
	mail    []func()
	stopped bool
}

func newShard(s *Swarm, index int) (*shard, error) {
	poller, err := netpoll.New()
	if err != nil {
		return nil, err
	}
	return &shard{
		swarm: s, index: index, poller: poller,
		sockets: map[int]*Socket{}, buffer: make([]byte, readSize),
	}, nil
}

// post has f called by the shard, false if it is stopped. The shard's own goroutine
// may use it too.
func (sh *shard) post(f func()) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.stopped {
		return false
	}
	sh.mail = append(sh.mail, f)
	if len(sh.mail) == 1 {
		sh.poller.Wake()
	}
	return true
}

func (sh *shard) stop() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !sh.stopped {
		sh.stopped = true
		sh.poller.Wake()
	}
}

// run is the shard's goroutine.
func (sh *shard) run() {
	for {
		events, err := sh.poller.Wait()
		if err != nil {
			panic(fmt.Sprintf("swarm: %v", err)) // a bug: epoll fails of nothing else
		}
		for _, e := range events {
			// A socket that an earlier event closed is not in the map; its
			// number is not used again before the mail is read.
			if s := sh.sockets[e.FD]; s != nil {
				s.ready(e)
			}
		}
		if !sh.readMail() {
			sh.close()
			return
		}
	}
}

// readMail calls what was posted, and reports whether to go on.
func (sh *shard) readMail() bool {
	sh.mu.Lock()
	mail, stopped := sh.mail, sh.stopped
	sh.mail = nil
	sh.mu.Unlock()
	for _, f := range mail {
		f()
	}
	return !stopped
}

// close drops what is left. Nobody wakes the poller of a stopped shard.
func (sh *shard) close() {
	for _, s := range sh.sockets {
		s.Drop()
	}
	sh.poller.Close()
}
