package realtime

import (
	"net"
	"runtime"
	"sync"
	"syscall"
)

// shards are those of this process. A socket stays with its shard; which one that is, is decided
// when it comes.
var shards = sync.OnceValue(func() (all []*shard) {
	for range runtime.GOMAXPROCS(0) {
		all = append(all, newShard(openEpoll))
	}
	return all
})

// adopt starts a connection on a shard; ok is false if it cannot, because the socket is not plain
// TCP or there are no file descriptors left. Then the socket is as it was.
func adopt(socket net.Conn, o opening, config UpgradeConfig) (c *Conn, ok bool) {
	tcp, plain := socket.(*net.TCPConn)
	if !plain {
		return nil, false
	}
	fd, err := detach(tcp)
	if err != nil {
		return nil, false
	}
	c, err = leastBusy(shards()).adopt(fd, o, config)
	if err != nil {
		syscall.Close(fd)
		return nil, false
	}
	socket.Close()
	return c, true
}

// keepIdle is after how many seconds of silence the kernel asks whether a peer is there. A hub asks
// more often, so this is for the connections that are in none.
const keepIdle = 120

// detach returns a descriptor of the socket's own: closing the net.Conn then leaves the connection
// open, and frees what the runtime keeps to wait for it. TCPConn.File will not do, as it makes the
// socket blocking, for all of its descriptors.
func detach(socket *net.TCPConn) (fd int, err error) {
	raw, err := socket.SyscallConn()
	if err != nil {
		return -1, err
	}
	var errno syscall.Errno
	err = raw.Control(func(original uintptr) {
		var duplicate uintptr
		duplicate, _, errno = syscall.Syscall(syscall.SYS_FCNTL, original, syscall.F_DUPFD_CLOEXEC, 0)
		fd = int(duplicate)
	})
	switch {
	case err != nil:
		return -1, err
	case errno != 0:
		return -1, errno
	}
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, keepIdle) // a matter of economy alone
	return fd, nil
}
