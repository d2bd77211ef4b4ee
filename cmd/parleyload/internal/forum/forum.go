// Package forum is the little of the forum's public API that a load generator
// needs: accounts, threads, posts.
package forum

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Client talks to one server. It may be used concurrently.
type Client struct {
	base string // scheme, host and port
	http *http.Client
}

// timeout bounds every request.
const timeout = 30 * time.Second

// NewClient returns a client of the server at base, such as http://127.0.0.1:8080,
// that keeps so many connections open.
func NewClient(base string, connections int) *Client {
	transport := &http.Transport{
		MaxIdleConnsPerHost: connections, DisableCompression: true, IdleConnTimeout: timeout,
	}
	return &Client{base: strings.TrimSuffix(base, "/"), http: &http.Client{Transport: transport, Timeout: timeout}}
}

// Close closes the connections that are idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// StatusError is an answer other than success.
type StatusError struct {
	Status int
	Detail string // a sentence of the server's
}

func (e *StatusError) Error() string { return fmt.Sprintf("%d: %s", e.Status, e.Detail) }

// Temporary reports whether an error may pass by itself: the server could not be
// reached, was overloaded, or was in trouble of its own.
func Temporary(err error) bool {
	var status *StatusError
	if !errors.As(err, &status) {
		return !errors.Is(err, context.Canceled)
	}
	return status.Status >= 500 || status.Status == http.StatusTooManyRequests
}

// Session is somebody who is signed in. It is the value of their Cookie header.
type Session string

// Register makes a member and signs them in.
func (c *Client) Register(ctx context.Context, name, password string) (Session, error) {
	return c.signIn(ctx, "/api/auth/register", credentials{name, password})
}

// Login signs somebody in.
func (c *Client) Login(ctx context.Context, name, password string) (Session, error) {
	return c.signIn(ctx, "/api/auth/login", credentials{name, password})
}

// DemoLogin signs in as one of a demo community's people.
func (c *Client) DemoLogin(ctx context.Context, name string) (Session, error) {
	return c.signIn(ctx, "/api/auth/demo", credentials{Username: name})
}

// Check returns an error unless somebody is signed in.
func (c *Client) Check(ctx context.Context, s Session) error {
	_, err := c.do(ctx, http.MethodGet, "/api/auth/me", s.header(), nil, nil)
	return err
}

type credentials struct {
	Username string `json:"username"`
	Password string `json:"password,omitempty"`
}

func (c *Client) signIn(ctx context.Context, path string, who credentials) (Session, error) {
	header, err := c.do(ctx, http.MethodPost, path, nil, who, nil)
	if err != nil {
		return "", fmt.Errorf("sign in as %s: %w", who.Username, err)
	}
	var pairs []string
	for _, cookie := range (&http.Response{Header: header}).Cookies() {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	if len(pairs) == 0 {
		return "", fmt.Errorf("sign in as %s: the server set no cookie", who.Username)
	}
	return Session(strings.Join(pairs, "; ")), nil
}

// created is what every answer about something new begins with.
type created struct {
	ID int64 `json:"id"`
}

// CreateThread makes a thread that all members can read, and returns its id.
func (c *Client) CreateThread(ctx context.Context, s Session, title, content string) (int64, error) {
	body := struct {
		Title   string `json:"title"`
		Content string `json:"content"`
	}{title, content}
	var thread created
	_, err := c.do(ctx, http.MethodPost, "/api/forum/threads", s.header(), body, &thread)
	if err != nil {
		return 0, fmt.Errorf("create a thread: %w", err)
	}
	return thread.ID, nil
}

// DeleteThread deletes a thread with all that is in it.
func (c *Client) DeleteThread(ctx context.Context, s Session, id int64) error {
	_, err := c.do(ctx, http.MethodDelete, fmt.Sprintf("/api/forum/threads/%d", id), s.header(), nil, nil)
	if err != nil {
		return fmt.Errorf("delete thread %d: %w", id, err)
	}
	return nil
}

// Post posts a message and returns its id. A key, if not empty, makes it safe to
// post again when no answer came.
func (c *Client) Post(ctx context.Context, s Session, thread int64, content, key string) (int64, error) {
	header := s.header()
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	body := struct {
		Content string `json:"content"`
	}{content}
	var message created
	_, err := c.do(ctx, http.MethodPost, fmt.Sprintf("/api/forum/threads/%d/messages", thread), header, body, &message)
	if err != nil {
		return 0, fmt.Errorf("post in thread %d: %w", thread, err)
	}
	return message.ID, nil
}

func (s Session) header() http.Header { return http.Header{"Cookie": {string(s)}} }

// Messages fetches the newest messages of a thread, as they are when somebody opens
// it, and returns the page as it came.
func (c *Client) Messages(ctx context.Context, s Session, thread int64, limit int) (string, error) {
	return c.get(ctx, fmt.Sprintf("/api/forum/threads/%d/messages?limit=%d", thread, limit), s.header())
}

// Get fetches a path and returns the body.
func (c *Client) Get(ctx context.Context, path string) (string, error) { return c.get(ctx, path, nil) }

func (c *Client) get(ctx context.Context, path string, header http.Header) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return "", err
	}
	if header != nil {
		request.Header = header
	}
	response, err := c.http.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = &StatusError{response.StatusCode, http.StatusText(response.StatusCode)}
	}
	return string(body), err
}

// do makes a request with a JSON body, if any, and reads the answer into result, if
// any.
func (c *Client) do(ctx context.Context, method, path string, header http.Header, body, result any) (http.Header, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return nil, err
	}
	if header != nil {
		request.Header = header
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return nil, refusal(response.StatusCode, text)
	}
	if result != nil {
		err = json.Unmarshal(text, result)
	}
	return response.Header, err
}

// refusal reads a problem, RFC 9457.
func refusal(status int, body []byte) error {
	var problem struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal(body, &problem) != nil || problem.Detail == "" {
		problem.Detail = http.StatusText(status)
	}
	return &StatusError{status, problem.Detail}
}
