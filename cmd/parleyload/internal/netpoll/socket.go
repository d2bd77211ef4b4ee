//go:build linux

package netpoll

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrAgain means that a socket has nothing to read, or no room to write, right now.
var ErrAgain error = syscall.EAGAIN

// backlog is how many connections wait to be accepted; the kernel cuts it to its
// own limit.
const backlog = 4096

// internetSegment is how many bytes of TCP fit into an Ethernet frame.
const internetSegment = 1460

// Dial begins to connect from an address of this machine, at a port of the
// kernel's choice. The socket is writable once it is connected, or has failed: see
// Connected. receiveBuffer bounds what the kernel keeps for a reader that does not
// read, in bytes, and makes the sender's kernel keep no more than for a peer across
// the internet; 0 leaves both to the kernel.
func Dial(from netip.Addr, to netip.AddrPort, receiveBuffer int) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	if err := dial(fd, from, to, receiveBuffer); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func dial(fd int, from netip.Addr, to netip.AddrPort, receiveBuffer int) error {
	// The port is chosen when the peer is known: so each address has all ports for
	// each peer, instead of one use of each.
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return fmt.Errorf("socket option: %w", err)
	}
	if receiveBuffer > 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer); err != nil {
			return fmt.Errorf("receive buffer: %w", err)
		}
		// The kernel sizes a send buffer by the segments of the connection; those of
		// the loopback, 64 KiB each, would make it 2.5 MiB.
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_MAXSEG, internetSegment); err != nil {
			return fmt.Errorf("segment size: %w", err)
		}
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("socket option: %w", err)
	}
	if err := unix.Bind(fd, address(netip.AddrPortFrom(from, 0))); err != nil {
		return fmt.Errorf("bind %s: %w", from, err)
	}
	if err := unix.Connect(fd, address(to)); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return fmt.Errorf("connect %s: %w", to, err)
	}
	return nil
}

// Connected returns why a socket that became writable did not connect, nil if it did.
func Connected(fd int) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = syscall.Errno(code)
	}
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	return nil
}

// Listen accepts connections at an address; port 0 is one of the kernel's choice.
func Listen(at netip.AddrPort) (fd int, bound netip.AddrPort, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, bound, fmt.Errorf("socket: %w", err)
	}
	if bound, err = listen(fd, at); err != nil {
		unix.Close(fd)
		return -1, bound, fmt.Errorf("listen on %s: %w", at, err)
	}
	return fd, bound, nil
}

func listen(fd int, at netip.AddrPort) (bound netip.AddrPort, err error) {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return bound, err
	}
	if err := unix.Bind(fd, address(at)); err != nil {
		return bound, err
	}
	if err := unix.Listen(fd, backlog); err != nil {
		return bound, err
	}
	return Local(fd)
}

// Accept takes a connection that waits at a listening socket, ErrAgain if none does.
func Accept(listener int) (fd int, err error) {
	fd, _, err = unix.Accept4(listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	if err != nil {
		return -1, err
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // a matter of speed alone
	return fd, nil
}

// Local returns the address a socket has here.
func Local(fd int) (netip.AddrPort, error) {
	at, err := unix.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("address of socket: %w", err)
	}
	inet, ok := at.(*unix.SockaddrInet4)
	if !ok {
		return netip.AddrPort{}, errors.New("address of socket: not IPv4")
	}
	return netip.AddrPortFrom(netip.AddrFrom4(inet.Addr), uint16(inet.Port)), nil
}

// Read reads what has come: io.EOF at the end, ErrAgain if nothing waits.
func Read(fd int, into []byte) (n int, err error) {
	for {
		n, err = unix.Read(fd, into)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// Write writes as much as there is room for: ErrAgain if that is nothing.
func Write(fd int, data []byte) (n int, err error) {
	for {
		n, err = unix.Write(fd, data)
		if !errors.Is(err, unix.EINTR) {
			return max(n, 0), err
		}
	}
}

// Close closes a socket as one does who has nothing more to say.
func Close(fd int) { unix.Close(fd) }

// Reset closes a socket as if the network had failed: the peer's next read fails,
// and no port stays behind waiting for late packets.
func Reset(fd int) {
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	unix.Close(fd)
}

func address(a netip.AddrPort) unix.Sockaddr {
	return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
}
