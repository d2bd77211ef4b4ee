package realtime

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// pollEvents is how many ready sockets are asked for at once.
const pollEvents = 256

// epoll is the poller of Linux.
//
// It is level triggered: what has not been read yet is told again, so one read per socket and turn
// is enough, and a socket that sends without end gets no more turns than others.
//
// An epoll is a file that can itself be waited for, and Go's own poller does that. So what waits
// here is a parked goroutine, and no thread, and no processor is withheld from the others for the
// duration of a system call.
type epoll struct {
	file    *os.File
	raw     syscall.RawConn
	fd      int
	sockets chan []readiness
	resume  chan struct{}
	done    chan struct{}
}

func openEpoll() (poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create epoll: %w", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // for os.NewFile to wait for it
		syscall.Close(fd)
		return nil, fmt.Errorf("create epoll: %w", err)
	}
	file := os.NewFile(uintptr(fd), "epoll")
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("wait for epoll: %w", err)
	}
	p := &epoll{
		file: file, raw: raw, fd: fd,
		sockets: make(chan []readiness), resume: make(chan struct{}), done: make(chan struct{}),
	}
	go p.run()
	return p, nil
}

// run tells which sockets are ready until stop.
func (p *epoll) run() {
	events := make([]syscall.EpollEvent, pollEvents)
	sockets := make([]readiness, 0, pollEvents)
	for {
		n := p.wait(events)
		sockets = sockets[:0]
		for _, e := range events[:n] {
			sockets = append(sockets, readiness{
				fd:       int(e.Fd),
				readable: e.Events&syscall.EPOLLIN != 0,
				writable: e.Events&syscall.EPOLLOUT != 0,
				failed:   e.Events&(syscall.EPOLLERR|syscall.EPOLLHUP) != 0,
			})
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

// wait returns how many events there are, 0 when the poller is stopped.
func (p *epoll) wait(events []syscall.EpollEvent) (n int) {
	_ = p.raw.Read(func(fd uintptr) bool {
		var err error
		n, err = syscall.EpollWait(int(fd), events, 0)
		n = max(n, 0)
		return n > 0 || err != nil && !errors.Is(err, syscall.EINTR)
	})
	return n
}

func (p *epoll) ready() <-chan []readiness { return p.sockets }
func (p *epoll) again()                    { p.resume <- struct{}{} }

func (p *epoll) stop() {
	close(p.done)
	p.file.Close()
}

func (p *epoll) add(fd int) error {
	return syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
}

func (p *epoll) want(fd int, read, write bool) {
	e := syscall.EpollEvent{Fd: int32(fd)}
	if read {
		e.Events |= syscall.EPOLLIN
	}
	if write {
		e.Events |= syscall.EPOLLOUT
	}
	_ = syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_MOD, fd, &e) // fails only for a socket that is not there
}

func (p *epoll) read(fd int, into []byte) (int, error) {
	return retry(func() (int, error) { return syscall.Read(fd, into) })
}

func (p *epoll) write(fd int, data []byte) (int, error) {
	return retry(func() (int, error) { return syscall.Write(fd, data) })
}

// retry repeats what a signal has interrupted.
func retry(call func() (int, error)) (n int, err error) {
	for {
		switch n, err = call(); {
		case err == nil:
			return n, nil
		case errors.Is(err, syscall.EAGAIN):
			return 0, errAgain
		case !errors.Is(err, syscall.EINTR):
			return 0, err
		}
	}
}

func (p *epoll) closeWrite(fd int) { _ = syscall.Shutdown(fd, syscall.SHUT_WR) }

// close ends the waiting for the socket too: it has no other descriptor.
func (p *epoll) close(fd int) { syscall.Close(fd) }
