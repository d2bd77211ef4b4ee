package realtime

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// readSize is how much a stream reads at once.
const readSize = 1 << 10

// stream is the transport of one socket by goroutines: one reads, one writes while there is
// something to write.
type stream struct {
	conn     *Conn
	socket   socket
	incoming incoming
	writing  sync.WaitGroup // the goroutine that writes, while there is one
	flushing bool           // there is one, or a write failed; guarded by conn.mu
}

// socket is what a stream needs of a net.Conn.
type socket interface {
	io.ReadWriteCloser
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// newStream starts a connection on a socket of any kind.
func newStream(socket net.Conn, o opening, config UpgradeConfig) *Conn {
	c := newConn(config)
	c.answer = o.answer
	s := &stream{conn: c, socket: socket, incoming: incoming{limit: c.config.ReadLimit}}
	c.transport = s
	go s.serve(o.early)
	return c
}

func (s *stream) home() *shard   { return nil }
func (s *stream) format() format { return socketFrames }

// serve reads until the connection ends, and ends it.
func (s *stream) serve(early []byte) {
	c := s.conn
	err := s.incoming.feed(early, c.handle)
	if err == nil {
		err = s.read()
	}
	var broken violation
	var closed peerClosed
	switch {
	case errors.As(err, &closed):
		c.Close(closed.CloseReason)
		s.writing.Wait() // for what is queued, and our answer
	case errors.As(err, &broken):
		c.Close(broken.CloseReason)
		s.linger()
	default:
		c.abandon(CloseLost)
	}
	s.socket.Close()
	s.writing.Wait()
	c.finish()
}

// linger lets a peer we no longer understand read why. To close a socket that holds unread bytes is
// to reset it, and the peer may lose what it has not read yet. So only our direction is closed, and
// what comes is thrown away until the peer goes or has had its time.
func (s *stream) linger() {
	s.writing.Wait()
	if half, ok := s.socket.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_, _ = io.Copy(io.Discard, s.socket)
}

func (s *stream) read() error {
	buffer := make([]byte, readSize)
	for {
		n, err := s.socket.Read(buffer)
		if n > 0 {
			s.conn.hear(instant())
			if err := s.incoming.feed(buffer[:n], s.conn.handle); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
}

// sever calls off what reads, and that closes the socket.
func (s *stream) sever() { _ = s.socket.SetReadDeadline(time.Unix(1, 0)) }

func (s *stream) wake() {
	if s.flushing || !s.conn.speaks() {
		return
	}
	s.flushing = true
	s.writing.Add(1)
	go s.flush()
}

func (s *stream) hurry() {
	if s.flushing {
		_ = s.socket.SetWriteDeadline(clock(s.conn.endsAt))
	}
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// flush writes until nothing is queued.
func (s *stream) flush() {
	defer s.writing.Done()
	buffer := buffers.Get().(*[]byte)
	for {
		batch, last := s.next((*buffer)[:0])
		if len(batch) == 0 {
			break
		}
		_, err := s.socket.Write(batch)
		s.wrote(len(batch), last, err)
		if err != nil {
			break
		}
		*buffer = batch
	}
	if cap(*buffer) <= 2*writeSize { // not what one huge frame made of it
		buffers.Put(buffer)
	}
}

// next takes what is to be written next and sets the deadline for it.
func (s *stream) next(dst []byte) (batch []byte, last bool) {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	batch, last = c.next(dst)
	if len(batch) == 0 {
		s.flushing = false
		return nil, false
	}
	deadline := instant() + writeTimeout
	if c.reason != nil {
		deadline = min(deadline, c.endsAt)
	}
	_ = s.socket.SetWriteDeadline(clock(deadline))
	return batch, last
}

// wrote notes that a batch has left, or why it could not.
func (s *stream) wrote(n int, last bool, err error) {
	c := s.conn
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.measureLoss(CloseTooSlow)
		c.sever(CloseTooSlow)
		return
	}
	if err != nil {
		c.measureLoss(CloseLost)
		c.sever(CloseLost)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.measureWrite(c.queue.bytes)
	c.release(n)
	if last {
		_ = s.socket.SetReadDeadline(clock(c.endsAt))
	}
}
