//go:build linux

package procfs

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"
)

func TestThisProcessUsesProcessorAndMemory(t *testing.T) {
	before, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	after := before
	for n := 0; after == before; n++ { // whatever the clock's steps, work shows in the end
		if after, err = CPU(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if after < before || after > time.Hour {
		t.Errorf("processor time went from %v to %v", before, after)
	}
	if rss, err := RSS(os.Getpid()); err != nil || rss < 1<<20 {
		t.Errorf("memory is %d bytes, error %v", rss, err)
	}
}

func TestAProcessThatIsNotThereIsAnError(t *testing.T) {
	const none = 1<<22 + 1 // beyond the kernel's largest
	if _, err := CPU(none); err == nil {
		t.Error("its processor time is known")
	}
	if _, err := RSS(none); err == nil {
		t.Error("its memory is known")
	}
}

func TestTheListenerOfAPortIsFound(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	if pid, err := Listener(port); err != nil || pid != os.Getpid() {
		t.Errorf("process %d listens, error %v; want %d", pid, err, os.Getpid())
	}
	l.Close()
	if pid, err := Listener(port); !errors.Is(err, ErrNobody) {
		t.Errorf("process %d listens at a closed port, error %v", pid, err)
	}
}

func TestAConnectionIsEstablishedUntilItsEndIsClosed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	here, there := addr(server.LocalAddr()), addr(server.RemoteAddr())
	if open, err := Established(here, there); err != nil || !open {
		t.Errorf("open: %v, error %v", open, err)
	}
	server.Close()
	if open, err := Established(here, there); err != nil || open {
		t.Errorf("after closing, open: %v, error %v", open, err)
	}
}

func addr(a net.Addr) netip.AddrPort { return a.(*net.TCPAddr).AddrPort() }
