//go:build linux

package hub

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strconv"
	"strings"

	"github.com/gobwas/ws"
)

// request is an HTTP request that has come whole.
type request struct {
	method, path, query string
	key                 string // Sec-WebSocket-Key
	body                []byte
}

// parse takes the first request from data; size is 0 if it is not complete.
func parse(data []byte) (r request, size int, err error) {
	head, _, whole := bytes.Cut(data, []byte("\r\n\r\n"))
	if !whole {
		return r, 0, nil
	}
	lines := strings.Split(string(head), "\r\n")
	words := strings.Split(lines[0], " ")
	if len(words) != 3 {
		return r, 0, errors.New("this is no HTTP request")
	}
	r.method = words[0]
	r.path, r.query, _ = strings.Cut(words[1], "?")
	length := 0
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		switch strings.ToLower(name) {
		case "content-length":
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || length < 0 {
				return r, 0, errors.New("malformed Content-Length")
			}
		case "sec-websocket-key":
			r.key = strings.TrimSpace(value)
		}
	}
	start := len(head) + 4
	if len(data)-start < length {
		return r, 0, nil
	}
	r.body = data[start : start+length]
	return r, start + length, nil
}

// request answers the first request in data.
func (c *socket) request(data []byte) (size int, err error) {
	r, size, err := parse(data)
	if err != nil || size == 0 {
		return 0, err
	}
	if r.key != "" {
		c.upgrade(r)
	} else {
		c.send(c.shard.hub.answer(r))
	}
	return size, nil
}

// answer does what a request of the API asks for.
func (h *Hub) answer(r request) []byte {
	parts := strings.Split(strings.Trim(r.path, "/"), "/") // api forum threads 5 messages
	switch {
	case strings.HasPrefix(r.path, "/api/auth/"):
		return respond("Set-Cookie: session_id=reference; Path=/\r\n", `{}`)
	case strings.HasPrefix(r.path, "/debug/pprof/"):
		runtime.GC() // as the server does when asked for a heap profile with gc=1
		return respond("", fmt.Sprintf("goroutine profile: total %d\n", runtime.NumGoroutine()))
	case r.method == "POST" && r.path == "/api/forum/threads":
		return respond("", fmt.Sprintf(`{"id":%d}`, h.create()))
	case r.method == "POST" && len(parts) == 5 && parts[4] == "messages":
		return h.post(parts[3], r.body)
	default:
		return respond("", `{}`)
	}
}

func (h *Hub) post(thread string, body []byte) []byte {
	var m struct {
		Content json.RawMessage `json:"content"`
	}
	id, err := strconv.ParseInt(thread, 10, 64)
	if err != nil || json.Unmarshal(body, &m) != nil {
		return []byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
	}
	return respond("", fmt.Sprintf(`{"id":%d}`, h.broadcast(h.thread(id), m.Content)))
}

func respond(header, body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", header, len(body), body)
}

// upgrade makes a viewer of the connection. The global stream is that of thread 0,
// where nothing happens.
func (c *socket) upgrade(r request) {
	id, _ := strconv.ParseInt(r.path[strings.LastIndexByte(r.path, '/')+1:], 10, 64)
	t := c.shard.hub.thread(id)
	c.send(fmt.Appendf(nil, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", acceptKey(r.key)))
	query, _ := url.ParseQuery(r.query)
	after, resumes := t.position(query.Get("last_event_id"))
	c.watch(t, after, resumes, func(recovered bool, position uint64) []byte {
		return textFrame(fmt.Appendf(nil, `{"type":"connected","thread_id":%d,"recovered":%t,"event_id":"%s.t%d:%d"}`,
			id, recovered, generation, id, position))
	})
}

// position reads an event id of the thread.
func (t *thread) position(eventID string) (position uint64, ok bool) {
	digits, found := strings.CutPrefix(eventID, fmt.Sprintf("%s.t%d:", generation, t.id))
	position, err := strconv.ParseUint(digits, 10, 64)
	return position, found && err == nil
}

// acceptKey is the answer to a client's key, RFC 6455, section 4.2.2.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func textFrame(text []byte) []byte { return ws.MustCompileFrame(ws.NewTextFrame(text)) }
