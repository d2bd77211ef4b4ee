package realtime

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// asks sends a request to a server whose event streams join like this, and returns the answer.
func asks(t *testing.T, join func(*Conn)) (*http.Response, *eventReader) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var refused Refused
		if err := Events(w, r, EventsConfig{}, join); errors.As(err, &refused) {
			http.Error(w, refused.Reason, http.StatusForbidden)
		} else if err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response, newEventReader(response.Body)
}

func TestAnEventStreamIsWhatBrowsersAndProxiesExpect(t *testing.T) {
	opened := make(chan struct{}) // one that is closed before that has another answer
	response, messages := asks(t, func(c *Conn) {
		c.Send(Message{Frame: []byte("{\"a\":\n1}")})
		c.Send(Message{Frame: []byte("{\r\n\"b\":\r2}\n")})
		go func() {
			<-opened
			c.Close(CloseReason{1000, `"bye"`, false})
		}()
	})
	close(opened)
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if response.StatusCode != http.StatusOK || !response.Close {
		t.Errorf("answered %s, and may be reused: %t", response.Status, !response.Close)
	}
	for _, want := range []eventMessage{{data: "{\"a\":\n1}"}, {data: "{\n\"b\":\n2}\n"}, {event: "close", data: `{"code":1000,"reason":"\"bye\""}`}} {
		if got, err := messages.next(); err != nil || got != want {
			t.Errorf("got %q %v, want %q", got, err, want)
		}
	}
	if _, err := messages.next(); err != io.EOF {
		t.Errorf("ended with %v", err)
	}
	if wait, err := time.ParseDuration(messages.retry + "ms"); err != nil || wait < time.Second || wait > 3*time.Second {
		t.Errorf("told to come back after %q ms", messages.retry)
	}
}

func TestAnEventStreamThatIsClosedBeforeAnythingWasSentIsAnsweredByTheCaller(t *testing.T) {
	response, _ := asks(t, func(c *Conn) {
		c.Send(Message{Frame: []byte(`"secret"`)})
		c.Close(accessDenied)
	})
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusForbidden || strings.TrimSpace(string(text)) != accessDenied.Reason || response.Close {
		t.Errorf("answered %s %q, %v", response.Status, text, response.Header)
	}
}

func TestAnEventStreamThatJoinsNoHubOpensAtOnce(t *testing.T) {
	done := make(chan struct{})
	response, messages := asks(t, func(c *Conn) {
		go func() { <-done; c.Close(CloseGoingAway) }()
	})
	if response.StatusCode != http.StatusOK {
		t.Errorf("answered %s", response.Status)
	}
	close(done)
	if m, err := messages.next(); err != nil || m.event != "close" {
		t.Errorf("got %q %v", m, err)
	}
}

func TestAGreetingGivesTheClientSomethingToComeBackWith(t *testing.T) {
	for name, greeting := range map[string][]Message{"none": nil, "one": {{Frame: []byte(`"hello"`)}}, "two": {{Frame: []byte(`"hello"`)}, {Frame: []byte(`"you"`)}}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{t: t, log: &probeLog{MemoryLog: NewMemoryLog("g")}}
				w.hub = New(Config{Log: w.log})
				w.commit("t5", "before")
				client, _ := dialEvents(t)(UpgradeConfig{}, func(c *Conn) {
					err := w.hub.Join(t.Context(), c, JoinRequest{
						Admit: func(context.Context) (Admission, error) { return w.admission(tomas), nil },
						Greet: func(Greeting) []Message { return greeting },
					})
					if err != nil {
						t.Error(err)
					}
					c.Close(CloseGoingAway)
				})
				messages := client.(*eventClient).open()
				for i := range greeting {
					m, err := messages.next()
					if err != nil || (m.id == "g.t5:1") != (i == 0) {
						t.Errorf("message %d: %q %v", i, m, err)
					}
				}
				if m, err := messages.next(); err != nil || m.event != "close" || messages.last != "g.t5:1" {
					t.Errorf("ended with %q %v at %q", m, err, messages.last)
				}
				synctest.Wait()
			})
		})
	}
}

func TestASilentEventStreamIsKeptAlive(t *testing.T) {
	beats := func(c *Config) { c.HeartbeatFrame = func(time.Time) []byte { return []byte(`"beat"`) } }
	inWorld(t, beats, func(w *world) {
		if !w.speechless {
			return
		}
		p := w.join(tomas)
		p.heard()
		time.Sleep(20 * time.Minute)
		if beats := len(p.heard()); beats < 36 || beats > 40 {
			t.Errorf("%d beats in 20 minutes", beats)
		}
		w.post("t5", "busy")
		p.heard()
		for range 20 { // what else is sent shows as well that it is there
			time.Sleep(20 * time.Second)
			w.post("t5", "busy")
			if got := p.heard(); len(got) != 1 {
				t.Errorf("heard %q", got)
			}
		}
		p.vanish()
	})
}

func TestAPanicOfWhoeverJoinsEndsTheEventStream(t *testing.T) {
	ended := make(chan CloseReason, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != "fire" {
				t.Error("the panic was swallowed")
			}
			panic(http.ErrAbortHandler)
		}()
		_ = Events(w, r, EventsConfig{OnClose: func(_ *Conn, reason CloseReason) { ended <- reason }}, func(*Conn) { panic("fire") })
	}))
	defer server.Close()
	if response, err := http.Get(server.URL); err == nil {
		t.Errorf("answered %s", response.Status)
		response.Body.Close()
	}
	if reason := <-ended; reason != CloseLost {
		t.Errorf("ended with %v", reason)
	}
}

func TestAnEventStreamNeedsDeadlines(t *testing.T) {
	err := Events(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), EventsConfig{}, func(*Conn) { t.Error("joined") })
	if !errors.Is(err, http.ErrNotSupported) {
		t.Errorf("got %v", err)
	}
}
