//go:build linux

package swarm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"parley/cmd/parleyload/internal/netpoll"
)

// none is the file descriptor of a socket that is not open.
const none = -1

// Socket is one client. It can be opened again and again.
type Socket struct {
	Owner any // the caller's own

	shard    *shard
	from     netip.Addr
	fd       int
	upgraded bool
	request  []byte // the handshake, until it is sent
	rest     []byte // of what was read, the beginning of a frame
	message  []byte // of a fragmented message, what came so far
	inside   bool   // a fragmented message
}

// Request says what to open.
type Request struct {
	Path          string // with the query
	Header        string // further lines, each with its CRLF
	ReceiveBuffer int    // see netpoll.Dial
}

// Shard returns the index of the shard it belongs to.
func (s *Socket) Shard() int { return s.shard.index }

// Open connects, soon. It may be called by any goroutine while the socket is closed.
func (s *Socket) Open(r Request) {
	s.shard.post(func() {
		if err := s.open(r); err != nil {
			s.shard.swarm.handler.Closed(s, Ending{Err: err})
		}
	})
}

func (s *Socket) open(r Request) error {
	swarm := s.shard.swarm
	fd, err := netpoll.Dial(s.from, swarm.config.Server, r.ReceiveBuffer)
	if err != nil {
		return err
	}
	if err := s.shard.poller.Watch(fd, netpoll.Writable); err != nil {
		netpoll.Close(fd)
		return err
	}
	s.fd, s.upgraded = fd, false
	s.request = fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n%s\r\n", r.Path, swarm.config.Server, swarm.key, r.Header)
	s.shard.sockets[fd] = s
	return nil
}

// IsOpen reports whether the handshake is done and the connection has not ended.
func (s *Socket) IsOpen() bool { return s.fd != none && s.upgraded }

// Local returns the address the socket has on this side.
func (s *Socket) Local() (netip.AddrPort, error) { return netpoll.Local(s.fd) }

// Pause stops reading, as a client that hangs does. The kernel takes what it has
// room for.
func (s *Socket) Pause() { s.watch(netpoll.Nothing) }

// Continue goes on reading.
func (s *Socket) Continue() { s.watch(netpoll.Readable) }

func (s *Socket) watch(i netpoll.Interest) {
	if !s.IsOpen() {
		return
	}
	if err := s.shard.poller.Change(s.fd, i); err != nil {
		s.end(Ending{Err: err})
	}
}

// Drop ends the connection as a network does that fails.
func (s *Socket) Drop() {
	if s.fd != none {
		netpoll.Reset(s.fd)
		s.gone(Ending{Asked: true})
	}
}

// Leave ends the connection as a browser does whose page is closed.
func (s *Socket) Leave() {
	if s.fd != none {
		s.send(ws.OpClose, binary.BigEndian.AppendUint16(nil, uint16(ws.StatusNormalClosure)))
	}
	if s.fd != none { // not if sending failed
		s.end(Ending{Asked: true})
	}
}

func (s *Socket) end(why Ending) {
	netpoll.Close(s.fd)
	s.gone(why)
}

// gone forgets a closed connection.
func (s *Socket) gone(why Ending) {
	delete(s.shard.sockets, s.fd)
	s.fd, s.upgraded, s.request, s.rest, s.message, s.inside = none, false, nil, nil, nil, false
	s.shard.swarm.handler.Closed(s, why)
}

// ready does what a connection is ready for.
func (s *Socket) ready(e netpoll.Event) {
	var err error
	switch {
	case s.request != nil:
		err = s.sendRequest()
	case e.Readable:
		err = s.read()
	}
	if err != nil && s.fd != none {
		s.end(endingOf(err))
	}
}

func endingOf(err error) Ending {
	var closed closeFrame
	if errors.As(err, &closed) {
		return Ending{Code: closed.code, Reason: closed.reason}
	}
	return Ending{Err: err}
}

// sendRequest begins the handshake. It fits into the kernel's empty buffer.
func (s *Socket) sendRequest() error {
	if err := netpoll.Connected(s.fd); err != nil {
		return err
	}
	if n, err := netpoll.Write(s.fd, s.request); err != nil || n < len(s.request) {
		return fmt.Errorf("send handshake: %d of %d bytes: %w", n, len(s.request), err)
	}
	s.request = nil
	return s.shard.poller.Change(s.fd, netpoll.Readable)
}

// read takes one buffer of what has come; the poller tells if there is more.
func (s *Socket) read() error {
	kept := copy(s.shard.buffer, s.rest)
	n, err := netpoll.Read(s.fd, s.shard.buffer[kept:])
	if errors.Is(err, netpoll.ErrAgain) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("connection lost: %w", err)
	}
	at := Now()
	data := s.shard.buffer[:kept+n]
	if !s.upgraded {
		if data, err = s.shakeHands(data); err != nil {
			return err
		}
	}
	if s.upgraded {
		if data, err = s.receive(data, at); err != nil || s.fd == none {
			return err
		}
	}
	return s.keep(data)
}

// keep stores the beginning of a frame until the rest comes.
func (s *Socket) keep(data []byte) error {
	if len(data) == len(s.shard.buffer) {
		return errors.New("a frame is longer than 256 KiB")
	}
	s.rest = nil
	if len(data) > 0 {
		s.rest = bytes.Clone(data)
	}
	return nil
}

// shakeHands reads the server's answer, and returns what follows it.
func (s *Socket) shakeHands(data []byte) ([]byte, error) {
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 {
		return data, nil
	}
	lines := strings.Split(string(data[:end]), "\r\n")
	if !strings.HasPrefix(lines[0], "HTTP/1.1 101 ") {
		return nil, fmt.Errorf("handshake refused: %s", strconv.QuoteToASCII(lines[0]))
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(name, "Sec-WebSocket-Accept") && strings.TrimSpace(value) == s.shard.swarm.accept {
			s.upgraded = true
			return data[end+4:], nil
		}
	}
	return nil, errors.New("handshake: the server did not accept the key")
}

// receive handles the whole frames in data, and returns what is left.
func (s *Socket) receive(data []byte, at time.Duration) (rest []byte, err error) {
	for s.fd != none {
		f, size, err := cut(data)
		if err != nil || size == 0 {
			return data, err
		}
		data = data[size:]
		if err := s.accept(f, at); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// accept handles one frame.
func (s *Socket) accept(f frame, at time.Duration) error {
	switch f.op {
	case ws.OpText, ws.OpContinuation:
		return s.text(f, at)
	case ws.OpPing:
		s.send(ws.OpPong, f.payload)
		return nil
	case ws.OpPong:
		return nil
	case ws.OpClose:
		return parseClose(f.payload)
	default:
		return fmt.Errorf("a frame of the unexpected opcode %d", f.op)
	}
}

// text handles a message, or a part of one.
func (s *Socket) text(f frame, at time.Duration) error {
	if s.inside != (f.op == ws.OpContinuation) {
		return errors.New("fragments of messages are mixed up")
	}
	payload := f.payload
	if s.inside || !f.fin {
		s.message = append(s.message, payload...)
		payload = s.message
	}
	s.inside = !f.fin
	if !f.fin {
		return nil
	}
	s.message = nil
	s.shard.swarm.handler.Text(s, payload, at)
	return nil
}

// send sends a small frame. It finds no room only if the server does not read:
// then the connection is of no use.
func (s *Socket) send(op ws.OpCode, payload []byte) {
	wire := encode(op, payload)
	if n, err := netpoll.Write(s.fd, wire); err != nil || n < len(wire) {
		s.end(Ending{Err: fmt.Errorf("send: %d of %d bytes: %w", n, len(wire), err)})
	}
}
