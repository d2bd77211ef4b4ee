package realtime

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// drain is a process with many clients that only read: this test binary, started with
// drainArgument. One goroutine serves them with epoll, so that they cost the machine little beside
// what is measured.
//
// It writes a byte to its standard output when all are connected, and one for each event that has
// reached all. If it is to ping, every client sends a ping and another one as soon as it is
// answered; then it writes one for as many answers as there are clients.
type drain struct {
	process *exec.Cmd
	stdin   io.Closer // it ends with it
	reached *bufio.Reader
}

const drainArgument = "drain"

// startDrain connects clients to a server.
func startDrain(tb testing.TB, address string, clients int, pings bool) *drain {
	tb.Helper()
	d := &drain{process: exec.Command(os.Args[0], drainArgument, address, strconv.Itoa(clients), strconv.FormatBool(pings))}
	d.process.Stderr = os.Stderr
	stdin, err := d.process.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	stdout, err := d.process.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := d.process.Start(); err != nil {
		tb.Fatal(err)
	}
	d.stdin, d.reached = stdin, bufio.NewReader(stdout)
	d.await(tb)
	return d
}

// await waits until all clients are there or another event has reached all.
func (d *drain) await(tb testing.TB) {
	tb.Helper()
	if _, err := d.reached.ReadByte(); err != nil {
		tb.Fatal("the clients have ended: ", err)
	}
}

func (d *drain) stop() {
	d.stdin.Close()
	_ = d.process.Wait()
}

// runDrain is that process.
func runDrain(address string, clients int, pings bool) error {
	epoll, err := syscall.EpollCreate1(0)
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	failed := make(chan error)
	go func() { failed <- drainAll(epoll, clients, pings) }() // pings are answered while others still connect
	go func() {
		if err := connectAll(epoll, address, clients, pings); err != nil {
			failed <- err
		}
		os.Stdout.Write([]byte{0})
	}()
	return <-failed
}

// connectAll connects the clients, some at a time.
func connectAll(epoll int, address string, clients int, pings bool) error {
	const atOnce = 8
	var dialers sync.WaitGroup
	failed := make(chan error, atOnce)
	for first := range atOnce {
		dialers.Go(func() {
			for n := first; n < clients; n += atOnce {
				fd, err := dialRaw(address)
				if err == nil {
					e := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}
					err = syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, fd, &e)
				}
				if err == nil && pings {
					_, err = syscall.Write(fd, ping("are you there?"))
				}
				if err != nil {
					failed <- fmt.Errorf("client %d: %w", n, err)
					return
				}
			}
		})
	}
	dialers.Wait()
	close(failed)
	return <-failed
}

// drainAll reads for all clients.
func drainAll(epoll, clients int, pings bool) error {
	events := make([]syscall.EpollEvent, 512)
	buffer := make([]byte, 256<<10)
	sockets := make(map[int32]*drained, clients)
	reached := make(map[int]int) // event → clients
	question, answer, answers := ping("are you there?"), pong(""), 0
	for {
		n, err := syscall.EpollWait(epoll, events, -1)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return err
		}
		for _, e := range events[:max(n, 0)] {
			n, err := syscall.Read(int(e.Fd), buffer)
			if n <= 0 {
				return fmt.Errorf("a client was closed: %d, %w", n, err)
			}
			s := sockets[e.Fd]
			if s == nil {
				s = new(drained)
				sockets[e.Fd] = s
			}
			before := s.events
			pinged, ponged := s.read(buffer[:n])
			if pinged {
				_, _ = syscall.Write(int(e.Fd), answer)
			}
			if ponged && pings {
				_, _ = syscall.Write(int(e.Fd), question)
				if answers++; answers%clients == 0 {
					os.Stdout.Write([]byte{0})
				}
			}
			for i := before; i < s.events; i++ {
				if reached[i]++; reached[i] == clients {
					delete(reached, i)
					os.Stdout.Write([]byte{0})
				}
			}
		}
	}
}

// drained is one client.
type drained struct {
	events int
	head   []byte // of a frame whose length is not known yet
	skip   int    // bytes of a frame's payload to come
	text   bool
}

// read counts events and reports whether a ping or a pong is among the frames.
func (s *drained) read(data []byte) (pinged, ponged bool) {
	for len(data) > 0 {
		if s.skip > 0 {
			n := min(s.skip, len(data))
			data = data[n:]
			if s.skip -= n; s.skip == 0 && s.text {
				s.events++
			}
			continue
		}
		s.head = append(s.head, data[0])
		data = data[1:]
		if len(s.head) == 2 && s.head[1] < 126 || len(s.head) == 4 {
			s.skip = int(s.head[1])
			if len(s.head) == 4 {
				s.skip = int(binary.BigEndian.Uint16(s.head[2:]))
			}
			s.text = s.head[0] == 0x81
			pinged = pinged || s.head[0] == 0x89
			ponged = ponged || s.head[0] == 0x8a
			s.head = s.head[:0]
		}
	}
	return pinged, ponged
}

// dialRaw makes a WebSocket connection and returns its descriptor.
func dialRaw(address string) (fd int, err error) {
	socket, err := net.Dial("tcp", address)
	if err != nil {
		return -1, err
	}
	defer socket.Close()
	if _, err := io.WriteString(socket, handshake); err != nil {
		return -1, err
	}
	var response strings.Builder
	for one := make([]byte, 1); !strings.HasSuffix(response.String(), "\r\n\r\n"); {
		if _, err := io.ReadFull(socket, one); err != nil {
			return -1, err
		}
		response.Write(one)
	}
	return detach(socket.(*net.TCPConn))
}
