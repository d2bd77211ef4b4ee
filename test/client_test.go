package test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// password is everybody's in these stories.
const password = "correct horse battery"

// person is somebody with a browser: a cookie jar, and JSON.
type person struct {
	t    *testing.T
	base string
	http *http.Client
}

// addUser makes an account from the command line.
func addUser(t *testing.T, db, name, role string, more ...string) {
	t.Helper()
	run(t, password+"\n", append([]string{"user", "add", name, "--role", role, "--password-stdin", "--db", db}, more...)...)
}

// signIn signs somebody in.
func signIn(t *testing.T, p *program, name string) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	who := &person{t, p.URL, &http.Client{Jar: jar}}
	t.Cleanup(who.http.CloseIdleConnections)
	who.must("POST", "/api/auth/login", map[string]string{"username": name, "password": password}, nil)
	return who
}

// in has what fails from now on be another test's failure.
func (p *person) in(t *testing.T) *person {
	there := *p
	there.t = t
	return &there
}

// call makes a request and decodes a successful answer into out. It returns the
// status, or an error if there was no answer.
func (p *person) call(method, path string, body, out any, headers ...string) (int, http.Header, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := p.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil, err
	}
	if res.StatusCode != http.StatusOK {
		return res.StatusCode, res.Header, fmt.Errorf("%s %s: %s: %s", method, path, res.Status, answer)
	}
	if out != nil {
		err = json.Unmarshal(answer, out)
	}
	return res.StatusCode, res.Header, err
}

// must is call that cannot fail.
func (p *person) must(method, path string, body, out any, headers ...string) http.Header {
	p.t.Helper()
	_, header, err := p.call(method, path, body, out, headers...)
	if err != nil {
		p.t.Fatal(err)
	}
	return header
}

// frame is what arrives on a socket.
type frame struct {
	Type             string `json:"type"`
	EventID          string `json:"event_id"`
	Recovered        bool   `json:"recovered"`
	Message          any    `json:"message"`
	AfterMS          int64  `json:"after_ms"`
	Username         string `json:"username"`
	IsTyping         bool   `json:"is_typing"`
	Viewers          int    `json:"viewers"`
	Count            int64  `json:"count"`
	TotalForumUnread int64  `json:"total_forum_unread"`
	Thread           struct {
		ID int64 `json:"id"`
	} `json:"thread"`
}

// messageID returns the id in the frame's message.
func (f frame) messageID() int64 {
	m, _ := f.Message.(map[string]any)
	id, _ := m["id"].(float64)
	return int64(id)
}

// watch opens a socket that goes on from lastEventID.
func (p *person) watch(ctx context.Context, path, lastEventID string) (*websocket.Conn, error) {
	target := "ws" + strings.TrimPrefix(p.base, "http") + path
	if lastEventID != "" {
		target += "?last_event_id=" + url.QueryEscape(lastEventID)
	}
	ws, _, err := websocket.Dial(ctx, target, &websocket.DialOptions{HTTPClient: p.http})
	if err == nil {
		ws.SetReadLimit(1 << 20)
	}
	return ws, err
}

// next reads one frame.
func next(ctx context.Context, ws *websocket.Conn) (f frame, err error) {
	_, text, err := ws.Read(ctx)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(text, &f)
}
