package realtime

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// hijackable is a ResponseWriter whose connection can be taken over.
type hijackable struct {
	*httptest.ResponseRecorder
	socket net.Conn
}

func (h *hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.socket, bufio.NewReadWriter(bufio.NewReader(h.socket), bufio.NewWriter(h.socket)), nil
}

// FuzzHandshake checks that a request becomes a connection only if it is a handshake by RFC 6455,
// section 4.2.1, and that it is answered as one.
func FuzzHandshake(f *testing.F) {
	const key = "dGhlIHNhbXBsZSBub25jZQ=="
	f.Add("GET", "websocket", "Upgrade", key, "13", "", "")
	f.Add("GET", "WebSocket", "keep-alive, Upgrade", key, "13", "chat, superchat", "permessage-deflate; client_max_window_bits")
	f.Add("POST", "websocket", "Upgrade", key, "13", "", "")
	f.Add("GET", "h2c", "Upgrade", key, "13", "", "")
	f.Add("GET", "websocket", "close", key, "13", "", "")
	f.Add("GET", "websocket", "Upgrade", "short", "13", "", "")
	f.Add("GET", "websocket", "Upgrade", key, "8", "", "")
	f.Add("GET", "websocket", "Upgrade", key, "13", ",;=\"", ";;;=\"\\")
	f.Fuzz(func(t *testing.T, method, upgrade, connection, key, version, protocol, extensions string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Method = method
		for name, value := range map[string]string{
			"Upgrade": upgrade, "Connection": connection, "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": version,
			"Sec-WebSocket-Protocol": protocol, "Sec-WebSocket-Extensions": extensions,
		} {
			r.Header.Set(name, value)
		}
		ours, theirs := net.Pipe()
		defer theirs.Close()
		answered := make(chan *http.Response, 1)
		go func() {
			response, _ := http.ReadResponse(bufio.NewReader(theirs), nil)
			answered <- response
		}()
		c, err := Upgrade(&hijackable{httptest.NewRecorder(), ours}, r, UpgradeConfig{})
		if err != nil {
			ours.Close()
			if response := <-answered; response != nil && response.StatusCode < 400 {
				t.Errorf("refused with status %d", response.StatusCode)
			}
			return
		}
		defer func() { c.Close(CloseLost); <-c.Done() }()
		if method != http.MethodGet || !strings.EqualFold(upgrade, "websocket") || version != "13" ||
			len(key) != 24 || !strings.Contains(strings.ToLower(connection), "upgrade") {
			t.Errorf("accepted %s, Upgrade %q, Connection %q, version %q, key %q", method, upgrade, connection, version, key)
		}
		response := <-answered
		accept := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		if response == nil || response.StatusCode != http.StatusSwitchingProtocols ||
			response.Header.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(accept[:]) ||
			response.Header.Get("Sec-WebSocket-Extensions") != "" {
			t.Errorf("answered %+v", response)
		}
	})
}

// idleTransport is one that never writes.
type idleTransport struct{}

func (idleTransport) wake()          {}
func (idleTransport) hurry()         {}
func (idleTransport) sever()         {}
func (idleTransport) home() *shard   { return nil }
func (idleTransport) format() format { return socketFrames }

// FuzzClientMessages lets a client say well-formed frames in any order and checks what gets through
// to the application, and that what waits for the client is bounded. Each two bytes of data begin a
// frame: its first byte and the length of its payload, which follows.
func FuzzClientMessages(f *testing.F) {
	f.Add([]byte("\x81\x05hello\x89\x04ping\x88\x02\x03\xe8\x81\x04late"))
	f.Add([]byte("\x01\x03hel\x89\x01p\x80\x02lo"))
	f.Add([]byte("\x01\x01\xc3\x80\x01\xa9"))
	f.Add([]byte("\x01\x01\xed\x00\x01\xa0\x80\x01\x80"))
	f.Add(bytes.Repeat([]byte("\x89\x7d"+strings.Repeat("p", 125)), 3000))
	f.Fuzz(func(t *testing.T, data []byte) {
		ended := false
		c := newConn(UpgradeConfig{ReadLimit: 200, OnMessage: func(c *Conn, text []byte) {
			if ended || !utf8.Valid(text) || len(text) > 200 {
				t.Errorf("got %q, after the end: %v", text, ended)
			}
		}})
		c.transport = idleTransport{}
		in := incoming{limit: c.config.ReadLimit}
		for len(data) >= 2 && !ended {
			n := min(int(data[1]), len(data)-2)
			frame := ws.NewFrame(ws.OpCode(data[0]&0xf), data[0]&0x80 != 0, bytes.Clone(data[2:2+n]))
			frame.Header.Rsv = data[0] >> 4 & 7
			err := in.feed(ws.MustCompileFrame(ws.MaskFrameInPlace(frame)), c.handle)
			var broken violation
			var closed peerClosed
			if ended = err != nil; ended && !errors.As(err, &broken) && !errors.As(err, &closed) {
				t.Fatalf("ended with %v", err)
			}
			data = data[2+n:]
		}
		if n := c.waiting(); n > queueLimit {
			t.Errorf("%d bytes wait", n)
		}
	})
}
