package server

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWhoAcknowledgesNothingIsGivenUpInBoundedTime(t *testing.T) {
	listener, err := Listen("addr", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dialed, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer dialed.Close()
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	raw, err := accepted.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	timeout := 0
	if err := raw.Control(func(fd uintptr) { timeout, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT) }); err != nil {
		t.Fatal(err)
	}
	if err != nil || timeout != int(peerTimeout.Milliseconds()) {
		t.Errorf("a connection is given up after %d ms: %v", timeout, err)
	}
}
