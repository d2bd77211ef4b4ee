package redistest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy stands between clients and a server, and can do to connections what networks do.
// Its methods may be called concurrently.
type Proxy struct {
	listener net.Listener
	target   string

	mu      sync.Mutex
	links   map[*link]struct{}
	refuses bool
	done    sync.WaitGroup
}

// link is one connection through a proxy.
type link struct {
	client, server net.Conn
	subscriber     atomic.Bool // the client has subscribed to something
	mute           atomic.Bool // what the server says is swallowed
}

// NewProxy starts a proxy in front of a server. It ends with the test.
func NewProxy(t testing.TB, s *Server) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: listener, target: s.Address(), links: make(map[*link]struct{})}
	p.done.Go(p.accept)
	t.Cleanup(func() {
		listener.Close()
		p.Cut()
		p.done.Wait()
	})
	return p
}

// URL is the proxy's address as clients are given it.
func (p *Proxy) URL() string { return "redis://" + p.listener.Addr().String() }

// Detach makes the server's words vanish on those connections that are subscribed now, and
// leaves all else as it is: neither side can see it. It returns how many there are.
func (p *Proxy) Detach() (detached int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		if l.subscriber.Load() && !l.mute.Swap(true) {
			detached++
		}
	}
	return detached
}

// Cut closes all connections that there are.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.close()
	}
}

// Refuse closes all connections and has new ones end at once, or lets them be again.
func (p *Proxy) Refuse(refuses bool) {
	p.mu.Lock()
	p.refuses = refuses
	p.mu.Unlock()
	if refuses {
		p.Cut()
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		} else if err != nil {
			continue
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		p.pass(&link{client: client, server: server})
	}
}

// pass lets both sides talk until one of them ends it.
func (p *Proxy) pass(l *link) {
	p.mu.Lock()
	p.links[l] = struct{}{}
	if p.refuses {
		l.close()
	}
	p.mu.Unlock()
	p.done.Go(func() {
		_, _ = io.Copy(l.server, &spy{l}) // either side's end is the other's
		l.close()
	})
	p.done.Go(func() {
		_, _ = io.Copy(&valve{l}, l.server)
		l.close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.links, l)
	})
}

func (l *link) close() {
	l.client.Close()
	l.server.Close()
}

// spy reads what the client says.
type spy struct{ *link }

func (s *spy) Read(into []byte) (int, error) {
	n, err := s.client.Read(into)
	if bytes.Contains(into[:n], []byte("SUBSCRIBE")) {
		s.subscriber.Store(true)
	}
	return n, err
}

// valve writes what the server says.
type valve struct{ *link }

func (v *valve) Write(data []byte) (int, error) {
	if v.mute.Load() {
		return len(data), nil
	}
	return v.client.Write(data)
}
