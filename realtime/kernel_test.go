package realtime

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// kernel stands in for the operating system where time is a toy: sockets like net.Pipe, without any
// buffer, whose one end does not block, and a poller for those ends.
type kernel struct {
	kick chan struct{} // cap 1: something has changed

	mu    sync.Mutex
	last  int
	wires map[int]*wire
}

func newKernel() *kernel {
	return &kernel{kick: make(chan struct{}, 1), wires: make(map[int]*wire)}
}

// wire is a socket. Its methods are those of the end that blocks.
type wire struct {
	kernel       *kernel
	fd           int
	watched      bool
	read, write  bool      // what the poller waits for
	reader       *transfer // a Read that waits
	writer       *transfer // a Write that waits
	shut, closed bool      // by our end: for writing, altogether
	left         bool      // by the other end
	deadline     *time.Timer
	late         chan struct{} // closed when the deadline for reading has passed
}

type transfer struct {
	buffer []byte
	n      int
	done   chan struct{}
}

// socket makes one, and returns the number of our end and the other one.
func (k *kernel) socket() (fd int, peer *wire) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last++
	w := &wire{kernel: k, fd: k.last, late: make(chan struct{})}
	k.wires[k.last] = w
	return k.last, w
}

func (w *wire) Read(into []byte) (int, error) {
	t := &transfer{buffer: into, done: make(chan struct{})}
	k := w.kernel
	k.mu.Lock()
	if w.shut || w.closed {
		k.mu.Unlock()
		return 0, io.EOF
	}
	if w.left {
		k.mu.Unlock()
		return 0, io.ErrClosedPipe
	}
	w.reader = t
	late := w.late
	k.mu.Unlock()
	signal(k.kick)
	select {
	case <-t.done:
	case <-late:
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if w.reader == t {
		w.reader = nil
		return 0, os.ErrDeadlineExceeded
	}
	if t.n == 0 && w.left {
		return 0, io.ErrClosedPipe
	}
	if t.n == 0 {
		return 0, io.EOF
	}
	return t.n, nil
}

func (w *wire) Write(data []byte) (int, error) {
	t := &transfer{buffer: data, done: make(chan struct{})}
	k := w.kernel
	k.mu.Lock()
	if w.closed || w.left {
		k.mu.Unlock()
		return 0, io.ErrClosedPipe
	}
	w.writer = t
	k.mu.Unlock()
	signal(k.kick)
	<-t.done
	if t.n < len(data) {
		return t.n, io.ErrClosedPipe
	}
	return t.n, nil
}

func (w *wire) Close() error {
	w.kernel.mu.Lock()
	defer w.kernel.mu.Unlock()
	w.left = true
	w.interrupt()
	signal(w.kernel.kick)
	return nil
}

// interrupt ends what waits. kernel.mu is held.
func (w *wire) interrupt() {
	for _, t := range []*transfer{w.reader, w.writer} {
		if t != nil {
			close(t.done)
		}
	}
	w.reader, w.writer = nil, nil
}

func (w *wire) SetReadDeadline(at time.Time) error {
	w.kernel.mu.Lock()
	defer w.kernel.mu.Unlock()
	late := make(chan struct{})
	w.late = late
	if w.deadline != nil {
		w.deadline.Stop()
	}
	w.deadline = time.AfterFunc(time.Until(at), func() { close(late) })
	return nil
}

func (w *wire) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (w *wire) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }
func (w *wire) LocalAddr() net.Addr              { return &net.UnixAddr{Name: "kernel"} }
func (w *wire) RemoteAddr() net.Addr             { return w.LocalAddr() }

// kernelPoller is a poller for a kernel's sockets.
type kernelPoller struct {
	*kernel
	sockets chan []readiness
	resume  chan struct{}
	done    chan struct{}
}

func (k *kernel) open() (poller, error) {
	p := &kernelPoller{
		kernel: k, sockets: make(chan []readiness), resume: make(chan struct{}), done: make(chan struct{}),
	}
	go p.run()
	return p, nil
}

func (p *kernelPoller) run() {
	for {
		sockets := p.look()
		if len(sockets) == 0 {
			select {
			case <-p.kick:
				continue
			case <-p.done:
				return
			}
		}
		select {
		case p.sockets <- sockets:
		case <-p.done:
			return
		}
		select {
		case <-p.resume:
		case <-p.done:
			return
		}
	}
}

// look returns what is ready.
func (p *kernelPoller) look() (sockets []readiness) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for fd, w := range p.wires {
		r := readiness{
			fd:       fd,
			readable: w.read && (w.writer != nil || w.left),
			writable: w.write && (w.reader != nil || w.left),
			failed:   w.left && !w.read,
		}
		if w.watched && (r.readable || r.writable || r.failed) {
			sockets = append(sockets, r)
		}
	}
	return sockets
}

func (p *kernelPoller) add(fd int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wires[fd].watched, p.wires[fd].read = true, true
	signal(p.kick)
	return nil
}

func (p *kernelPoller) want(fd int, read, write bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wires[fd].read, p.wires[fd].write = read, write
	signal(p.kick)
}

func (p *kernelPoller) read(fd int, into []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.wires[fd]
	t := w.writer
	if t == nil {
		if w.left {
			return 0, nil
		}
		return 0, errAgain
	}
	n := copy(into, t.buffer[t.n:])
	if t.n += n; t.n == len(t.buffer) {
		w.writer = nil
		close(t.done)
	}
	return n, nil
}

func (p *kernelPoller) write(fd int, data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.wires[fd]
	t := w.reader
	if w.left {
		return 0, io.ErrClosedPipe
	}
	if t == nil {
		return 0, errAgain
	}
	t.n = copy(t.buffer, data)
	w.reader = nil
	close(t.done)
	return t.n, nil
}

func (p *kernelPoller) closeWrite(fd int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.wires[fd]
	w.shut = true
	if w.reader != nil {
		close(w.reader.done)
		w.reader = nil
	}
}

func (p *kernelPoller) close(fd int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.wires[fd]
	w.closed = true
	w.interrupt()
	delete(p.wires, fd)
}

func (p *kernelPoller) ready() <-chan []readiness { return p.sockets }
func (p *kernelPoller) again()                    { p.resume <- struct{}{} }
func (p *kernelPoller) stop()                     { close(p.done) }
