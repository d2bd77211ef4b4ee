//go:build linux

package swarm

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gobwas/ws"
)

// frame is one frame of the server, cut out of what was read.
type frame struct {
	op      ws.OpCode
	fin     bool
	payload []byte
}

// cut takes the first frame from data; size is 0 if it is not complete. It is done
// by hand, here alone, because it runs a million times a second: ws.ReadHeader
// reads from an io.Reader and allocates.
func cut(data []byte) (f frame, size int, err error) {
	if len(data) < 2 {
		return f, 0, nil
	}
	if data[0]&0x70 != 0 {
		return f, 0, errors.New("a frame has reserved bits set")
	}
	if data[1]&0x80 != 0 {
		return f, 0, errors.New("a frame of the server is masked")
	}
	start, length := 2, int(data[1])
	switch {
	case length == 126 && len(data) >= 4:
		start, length = 4, int(binary.BigEndian.Uint16(data[2:]))
	case length == 127 && len(data) >= 10:
		start, length = 10, int(binary.BigEndian.Uint64(data[2:])&(1<<62-1))
	case length >= 126:
		return f, 0, nil
	}
	if len(data)-start < length {
		return f, 0, nil
	}
	return frame{ws.OpCode(data[0] & 0x0f), data[0]&0x80 != 0, data[start : start+length]}, start + length, nil
}

// encode returns a frame as clients send it, masked.
func encode(op ws.OpCode, payload []byte) []byte {
	f := ws.MaskFrame(ws.NewFrame(op, true, payload))
	wire, err := ws.CompileFrame(f)
	if err != nil {
		panic(fmt.Sprintf("swarm: frame of %d bytes: %v", len(payload), err)) // writing to memory
	}
	return wire
}

// closeFrame is the error that ends reading when the server's close frame has come.
type closeFrame struct {
	code   int
	reason string
}

func (c closeFrame) Error() string { return fmt.Sprintf("close frame %d %s", c.code, c.reason) }

func parseClose(payload []byte) error {
	if len(payload) < 2 {
		return closeFrame{code: int(ws.StatusNoStatusRcvd)}
	}
	return closeFrame{int(binary.BigEndian.Uint16(payload)), string(payload[2:])}
}
