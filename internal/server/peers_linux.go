package server

import (
	"cmp"
	"syscall"

	"golang.org/x/sys/unix"
)

// bindPeers has the kernel end connections whose peers acknowledge nothing for
// peerTimeout. Those that are accepted inherit it from the socket that listens, so
// that it costs no system call for each.
func bindPeers(_, _ string, listening syscall.RawConn) error {
	var failed error
	err := listening.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(peerTimeout.Milliseconds()))
	})
	return cmp.Or(err, failed)
}
