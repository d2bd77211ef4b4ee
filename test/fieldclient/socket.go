package fieldclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

// maxFrame is no limit of the scripts: browsers take frames of any size.
const maxFrame = 16 << 20

// End is how a socket ended.
type End struct {
	Code   int // 1006: without a close frame
	Reason string

	// Unopened: the socket never opened; the scripts cannot tell why.
	Unopened error
	// Unreadable: a frame made JSON.parse throw.
	Unreadable error
}

// page runs a script's sockets, one at a time.
type page struct {
	*inbox
	client *Client
	ctx    context.Context
	leave  context.CancelFunc
	done   chan struct{}
	end    End // valid when done is closed
}

func (c *Client) newPage() *page {
	ctx, leave := context.WithCancel(context.Background())
	return &page{inbox: newInbox(), client: c, ctx: ctx, leave: leave, done: make(chan struct{})}
}

// End waits until the script has given up, and returns how its last socket ended.
func (p *page) End(ctx context.Context) (End, error) {
	select {
	case <-p.done:
		return p.end, nil
	case <-ctx.Done():
		return End{}, fmt.Errorf("the socket lives: %w", ctx.Err())
	}
}

// Close leaves the page: its script ends.
func (p *page) Close() {
	p.leave()
	<-p.done
}

// dial opens a socket as a browser does: with its cookies and the page's origin.
func (p *page) dial(ctx context.Context, path string) (*websocket.Conn, error) {
	ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(p.client.base, "http")+path, &websocket.DialOptions{
		HTTPClient: p.client.http,
		HTTPHeader: http.Header{"Origin": {p.client.base}},
	})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(maxFrame)
	return ws, nil
}

// read hands every frame to handle until the socket ends.
func (p *page) read(ws *websocket.Conn, handle func(Object)) End {
	for {
		_, text, err := ws.Read(p.ctx)
		if err != nil {
			return ended(err)
		}
		var frame Object
		if err := json.Unmarshal(text, &frame); err != nil {
			ws.CloseNow()
			return End{Code: 1006, Unreadable: fmt.Errorf("%w in %.200q", err, text)}
		}
		handle(frame)
		p.add(frame)
	}
}

func ended(err error) End {
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		return End{Code: int(closed.Code), Reason: closed.Reason}
	}
	return End{Code: 1006}
}

// send sends a frame. On a socket that is closing it is lost, as in a browser.
func (p *page) send(ws *websocket.Conn, frame Object) {
	text, err := json.Marshal(frame)
	if err != nil {
		panic(err) // frames are made here
	}
	_ = ws.Write(p.ctx, websocket.MessageText, text)
}
