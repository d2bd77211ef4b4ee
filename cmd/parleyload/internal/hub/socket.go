//go:build linux

package hub

import (
	"errors"

	"github.com/gobwas/ws"

	"parley/cmd/parleyload/internal/netpoll"
)

// queueLimit is what may wait for a viewer who does not read, in bytes, as at the
// server.
const queueLimit = 256 << 10

// socket is one connection: of a viewer, once it is upgraded, or of a client of the API.
type socket struct {
	shard  *shard
	fd     int
	thread *thread // nil until it is upgraded
	place  int     // among the thread's viewers
	rest   []byte  // of what was read, what is not complete
	unsent []byte
	replay int // bytes that a resume began with: they count for no limit
}

// ready does what the socket is ready for.
func (c *socket) ready(e netpoll.Event) {
	if e.Writable && len(c.unsent) > 0 {
		c.flush()
	}
	if e.Readable && c.fd >= 0 && c.read() != nil {
		c.end()
	}
}

func (c *socket) read() error {
	buffer := c.shard.buffer
	kept := copy(buffer, c.rest)
	n, err := netpoll.Read(c.fd, buffer[kept:])
	if errors.Is(err, netpoll.ErrAgain) {
		return nil
	}
	if err != nil {
		return err
	}
	data := buffer[:kept+n]
	for len(data) > 0 && c.fd >= 0 {
		size, err := c.handle(data)
		if err != nil {
			return err
		}
		if size == 0 {
			break
		}
		data = data[size:]
	}
	if len(data) == len(buffer) {
		return errors.New("request too long")
	}
	c.rest = append([]byte(nil), data...)
	return nil
}

// handle takes the first request, or frame, from data; 0 if it is not complete.
func (c *socket) handle(data []byte) (size int, err error) {
	if c.thread != nil {
		return c.frame(data)
	}
	return c.request(data)
}

// errClosed ends a connection that said so.
var errClosed = errors.New("closed by the client")

// frame looks at a client's frame: of all that viewers say, only goodbye counts.
func (c *socket) frame(data []byte) (size int, err error) {
	const header, mask = 2, 4
	if len(data) < header {
		return 0, nil
	}
	length := int(data[1] & 0x7f)
	if length > 125 {
		return 0, errors.New("frame too long")
	}
	if len(data) < header+mask+length {
		return 0, nil
	}
	if ws.OpCode(data[0]&0x0f) == ws.OpClose {
		return 0, errClosed
	}
	return header + mask + length, nil
}

// watch makes the socket a viewer of t from here on, or from where it stood if the
// thread remembers that. greet says what comes first.
func (c *socket) watch(t *thread, after uint64, resumes bool, greet func(recovered bool, position uint64) []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// What waits has a position that the new viewer starts behind: it is for the others.
	c.shard.write(t, c.shard.take(t))
	missed, recovered := t.since(after)
	recovered = recovered && resumes
	if !recovered {
		after, missed = t.head, nil
	}
	c.join(t)
	first := greet(recovered, after)
	for _, wire := range missed {
		first = append(first, wire...)
	}
	c.replay = len(first)
	c.send(first)
}

func (c *socket) join(t *thread) {
	v := c.shard.viewers[t]
	if v == nil {
		v = &viewers{}
		c.shard.viewers[t] = v
	}
	c.thread, c.place = t, len(v.sockets)
	v.sockets = append(v.sockets, c)
}

// leave gives its place to the last of the thread's viewers.
func (c *socket) leave() {
	v := c.shard.viewers[c.thread]
	last := len(v.sockets) - 1
	v.sockets[c.place] = v.sockets[last]
	v.sockets[c.place].place = c.place
	v.sockets[last] = nil
	v.sockets = v.sockets[:last]
}

// send writes what there is room for; the rest waits until there is more.
func (c *socket) send(wire []byte) {
	if c.fd < 0 || len(wire) == 0 {
		return
	}
	if len(c.unsent) == 0 {
		n, err := netpoll.Write(c.fd, wire)
		if err != nil && !errors.Is(err, netpoll.ErrAgain) {
			c.end()
			return
		}
		if wire = wire[n:]; len(wire) == 0 {
			return
		}
		_ = c.shard.poller.Change(c.fd, netpoll.Readable|netpoll.Writable)
	}
	if len(c.unsent)+len(wire) > queueLimit+c.replay && len(c.unsent) > 0 {
		c.end()
		return
	}
	c.unsent = append(c.unsent, wire...)
}

func (c *socket) flush() {
	n, err := netpoll.Write(c.fd, c.unsent)
	if err != nil && !errors.Is(err, netpoll.ErrAgain) {
		c.end()
		return
	}
	if c.unsent = c.unsent[n:]; len(c.unsent) == 0 {
		c.unsent = nil
		_ = c.shard.poller.Change(c.fd, netpoll.Readable)
	}
}

func (c *socket) end() {
	if c.fd < 0 {
		return
	}
	netpoll.Close(c.fd)
	delete(c.shard.sockets, c.fd)
	if c.thread != nil {
		c.leave()
	}
	c.fd = -1
}
