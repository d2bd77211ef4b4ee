//go:build linux

// Package netpoll lets a few goroutines serve thousands of sockets: non-blocking
// TCP sockets as bare file descriptors, and epoll to wait for them. The runtime's
// own poller would need a goroutine, and most of its stack, for each.
package netpoll

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Interest says what a descriptor is waited for. The end of a connection is always told.
type Interest uint32

// What can be waited for.
const (
	Nothing  Interest = 0
	Readable Interest = unix.EPOLLIN
	Writable Interest = unix.EPOLLOUT
)

// Event says that a descriptor can be read or written. One that has failed is both:
// trying tells why.
type Event struct {
	FD       int
	Readable bool
	Writable bool
}

// Poller waits for descriptors. Watch, Change and Wake may be called by any
// goroutine, Wait and Close by one.
type Poller struct {
	epoll, wake int
	raw         [512]unix.EpollEvent
	events      []Event
}

// New returns a Poller that watches nothing yet.
func New() (*Poller, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create epoll: %w", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		unix.Close(epoll)
		return nil, fmt.Errorf("create eventfd: %w", err)
	}
	p := &Poller{epoll: epoll, wake: wake}
	if err := p.Watch(wake, Readable); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Watch begins to wait for a descriptor. Closing the descriptor ends it.
func (p *Poller) Watch(fd int, i Interest) error { return p.control(unix.EPOLL_CTL_ADD, fd, i) }

// Change waits for something else of a descriptor that is watched.
func (p *Poller) Change(fd int, i Interest) error { return p.control(unix.EPOLL_CTL_MOD, fd, i) }

func (p *Poller) control(op, fd int, i Interest) error {
	event := unix.EpollEvent{Events: uint32(i), Fd: int32(fd)}
	if err := unix.EpollCtl(p.epoll, op, fd, &event); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	return nil
}

// Wait blocks until something can be done, or Wake was called. The events are
// valid until the next call.
func (p *Poller) Wait() ([]Event, error) {
	n, err := unix.EpollWait(p.epoll, p.raw[:], -1)
	if err != nil && !errors.Is(err, unix.EINTR) {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	p.events = p.events[:0]
	for _, raw := range p.raw[:max(n, 0)] {
		if int(raw.Fd) == p.wake {
			var counter [8]byte
			_, _ = unix.Read(p.wake, counter[:]) // fails only if another Wait was quicker
			continue
		}
		failed := raw.Events&(unix.EPOLLERR|unix.EPOLLHUP) != 0
		p.events = append(p.events, Event{
			FD:       int(raw.Fd),
			Readable: failed || raw.Events&unix.EPOLLIN != 0,
			Writable: failed || raw.Events&unix.EPOLLOUT != 0,
		})
	}
	return p.events, nil
}

// Wake makes the Wait under way, or the next one, return.
func (p *Poller) Wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(p.wake, one[:]) // fails only if it is woken 2⁶⁴ times already
}

// Close ends the waiting. Nobody may call Wake any more.
func (p *Poller) Close() {
	unix.Close(p.wake)
	unix.Close(p.epoll)
}
