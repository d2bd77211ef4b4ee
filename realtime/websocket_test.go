package realtime

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
)

// onEachSocket runs a test with servers whose connections send back what they get: one with plain
// TCP sockets, and one with sockets that are not known to be that, as with TLS.
func onEachSocket(t *testing.T, config UpgradeConfig, test func(t *testing.T, address string)) {
	t.Helper()
	for name, wrap := range map[string]func(net.Listener) net.Listener{
		"plain":  func(l net.Listener) net.Listener { return l },
		"opaque": func(l net.Listener) net.Listener { return opaqueListener{l} },
	} {
		t.Run(name, func(t *testing.T) { test(t, serveEcho(t, config, wrap)) })
	}
}

// opaqueListener hides what its sockets are.
type opaqueListener struct{ net.Listener }

type opaqueConn struct{ net.Conn }

func (c opaqueConn) CloseWrite() error { return c.Conn.(*net.TCPConn).CloseWrite() }

func (l opaqueListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return opaqueConn{c}, nil
}

// serveEcho returns the address of such a server.
func serveEcho(t *testing.T, config UpgradeConfig, wrap func(net.Listener) net.Listener) string {
	t.Helper()
	config.OnMessage = func(c *Conn, text []byte) { c.Send(Message{Frame: bytes.Clone(text)}) }
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := Upgrade(w, r, config); err == nil {
			t.Cleanup(func() { <-c.Done() })
		}
	}))
	server.Listener = wrap(server.Listener)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

const handshake = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// talk sends the handshake and raw bytes, the first of them in the same segment, and returns the
// frames that come back, written as "op payload".
func talk(t *testing.T, address string, pieces ...[]byte) (answers []string) {
	t.Helper()
	socket, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	socket.SetDeadline(time.Now().Add(10 * time.Second))
	go func() { // a server that has heard enough does not read the rest
		before := []byte(handshake)
		for _, piece := range pieces {
			socket.Write(append(before, piece...))
			before = nil
		}
	}()
	r := bufio.NewReader(socket)
	if response, err := http.ReadResponse(r, nil); err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %v %v", response, err)
	}
	for {
		op, payload, err := readFrame(r)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Errorf("connection ended with %v", err)
			}
			return answers
		}
		name := map[ws.OpCode]string{ws.OpText: "text ", ws.OpPong: "pong ", ws.OpClose: "close "}[op]
		if op == ws.OpClose {
			if len(answers) > 0 && strings.HasPrefix(answers[len(answers)-1], "close") {
				t.Error("a second close frame")
			}
		}
		answers = append(answers, name+string(payload))
	}
}

func closed(r CloseReason) string {
	payload := r.frame()[2:]
	return "close " + string(payload)
}

// TestProtocol says what raw bytes of a client are answered with.
func TestProtocol(t *testing.T) {
	bye := closing(1000, "bye")
	goodbye := "close \x03\xe8bye"
	raw := func(b ...byte) []byte { return b }
	mask := raw(0, 0, 0, 0)
	long := strings.Repeat("x", defaultReadLimit)

	tests := map[string]struct {
		send [][]byte
		want []string
	}{
		"text":                          {[][]byte{text("a"), text(""), bye}, []string{"text a", "text ", goodbye}},
		"text of 126 bytes":             {[][]byte{text(long[:126]), bye}, []string{"text " + long[:126], goodbye}},
		"text at the limit":             {[][]byte{text(long), bye}, []string{"text " + long, goodbye}},
		"text over the limit":           {[][]byte{text(long + "x")}, []string{closed(CloseTooBig)}},
		"fragments over the limit":      {[][]byte{begin(long), end("x")}, []string{closed(CloseTooBig)}},
		"announced exbibytes":           {[][]byte{raw(0x81, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0), mask}, []string{closed(CloseTooBig)}},
		"length with its highest bit":   {[][]byte{raw(0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0), mask}, []string{closed(CloseProtocolError)}},
		"length not in shortest form":   {[][]byte{raw(0x81, 0xfe, 0, 1), mask, raw('a')}, []string{closed(CloseProtocolError)}},
		"fragments":                     {[][]byte{begin("a"), more("b"), end("c"), bye}, []string{"text abc", goodbye}},
		"empty fragments":               {[][]byte{begin(""), more(""), end("c"), text("d"), bye}, []string{"text c", "text d", goodbye}},
		"ping between fragments":        {[][]byte{begin("a"), ping("p"), end("b"), bye}, []string{"pong p", "text ab", goodbye}},
		"character cut by fragments":    {[][]byte{begin("\xc3"), end("\xa9"), bye}, []string{"text é", goodbye}},
		"text not UTF-8":                {[][]byte{text("\xff")}, []string{closed(CloseInvalidText)}},
		"fragments not UTF-8":           {[][]byte{begin("\xc3"), end("x")}, []string{closed(CloseInvalidText)}},
		"surrogate":                     {[][]byte{text("\xed\xa0\x80")}, []string{closed(CloseInvalidText)}},
		"ping":                          {[][]byte{ping("hello"), bye}, []string{"pong hello", goodbye}},
		"ping of 125 bytes":             {[][]byte{ping(long[:125]), bye}, []string{"pong " + long[:125], goodbye}},
		"ping of 126 bytes":             {[][]byte{raw(0x89, 0xfe, 0, 126), mask, []byte(long[:126])}, []string{closed(CloseProtocolError)}},
		"ping in fragments":             {[][]byte{masked(ws.OpPing, false, nil)}, []string{closed(CloseProtocolError)}},
		"pong nobody asked for":         {[][]byte{masked(ws.OpPong, true, []byte("x")), bye}, []string{goodbye}},
		"binary":                        {[][]byte{masked(ws.OpBinary, true, []byte("x"))}, []string{closed(CloseUnsupported)}},
		"binary in fragments":           {[][]byte{masked(ws.OpBinary, false, []byte("x"))}, []string{closed(CloseUnsupported)}},
		"no mask":                       {[][]byte{raw(0x81, 1, 'a')}, []string{closed(CloseProtocolError)}},
		"first reserved bit":            {[][]byte{raw(0xc1, 0x81), mask, raw('a')}, []string{closed(CloseProtocolError)}},
		"third reserved bit":            {[][]byte{raw(0x91, 0x81), mask, raw('a')}, []string{closed(CloseProtocolError)}},
		"reserved data opcode":          {[][]byte{raw(0x83, 0x80), mask}, []string{closed(CloseProtocolError)}},
		"reserved control opcode":       {[][]byte{raw(0x8b, 0x80), mask}, []string{closed(CloseProtocolError)}},
		"continuation of nothing":       {[][]byte{end("x")}, []string{closed(CloseProtocolError)}},
		"continuation after the end":    {[][]byte{begin("a"), end("b"), end("c")}, []string{"text ab", closed(CloseProtocolError)}},
		"new text within fragments":     {[][]byte{begin("a"), text("b")}, []string{closed(CloseProtocolError)}},
		"close":                         {[][]byte{bye, text("ignored")}, []string{goodbye}},
		"close without a code":          {[][]byte{masked(ws.OpClose, true, nil)}, []string{"close "}},
		"close with half a code":        {[][]byte{masked(ws.OpClose, true, []byte{3})}, []string{closed(CloseProtocolError)}},
		"close between fragments":       {[][]byte{begin("a"), bye}, []string{goodbye}},
		"close with a reserved code":    {[][]byte{masked(ws.OpClose, true, []byte{0x03, 0xee})}, []string{closed(CloseProtocolError)}},
		"close with an unassigned code": {[][]byte{masked(ws.OpClose, true, []byte{0x03, 0xf8})}, []string{closed(CloseProtocolError)}},
		"close with code 5000":          {[][]byte{masked(ws.OpClose, true, []byte{0x13, 0x88})}, []string{closed(CloseProtocolError)}},
		"close with code 1013":          {[][]byte{masked(ws.OpClose, true, []byte{0x03, 0xf5})}, []string{"close \x03\xf5"}},
		"close with code 4999":          {[][]byte{masked(ws.OpClose, true, []byte{0x13, 0x87})}, []string{"close \x13\x87"}},
		"close reason not UTF-8":        {[][]byte{masked(ws.OpClose, true, []byte("\x03\xe8\xff"))}, []string{closed(CloseInvalidText)}},
	}
	onEachSocket(t, UpgradeConfig{}, func(t *testing.T, address string) {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				if got := talk(t, address, slices.Concat(test.send...)); !slices.Equal(got, test.want) {
					t.Errorf("answered %.200q, want %.200q", got, test.want)
				}
			})
		}
	})
}

func TestRequestThatIsNoHandshakeIsRefusedInHTTP(t *testing.T) {
	address := serveEcho(t, UpgradeConfig{}, func(l net.Listener) net.Listener { return l })
	response, err := http.Get("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestOrdinaryClientTalksToUs(t *testing.T) {
	onEachSocket(t, UpgradeConfig{}, testOrdinaryClient)
}

func testOrdinaryClient(t *testing.T, address string) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	client, _, err := websocket.Dial(ctx, "ws://"+address, &websocket.DialOptions{CompressionMode: websocket.CompressionContextTakeover})
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseNow()
	for _, text := range []string{"hello", strings.Repeat("é", 2000), ""} {
		if err := client.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := client.Read(ctx); err != nil || string(got) != text {
			t.Fatalf("got %.20q, %v", got, err)
		}
	}
	if err := client.Close(websocket.StatusNormalClosure, "bye"); err != nil {
		t.Errorf("closing handshake: %v", err)
	}
}

func TestLongCloseReasonIsCutBetweenCharacters(t *testing.T) {
	frame := CloseReason{Code: 1008, Reason: strings.Repeat("é", 100)}.frame()
	if reason, ok := parseClose(frame[2:]); !ok || reason.Reason != strings.Repeat("é", 61) {
		t.Errorf("cut to %q", reason.Reason)
	}
}

// FuzzClientFrames checks that what a client's bytes mean does not depend on how they arrive, and
// that nothing makes us store more than a message.
func FuzzClientFrames(f *testing.F) {
	f.Add(text("hello"), uint8(1))
	f.Add(slices.Concat(masked(ws.OpText, false, []byte("hel")), masked(ws.OpPing, true, []byte("p")), masked(ws.OpContinuation, true, []byte("lo"))), uint8(3))
	f.Add(append(text("hello"), 0x81, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4), uint8(5))
	f.Add(masked(ws.OpClose, true, []byte("\x03\xe8bye")), uint8(2))
	f.Add(masked(ws.OpText, true, bytes.Repeat([]byte("x"), 200)), uint8(7))
	f.Add([]byte{0x81, 0xfe, 0, 1, 0, 0, 0, 0, 'a'}, uint8(1))
	f.Add(append(masked(ws.OpText, true, bytes.Repeat([]byte("x"), 200)), bytes.Repeat([]byte("0"), 107)...), uint8(174))
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		const limit = 300
		whole, wholeErr := understand(t, limit, data, len(data))
		pieces, piecesErr := understand(t, limit, data, int(step)+1)
		if !slices.Equal(whole, pieces) || !errors.Is(piecesErr, wholeErr) {
			t.Errorf("at once %q, %v; in pieces of %d %q, %v", whole, wholeErr, int(step)+1, pieces, piecesErr)
		}
	})
}

func understand(t *testing.T, limit int, data []byte, step int) (got []string, err error) {
	in := incoming{limit: limit}
	for piece := range slices.Chunk(bytes.Clone(data), max(step, 1)) {
		err = in.feed(piece, func(op ws.OpCode, payload []byte) error {
			got = append(got, string(op)+string(payload))
			return nil
		})
		if err != nil {
			break // the connection ends, and with it all that was stored
		}
		if len(in.message) > limit || len(in.partial) > limit+ws.MaxHeaderSize {
			t.Fatalf("stores %d and %d bytes", len(in.message), len(in.partial))
		}
	}
	return got, err
}

// hijacked answers a request with one end of a pipe.
func hijacked(config UpgradeConfig) (c *Conn, peer net.Conn, err error) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, header := range []string{
		"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
	} {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	ours, theirs := net.Pipe()
	c, err = Upgrade(&hijackable{httptest.NewRecorder(), ours}, r, config)
	return c, theirs, err
}

// TestAHeldAnswerGoesOutWithTheFirstFrame reads from a pipe, where a read is what was
// written at once.
func TestAHeldAnswerGoesOutWithTheFirstFrame(t *testing.T) {
	for name, tc := range map[string]struct {
		hold bool
		then func(*Conn)
		want string
	}{
		"something is sent":     {true, func(c *Conn) { c.Send(Message{Frame: []byte(`{}`)}) }, string(encode(ws.OpText, []byte(`{}`)))},
		"it is closed":          {true, func(c *Conn) { c.Close(CloseGoingAway) }, string(CloseGoingAway.frame())},
		"it is not held at all": {false, func(*Conn) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, peer, err := hijacked(UpgradeConfig{Hold: tc.hold})
				if err != nil {
					t.Fatal(err)
				}
				read := make(chan string, 1)
				go func() {
					buffer := make([]byte, 1<<10)
					n, _ := peer.Read(buffer)
					read <- string(buffer[:n])
					_, _ = io.Copy(io.Discard, peer)
				}()
				synctest.Wait()
				if tc.hold && len(read) > 0 {
					t.Errorf("answered before there was anything to send: %q", <-read)
				}
				tc.then(c)
				answer, frames, _ := strings.Cut(<-read, "\r\n\r\n")
				if !strings.HasPrefix(answer, "HTTP/1.1 101") || frames != tc.want {
					t.Errorf("answered %q, followed by %q, want %q", answer, frames, tc.want)
				}
				c.Close(CloseLost)
				<-c.Done()
				peer.Close()
			})
		})
	}
}
