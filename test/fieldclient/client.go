// Package fieldclient behaves like the browser code that was written for the
// forum this one replaces and that must go on working unchanged. It is for tests:
// it does what those scripts do, however odd, and nothing they do not. It never
// asks to resume, keeps no order of its own, sends numbers as strings, and ignores
// whatever it does not know.
package fieldclient

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"time"
)

// Client is one browser: a cookie jar, and the pages in it. Its methods may be
// called concurrently.
type Client struct {
	// Pace is how fast the scripts are. It is set before the first socket is
	// opened.
	Pace Pace

	base string // of the site, without a slash at the end
	http *http.Client
}

// Pace is how fast the scripts in the field are; tests may have them hurry.
type Pace struct {
	Ping    time.Duration // between two pings of the global socket
	Pong    time.Duration // patience with the answer
	Retry   time.Duration // before the first reconnect of the global socket; doubles with each
	Refetch time.Duration // before the notification script's reconnects
}

// FieldPace is how fast the scripts in the field are.
var FieldPace = Pace{Ping: 25 * time.Second, Pong: 5 * time.Second, Retry: time.Second, Refetch: 5 * time.Second}

// New returns a browser that shows the site at base, such as
// http://127.0.0.1:8080, to somebody who is not signed in.
func New(base string) *Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // it has no reason to
	}
	return &Client{Pace: FieldPace, base: base, http: &http.Client{Jar: jar, Transport: &http.Transport{}}}
}

// Close lets go of idle connections. Sockets are closed by themselves.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Refusal is an answer that is not a success, as the scripts read it: by parsing
// the body as JSON and showing its detail.
type Refusal struct {
	Method string
	Path   string
	Status int
	Detail string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s %s: %d: %s", r.Method, r.Path, r.Status, r.Detail)
}

// call sends body as JSON, or no body at all if it is nil, and decodes the answer
// into out unless that is nil. The error is a *Refusal if the server refused.
func (c *Client) call(ctx context.Context, method, path string, body, out any) error {
	var text io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		text = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, text)
	if err != nil {
		return err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if method != http.MethodGet {
		r.Header.Set("Origin", c.base)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	return decode(r, res.StatusCode, answer, out)
}

func decode(r *http.Request, status int, answer []byte, out any) error {
	if status >= 300 {
		refusal := &Refusal{Method: r.Method, Path: r.URL.Path, Status: status}
		var problem struct{ Detail string }
		if err := json.Unmarshal(answer, &problem); err != nil || problem.Detail == "" {
			return fmt.Errorf("%w: a script that reads detail fails on %.200q", refusal, answer)
		}
		refusal.Detail = problem.Detail
		return refusal
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s %s: %w in %.200q", r.Method, r.URL.Path, err, answer)
	}
	return nil
}
