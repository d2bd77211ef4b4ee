package fieldclient

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hurried is a pace that tests can wait for.
var hurried = Pace{Ping: 5 * time.Millisecond, Pong: 10 * time.Second, Retry: time.Millisecond, Refetch: time.Millisecond}

// browser opens a site whose global socket is served by talk.
func browser(t *testing.T, talk func(context.Context, *websocket.Conn)) *Client {
	t.Helper()
	return browserOf(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" || r.Header.Get("Origin") != "http://"+r.Host {
			t.Errorf("the socket was asked for with query %q and origin %q", r.URL.RawQuery, r.Header.Get("Origin"))
		}
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer ws.CloseNow()
		talk(r.Context(), ws)
	})
}

// browserOf opens a site with this global endpoint, without notifications, and with
// nothing else.
func browserOf(t *testing.T, global http.HandlerFunc) *Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc(globalPath, global)
	mux.HandleFunc("GET /api/forum/notifications", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`{"notifications":[],"unread_count":0,"total":0}`))
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "proxy error", http.StatusBadGateway)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c := New(server.URL)
	c.Pace = hurried
	t.Cleanup(c.Close)
	return c
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func open(t *testing.T, c *Client) *Global {
	t.Helper()
	g, err := c.OpenGlobal(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// closes serves a socket by closing it at once.
func closes(code websocket.StatusCode) func(context.Context, *websocket.Conn) {
	return func(_ context.Context, ws *websocket.Conn) { ws.Close(code, "") }
}

func TestTheGlobalSocketComesBackFiveTimes(t *testing.T) {
	for _, code := range []websocket.StatusCode{websocket.StatusNormalClosure, websocket.StatusGoingAway, websocket.StatusTryAgainLater} {
		g := open(t, browser(t, closes(code)))
		if end, err := g.End(soon(t)); err != nil || end.Code != int(code) || g.Opened() != 1+maxReconnects {
			t.Errorf("%d: %+v after %d sockets (%v)", code, end, g.Opened(), err)
		}
	}
}

func TestTheGlobalSocketTakesARefusalForFinal(t *testing.T) {
	g := open(t, browser(t, closes(websocket.StatusPolicyViolation)))
	if end, err := g.End(soon(t)); err != nil || end.Code != 1008 || g.Opened() != 1 {
		t.Errorf("%+v after %d sockets (%v)", end, g.Opened(), err)
	}
}

func TestAReconnectThatDoesNotOpenIsFinal(t *testing.T) {
	var asked atomic.Int64
	g := open(t, browserOf(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) > 1 {
			http.Error(w, "starting", http.StatusServiceUnavailable)
		} else if ws, err := websocket.Accept(w, r, nil); err == nil {
			ws.Close(websocket.StatusGoingAway, "")
		}
	}))
	if end, err := g.End(soon(t)); err != nil || end.Unopened == nil || g.Opened() != 1 || asked.Load() != 2 {
		t.Errorf("%+v after %d sockets (%v)", end, g.Opened(), err)
	}
}

func TestTheGlobalSocketPingsAndAnswersHeartbeats(t *testing.T) {
	said := make(chan string, 100)
	g := open(t, browser(t, func(ctx context.Context, ws *websocket.Conn) {
		ws.Write(ctx, websocket.MessageText, []byte(`{"type":"heartbeat"}`))
		for {
			_, text, err := ws.Read(ctx)
			if err != nil {
				return
			}
			select {
			case said <- string(text):
			default:
			}
			if strings.Contains(string(text), "ping") {
				ws.Write(ctx, websocket.MessageText, []byte(`{"type":"pong"}`))
			}
		}
	}))
	for _, want := range []string{"heartbeat_ack", "ping", "ping"} {
		for text := range said {
			if strings.Contains(text, want) {
				break
			}
		}
	}
	if g.Opened() != 1 {
		t.Errorf("%d sockets", g.Opened())
	}
}

func TestTheGlobalSocketGivesUpWithoutPong(t *testing.T) {
	c := browser(t, func(ctx context.Context, ws *websocket.Conn) {
		for {
			if _, _, err := ws.Read(ctx); err != nil {
				return
			}
		}
	})
	c.Pace.Pong = time.Millisecond
	if end, err := open(t, c).End(soon(t)); err != nil || end.Code != 1006 {
		t.Errorf("%+v (%v)", end, err)
	}
}

func TestTheBellComesBackWhateverTheCodeAndFetchesEachTime(t *testing.T) {
	var opened atomic.Int64
	b := browser(t, func(ctx context.Context, ws *websocket.Conn) {
		if opened.Add(1) < 10 {
			ws.Close(websocket.StatusPolicyViolation, "")
			return
		}
		ws.Write(ctx, websocket.MessageText, []byte(`{"type":"forum_notification","notification":{"id":1}}`))
		ws.Write(ctx, websocket.MessageText, []byte(`{"type":"new_notification","notification":{"id":2}}`))
		ws.Read(ctx)
	}).OpenBell()
	defer b.Close()
	n, err := b.AwaitNotification(soon(t))
	if err != nil || n.ID() != 2 || b.Fetched() != 10 {
		t.Errorf("%v after %d fetches (%v)", n, b.Fetched(), err)
	}
}

func TestAFrameThatIsNotJSONEndsTheScript(t *testing.T) {
	g := open(t, browser(t, func(ctx context.Context, ws *websocket.Conn) {
		ws.Write(ctx, websocket.MessageText, []byte(`{"type":"a"}{"type":"b"}`))
		ws.Read(ctx)
	}))
	if end, err := g.End(soon(t)); err != nil || end.Unreadable == nil {
		t.Errorf("%+v (%v)", end, err)
	}
}

func TestAnErrorThatIsNotJSONBreaksTheScript(t *testing.T) {
	c := browser(t, closes(websocket.StatusNormalClosure))
	_, err := c.Threads(soon(t))
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Detail != "" || !strings.Contains(err.Error(), "proxy error") {
		t.Errorf("got %v", err)
	}
}
