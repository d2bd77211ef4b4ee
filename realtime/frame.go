package realtime

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// appendHeader appends the header of an unfragmented, unmasked frame with n bytes of payload.
func appendHeader(dst []byte, op ws.OpCode, n int) []byte {
	dst = append(dst, 0x80|byte(op))
	switch {
	case n < 126:
		return append(dst, byte(n))
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
	}
}

// encode returns a complete frame.
func encode(op ws.OpCode, payload []byte) []byte {
	wire := make([]byte, 0, ws.MaxHeaderSize+len(payload))
	return append(appendHeader(wire, op, len(payload)), payload...)
}
