package fieldclient

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// Object is a JSON object as a script sees it.
type Object map[string]any

// ID returns the object's id.
func (o Object) ID() int64 { return o.Number("id") }

// Number returns a field that holds an integer, 0 if it holds none.
func (o Object) Number(field string) int64 {
	n, _ := o[field].(float64)
	return int64(n)
}

// Text returns a field that holds a string, "" if it holds none.
func (o Object) Text(field string) string {
	s, _ := o[field].(string)
	return s
}

// Object returns a field that holds an object, nil if it holds none.
func (o Object) Object(field string) Object {
	inner, _ := o[field].(map[string]any)
	return inner
}

// Login signs in and returns the user.
func (c *Client) Login(ctx context.Context, username, password string) (user Object, err error) {
	var answer struct{ User Object }
	err = c.call(ctx, http.MethodPost, "/api/auth/login", Object{"username": username, "password": password}, &answer)
	return answer.User, err
}

// Logout signs out.
func (c *Client) Logout(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "/api/auth/logout", nil, nil)
}

// ThreadForm is the form of a thread: for a new one Title, Content and TierID
// count; for an existing one all but Content are sent, changed or not.
type ThreadForm struct {
	Title   string
	Content string
	TierID  int64 // 0: none chosen
	Pinned  bool
	Locked  bool
	Private bool

	// TiersNotLoaded: the form could not load its list of tiers, and sends no choice.
	TiersNotLoaded bool
}

// CreateThread sends the form for a new thread. Numbers go as strings, and so do
// fields that no server ever read.
func (c *Client) CreateThread(ctx context.Context, form ThreadForm) (thread Object, err error) {
	fields := form.tier()
	fields["title"], fields["content"] = form.Title, form.Content
	err = c.call(ctx, http.MethodPost, "/api/forum/threads", fields, &thread)
	return thread, err
}

// EditThread sends the form for an existing thread, all fields whether changed or
// not, and returns the thread as the answer shows it.
func (c *Client) EditThread(ctx context.Context, id int64, form ThreadForm) (Object, error) {
	fields := form.tier()
	fields["title"] = form.Title
	fields["is_pinned"], fields["is_locked"], fields["is_private"] = form.Pinned, form.Locked, form.Private
	var answer struct {
		Success bool
		Thread  Object
	}
	err := c.call(ctx, http.MethodPatch, threadPath(id), fields, &answer)
	return answer.Thread, err
}

func (form ThreadForm) tier() Object {
	fields := Object{"min_tier_cents": "0", "roles_allowed": []string{"patron", "supporter"}}
	switch {
	case form.TiersNotLoaded:
		fields["min_tier_id"] = nil
	case form.TierID != 0:
		fields["min_tier_id"] = strconv.FormatInt(form.TierID, 10)
	}
	return fields
}

// Threads returns the first page of the list of threads.
func (c *Client) Threads(ctx context.Context) (threads []Object, err error) {
	err = c.call(ctx, http.MethodGet, "/api/forum/threads?page=1&limit=20&filter_type=all", nil, &threads)
	return threads, err
}

// Messages returns the newest messages of a thread, oldest first.
func (c *Client) Messages(ctx context.Context, threadID int64) (messages []Object, err error) {
	err = c.call(ctx, http.MethodGet, threadPath(threadID)+"/messages", nil, &messages)
	return messages, err
}

// Post writes a message, in reply to another one unless replyTo is 0.
func (c *Client) Post(ctx context.Context, threadID int64, content string, replyTo int64) (message Object, err error) {
	fields := Object{"content": content, "reply_to_id": nil}
	if replyTo != 0 {
		fields["reply_to_id"] = strconv.FormatInt(replyTo, 10)
	}
	err = c.call(ctx, http.MethodPost, threadPath(threadID)+"/messages", fields, &message)
	return message, err
}

// Follow follows a thread with a request that has no body at all.
func (c *Client) Follow(ctx context.Context, threadID int64) (answer Object, err error) {
	err = c.call(ctx, http.MethodPost, threadPath(threadID)+"/follow", nil, &answer)
	return answer, err
}

// Like likes a message, or takes the like back, and reports whether that changed
// anything: by the answer's wording, which is all the script looks at.
func (c *Client) Like(ctx context.Context, messageID int64, like bool) (changed bool, err error) {
	method, unchanged := http.MethodPost, "Already liked"
	if !like {
		method, unchanged = http.MethodDelete, "Not liked"
	}
	var answer struct{ Message string }
	err = c.call(ctx, method, fmt.Sprintf("/api/forum/messages/%d/like", messageID), nil, &answer)
	return answer.Message != unchanged, err
}

// Notifications returns the newest notifications.
func (c *Client) Notifications(ctx context.Context) ([]Object, error) {
	var answer struct{ Notifications []Object }
	err := c.call(ctx, http.MethodGet, "/api/forum/notifications?limit=20&skip=0", nil, &answer)
	return answer.Notifications, err
}

func threadPath(id int64) string { return fmt.Sprintf("/api/forum/threads/%d", id) }
