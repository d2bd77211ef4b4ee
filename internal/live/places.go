package live

import (
	"context"
	"sync"

	"parley/realtime"
)

// Places count people's sockets over all replicas. The hub's own limit holds beside
// them, and alone while they cannot tell.
type Places interface {
	// Take takes a place for somebody who may have most; ok is false if they have as
	// many. After an error, which says that nobody can tell, the place is taken as well.
	// release gives it back; it does not block.
	Take(ctx context.Context, who string, most int) (release func(), ok bool, err error)
}

// place is a socket's among those of its person on all replicas.
type place struct {
	mu      sync.Mutex
	release func() // nil: it has none
	ended   bool   // the socket is gone: it takes none any more
}

// take takes a place for the socket, once. It returns realtime.ErrTooManyConnections if
// there is none left. Only one goroutine calls it.
func (p *place) take(ctx context.Context, config Config, who string) error {
	if config.Places == nil || p.settled() {
		return nil
	}
	release, ok, _ := config.Places.Take(ctx, who, config.MaxPerUser)
	if !ok {
		return realtime.ErrTooManyConnections
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended { // meanwhile
		release()
	} else {
		p.release = release
	}
	return nil
}

func (p *place) settled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.release != nil || p.ended
}

// leave gives it back. It does not block.
func (p *place) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.release != nil {
		p.release()
		p.release = nil
	}
}
