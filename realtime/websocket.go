package realtime

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

const defaultReadLimit = 4 << 10

// UpgradeConfig says how a WebSocket connection works. Callbacks come from any goroutine, one at a
// time per connection, and must not block: other connections may wait behind them.
type UpgradeConfig struct {
	// ReadLimit is the longest message accepted from the client, in bytes; a longer one closes with
	// CloseTooBig. 0: 4 KiB.
	ReadLimit int

	// OnMessage gets each text message; the bytes are valid until it returns. It may be called
	// before Upgrade has returned, and before the connection is joined.
	OnMessage func(c *Conn, text []byte)

	// Hold keeps the answer to the handshake until there is something to send with it: for a
	// connection that is joined, or closed, at once. One write less is a tenth of what it costs to
	// let a client in. A client that is never sent anything waits for ever.
	Hold bool

	// OnClose is called exactly once, when the connection has left its hub and the socket is
	// closed. No other callback comes after it.
	OnClose func(c *Conn, reason CloseReason)
}

// Upgrade makes a WebSocket of the request. The caller has checked Origin. On an error the response
// has been written. The handler may return at once: the connection lives until either side closes
// it, whether or not it joins a hub.
func Upgrade(w http.ResponseWriter, r *http.Request, config UpgradeConfig) (*Conn, error) {
	answering := &withheld{ResponseWriter: w}
	socket, buffered, _, err := ws.HTTPUpgrader{}.Upgrade(r, answering)
	if err != nil {
		if socket != nil {
			_ = socket.SetWriteDeadline(time.Now().Add(writeTimeout))
			_, _ = socket.Write(answering.text.Bytes()) // why not; a client that is gone need not know
			socket.Close()
		}
		return nil, err
	}
	// Only what the client sent ahead is kept: holding on to the buffers would cost every
	// connection 8 KiB.
	early := make([]byte, buffered.Reader.Buffered())
	if _, err := io.ReadFull(buffered.Reader, early); err != nil {
		socket.Close()
		return nil, err
	}
	return connect(socket, opening{answering.text.Bytes(), early}, config), nil
}

// withheld keeps what is written to a hijacked connection.
type withheld struct {
	http.ResponseWriter
	text bytes.Buffer
}

// answerSize is what the answer to a handshake takes, and a little more.
const answerSize = 160

// Hijack hands out the connection with a writer that does not write to it.
func (w *withheld) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	socket, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.text.Grow(answerSize)
	return socket, bufio.NewReadWriter(buffered.Reader, bufio.NewWriterSize(&w.text, answerSize)), nil
}

// opening is how a connection begins.
type opening struct {
	answer []byte // to the handshake, not sent yet
	early  []byte // what the client sent behind it
}

// incoming cuts the bytes a client sends into messages, however they arrive: it needs no goroutine
// that waits for the rest of a frame. It is used by one goroutine at a time.
type incoming struct {
	limit   int
	partial []byte    // of a frame that is not complete yet
	message []byte    // of a fragmented message, what came so far
	valid   int       // how much of it is known to be UTF-8
	opcode  ws.OpCode // of that message; OpContinuation (0) outside of one
}

// incomplete reports whether anything of a message has to be remembered.
func (in *incoming) incomplete() bool { return len(in.partial) > 0 || in.opcode != ws.OpContinuation }

// violation is an error that closes the connection with a reason.
type violation struct{ CloseReason }

func (v violation) Error() string { return v.Reason }

// errMore means that the bytes at hand are not a whole frame.
var errMore = errors.New("frame is not complete")

// feed takes the next bytes and calls handle for each message and control frame they complete. It
// stops at the first error: handle's, or a violation of the protocol.
func (in *incoming) feed(data []byte, handle func(op ws.OpCode, payload []byte) error) error {
	if len(in.partial) > 0 {
		in.partial = append(in.partial, data...)
		data = in.partial
	}
	stored := len(in.partial)
	for len(data) > 0 {
		header, payload, size, err := in.cut(data)
		if errors.Is(err, errMore) {
			if len(data) != stored { // it is not where it was already
				in.partial = bytes.Clone(data)
			}
			return nil
		}
		if err == nil {
			ws.Cipher(payload, header.Mask, 0)
			err = in.accept(header, payload, handle)
		}
		if err != nil {
			return err
		}
		data = data[size:]
	}
	in.partial = nil
	return nil
}

// cut finds the first frame in data. It judges the header as soon as that is complete: an announced
// length over the limit is refused before any of it is stored.
func (in *incoming) cut(data []byte) (header ws.Header, payload []byte, size int, err error) {
	r := bytes.NewReader(data)
	header, err = ws.ReadHeader(r)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return header, nil, 0, errMore
	case err != nil:
		return header, nil, 0, violation{CloseProtocolError}
	}
	state := ws.StateServerSide
	if in.opcode != ws.OpContinuation {
		state = state.Set(ws.StateFragmented)
	}
	start := len(data) - r.Len()
	shortest := start == ws.HeaderSize(header) // as RFC 6455 wants a length to be written
	if !shortest || ws.CheckHeader(header, state) != nil {
		return header, nil, 0, violation{CloseProtocolError}
	}
	if header.OpCode.IsData() && header.Length > int64(in.limit-len(in.message)) {
		return header, nil, 0, violation{CloseTooBig}
	}
	size = start + int(header.Length)
	if size > len(data) {
		return header, nil, 0, errMore
	}
	return header, data[start:size], size, nil
}

// accept handles one frame, unmasked.
func (in *incoming) accept(header ws.Header, payload []byte, handle func(ws.OpCode, []byte) error) error {
	if header.OpCode.IsControl() {
		return handle(header.OpCode, payload)
	}
	opcode := header.OpCode
	if opcode == ws.OpContinuation {
		opcode = in.opcode
	}
	if opcode == ws.OpBinary {
		return violation{CloseUnsupported}
	}
	if !header.Fin || len(in.message) > 0 {
		in.message = append(in.message, payload...)
		payload = in.message
	}
	if !header.Fin {
		in.opcode = opcode
		return in.check()
	}
	in.message, in.valid, in.opcode = nil, 0, ws.OpContinuation
	if !utf8.Valid(payload) {
		return violation{CloseInvalidText}
	}
	return handle(opcode, payload)
}

// check refuses a message whose fragments cannot become UTF-8 any more, whatever follows.
func (in *incoming) check() error {
	for in.valid < len(in.message) {
		rest := in.message[in.valid:]
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size <= 1 {
			if utf8.FullRune(rest) {
				return violation{CloseInvalidText}
			}
			return nil
		}
		in.valid += size
	}
	return nil
}
