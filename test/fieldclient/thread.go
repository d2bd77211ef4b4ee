package fieldclient

import (
	"context"
	"fmt"

	"github.com/coder/websocket"
)

// Thread is the socket of an opened thread. It never pings, answers no heartbeat,
// and never comes back: whoever wants it again opens the thread again.
type Thread struct {
	*page
	ws *websocket.Conn
}

// OpenThread opens the socket of a thread.
func (c *Client) OpenThread(ctx context.Context, id int64) (*Thread, error) {
	t := &Thread{page: c.newPage()}
	ws, err := t.dial(ctx, fmt.Sprintf("/api/forum/ws/thread/%d", id))
	if err != nil {
		t.leave()
		return nil, err
	}
	t.ws = ws
	go func() {
		defer close(t.done)
		defer t.leave()
		defer ws.CloseNow()
		t.end = t.read(ws, func(Object) {})
	}()
	return t, nil
}

// Type types a text into the composer: a frame for every keystroke, and for some
// of them several, as more than one listener hangs on the field.
func (t *Thread) Type(text string) {
	for i := range []rune(text) {
		times := 1
		if i%3 == 2 {
			times = 2
		}
		for range times {
			t.send(t.ws, Object{"type": "typing", "is_typing": true})
		}
	}
}

// StopTyping leaves the composer.
func (t *Thread) StopTyping() { t.send(t.ws, Object{"type": "typing", "is_typing": false}) }
