package pgtest

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Proxy stands between clients and a server. It counts the round trips of
// transactions, can lose what is on its way, and always loses requests to cancel
// something. Its methods may be called concurrently.
type Proxy struct {
	listener net.Listener
	target   string
	running  sync.WaitGroup

	mu           sync.Mutex
	lines        map[*line]bool
	refuses      bool
	transactions []int
}

// line is one connection through the proxy.
type line struct {
	client, server net.Conn
	trips          int // of the transaction under way
	loseAnswers    bool
	loseRequests   bool
}

// NewProxy starts a proxy to the server of a database, which ends with the test. It
// returns it with the database's address through it.
func NewProxy(t testing.TB, dsn string) (p *Proxy, through string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p = &Proxy{listener: listener, target: u.Host, lines: map[*line]bool{}}
	u.Host = listener.Addr().String()
	p.running.Go(p.serve)
	t.Cleanup(func() {
		listener.Close()
		p.Cut()
		p.running.Wait()
	})
	return p, u.String()
}

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := p.dial()
		if err != nil {
			client.Close()
			continue
		}
		l := &line{client: client, server: server}
		p.mu.Lock()
		p.lines[l] = true
		p.mu.Unlock()
		p.running.Go(func() { p.requests(l) })
		p.running.Go(func() { p.answers(l) })
	}
}

func (p *Proxy) dial() (net.Conn, error) {
	p.mu.Lock()
	refuses := p.refuses
	p.mu.Unlock()
	if refuses {
		return nil, net.ErrClosed
	}
	return net.Dial("tcp", p.target)
}

// Refuse has new connections end at once, or no longer.
func (p *Proxy) Refuse(refuses bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuses = refuses
}

// Cut ends all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.lines {
		l.client.Close()
		l.server.Close()
	}
}

// LoseAnswers has the answers to what is sent next on open connections get lost:
// the server does what it is asked to, and the connections end.
func (p *Proxy) LoseAnswers() {
	p.each(func(l *line) { l.loseAnswers = true })
}

// LoseRequests has what is sent next on open connections get lost, and the
// connections end.
func (p *Proxy) LoseRequests() {
	p.each(func(l *line) { l.loseRequests = true })
}

func (p *Proxy) each(do func(*line)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.lines {
		do(l)
	}
}

// Transactions returns how many round trips each transaction took that ended since
// the last time, oldest first; a statement outside of one is one.
func (p *Proxy) Transactions() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	ended := p.transactions
	p.transactions = nil
	return ended
}

func (p *Proxy) requests(l *line) {
	defer p.end(l)
	buffer := make([]byte, 1<<16)
	for {
		n, err := l.client.Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		lost := l.loseRequests
		p.mu.Unlock()
		if lost || cancels(buffer[:n]) {
			return
		}
		if _, err := l.server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// cancels reports whether a client asks, on a connection of its own, that a statement
// be given up: where the network is gone, that does not arrive either.
func cancels(request []byte) bool {
	const code = 80877102
	return len(request) == 16 && binary.BigEndian.Uint32(request[4:]) == code
}

// answers hands on the server's messages: a letter, a length and a body each.
func (p *Proxy) answers(l *line) {
	defer p.end(l)
	var header [5]byte
	for {
		if _, err := io.ReadFull(l.server, header[:]); err != nil {
			return
		}
		message := make([]byte, 1+binary.BigEndian.Uint32(header[1:]))
		copy(message, header[:])
		if _, err := io.ReadFull(l.server, message[len(header):]); err != nil {
			return
		}
		lost, ends := p.look(l, message)
		if ends {
			return
		}
		if lost {
			continue
		}
		if _, err := l.client.Write(message); err != nil {
			return
		}
	}
}

// look counts a message from the server and reports whether it gets lost, and
// whether the line ends with it.
func (p *Proxy) look(l *line, message []byte) (lost, ends bool) {
	const ready, idle = 'Z', 'I'
	p.mu.Lock()
	defer p.mu.Unlock()
	if message[0] != ready || l.loseAnswers {
		return l.loseAnswers, message[0] == ready && l.loseAnswers
	}
	l.trips++
	if message[5] == idle {
		p.transactions = append(p.transactions, l.trips)
		l.trips = 0
	}
	return false, false
}

func (p *Proxy) end(l *line) {
	l.client.Close()
	l.server.Close()
	p.mu.Lock()
	delete(p.lines, l)
	p.mu.Unlock()
}
