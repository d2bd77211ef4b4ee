package realtime

import (
	"errors"
	"runtime"
	"sync"
	"time"
)

const (
	// shardRead is what a shard reads at once, into the one buffer all its sockets share.
	shardRead = 16 << 10

	// shardTurn is how many sockets a shard writes to before it looks whether any can be read: half
	// a millisecond's worth. So however hot a channel is, a client's ping is answered.
	shardTurn = 64

	// patienceTick is how exactly a shard measures patience with its sockets. It may lose it by so
	// much too early, never too late.
	patienceTick = 50 * time.Millisecond
)

// poller is what shards need of the operating system: non-blocking sockets, and to be told which of
// them are ready. Only the shard's goroutine calls it.
type poller interface {
	add(fd int) error                            // from now on, tell when fd is readable
	want(fd int, read, write bool)               // tell when it is that instead
	read(fd int, into []byte) (n int, err error) // errAgain: there is nothing; n is 0 at the end of the stream
	write(fd int, data []byte) (n int, err error)
	closeWrite(fd int)
	close(fd int)

	ready() <-chan []readiness // sockets that are ready; nothing more comes before again
	again()
	stop() // ends the waiting; all sockets are closed
}

// readiness says what a socket is ready for.
type readiness struct {
	fd                 int
	readable, writable bool
	failed             bool // reading and writing tell why
}

// errAgain means that a socket has nothing to read, or no room to write, right now.
var errAgain = errors.New("not ready")

// shard serves many sockets with one goroutine, which runs while there are any. Nothing of a
// socket's own waits in memory: no goroutine, no buffer, unless a frame has come in half or the
// socket is full.
type shard struct {
	open func() (poller, error)
	wake chan struct{} // cap 1: there is something in inbox

	mu      sync.Mutex
	inbox   inbox
	count   int // sockets that have not ended
	running bool

	// The rest is its goroutine's alone.
	poller  poller
	links   []*link // by file descriptor
	spare   inbox   // the other one, empty
	written []*link // to be written to, from next on
	next    int
	fanouts []*fanout // that have something to hand out
	turn    int       // whose turn it is
	wheel   wheel[*link]
	due     []*link
	buffer  []byte      // what is read
	scratch []byte      // what is written
	passed  []*delivery // the events of which scratch shows frames
}

// inbox is what others want of a shard.
type inbox struct {
	arrivals []arrival
	links    []*link
	fanouts  []*fanout
}

// arrival is a socket that is new, and what had already been read of it.
type arrival struct {
	link  *link
	early []byte
}

func newShard(open func() (poller, error)) *shard {
	return &shard{open: open, wake: make(chan struct{}, 1)}
}

// adopt starts a connection on a non-blocking socket.
func (s *shard) adopt(fd int, o opening, config UpgradeConfig) (*Conn, error) {
	c := newConn(config)
	c.answer = o.answer
	l := &link{conn: c, shard: s, fd: fd}
	c.transport = l
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running {
		p, err := s.open()
		if err != nil {
			return nil, err
		}
		s.running = true
		go s.run(p)
	}
	s.count++
	s.inbox.arrivals = append(s.inbox.arrivals, arrival{l, o.early})
	signal(s.wake)
	return c, nil
}

// size returns how many sockets there are.
func (s *shard) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// leastBusy returns the shard with the fewest sockets.
func leastBusy(all []*shard) *shard {
	least, fewest := all[0], all[0].size()
	for _, s := range all[1:] {
		if n := s.size(); n < fewest {
			least, fewest = s, n
		}
	}
	return least
}

// flush has a link's queue written.
func (s *shard) flush(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inbox.links = append(s.inbox.links, l)
	signal(s.wake)
}

// attend has a fanout's items handed out.
func (s *shard) attend(g *fanout) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inbox.fanouts = append(s.inbox.fanouts, g)
	signal(s.wake)
}

// run serves until the last socket has ended.
func (s *shard) run(p poller) {
	defer p.stop()
	s.poller = p
	s.wheel.tick = patienceTick
	s.buffer = make([]byte, shardRead)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for s.collect() {
		more := s.work()
		if s.wheel.count > 0 { // after the work, which may have begun to wait for a socket
			timer.Reset(s.wheel.wait(instant()))
		}
		if more {
			runtime.Gosched() // publishers and those who accept connections have a right to the processor too
			s.glance(timer)
			continue
		}
		if s.size() == 0 {
			continue
		}
		select {
		case <-s.wake:
		case sockets := <-p.ready():
			s.react(sockets)
		case <-timer.C:
			s.expire()
		}
	}
}

// glance reacts to what has happened while there is work to do.
func (s *shard) glance(timer *time.Timer) {
	select {
	case sockets := <-s.poller.ready():
		s.react(sockets)
	case <-timer.C:
		s.expire()
	default:
	}
}

// collect takes in what others want; false when there is no socket left and nothing to do. Whoever
// brings a socket after that starts another goroutine.
func (s *shard) collect() bool {
	s.mu.Lock()
	in := s.inbox
	s.inbox, s.spare = s.spare, inbox{}
	s.running = s.count > 0 || len(in.fanouts) > 0 || len(s.fanouts) > 0
	running := s.running
	s.mu.Unlock()
	if !running {
		return false
	}
	for _, a := range in.arrivals {
		s.admit(a)
	}
	s.written = append(s.written, in.links...)
	s.fanouts = append(s.fanouts, in.fanouts...)
	clear(in.arrivals)
	clear(in.links)
	clear(in.fanouts)
	s.spare = inbox{in.arrivals[:0], in.links[:0], in.fanouts[:0]}
	return true
}

// work writes to some sockets and reports whether more are waiting. A socket's turn comes again
// when all others have had theirs.
func (s *shard) work() (more bool) {
	for n := 0; n < shardTurn && s.next < len(s.written); n++ {
		s.write(s.written[s.next])
		s.written[s.next] = nil
		s.next++
	}
	if s.next == len(s.written) {
		s.written, s.next = s.written[:0], 0
	}
	for budget := shardTurn; budget > 0 && len(s.fanouts) > 0; {
		s.turn %= len(s.fanouts)
		visited, more := s.fanouts[s.turn].turn(budget)
		budget -= visited + 1 // an empty fanout's turn costs something too
		if more {
			s.turn++
			continue
		}
		last := len(s.fanouts) - 1
		s.fanouts[s.turn], s.fanouts[last] = s.fanouts[last], nil
		s.fanouts = s.fanouts[:last]
	}
	return len(s.written) > 0 || len(s.fanouts) > 0
}

// admit begins to serve a socket.
func (s *shard) admit(a arrival) {
	l := a.link
	if l.fd >= len(s.links) {
		s.links = append(s.links, make([]*link, l.fd+1-len(s.links))...)
	}
	s.links[l.fd] = l
	if s.poller.add(l.fd) != nil {
		s.lose(l, CloseLost)
		return
	}
	s.feed(l, a.early)
}

// react does what sockets are ready for.
func (s *shard) react(sockets []readiness) {
	now := instant()
	for _, r := range sockets {
		// A socket may have ended, and another one got its number, since it was found ready. That
		// one is then not ready after all, which does no harm.
		l := s.links[r.fd]
		if l != nil && (r.writable || r.failed) {
			s.resume(l)
		}
		if l != nil && (r.readable || r.failed) && !l.closed {
			s.read(l, now)
		}
	}
	s.poller.again()
}

// expire ends the sockets with which patience is at an end.
func (s *shard) expire() {
	now := instant()
	s.due = s.wheel.expire(s.due[:0], now)
	for _, l := range s.due {
		if at := l.stall.ends(); at > now+patienceTick {
			s.wheel.set(&l.stall.timer, at, now)
			continue
		}
		s.lose(l, CloseTooSlow)
	}
	clear(s.due)
}
