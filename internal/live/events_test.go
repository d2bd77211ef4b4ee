package live_test

import (
	"net/http"
	"testing"
	"time"

	"parley/internal/app"
	"parley/internal/live"
	"parley/realtime"
)

const globalEvents = "/api/forum/events/global"

func TestAnEventStreamIsRefusedWithAStatusBeforeItBegins(t *testing.T) {
	f := open(t, settings{})
	open, paid := f.workshop(), f.starts(app.NewThread{Title: "Plans", TierID: f.supporters})
	private := f.starts(app.NewThread{Title: "Staff", Private: true})
	thread := func(id int64) string { return eventsOf(threadPath(id)) }
	for name, tt := range map[string]struct {
		path   string
		header http.Header
		status int
	}{
		"without a cookie":                  {globalEvents, http.Header{}, 401},
		"without a cookie, thread":          {thread(open), http.Header{}, 401},
		"with other cookies only":           {globalEvents, http.Header{"Cookie": {"theme=dark"}}, 401},
		"with a session nobody has":         {globalEvents, cookie("nobody"), 401},
		"with a session nobody has, thread": {thread(open), cookie("nobody"), 401},
		"from a thread that is not there":   {thread(99), cookie(f.mina.token), 404},
		"from a thread without a number":    {"/api/forum/events/thread/workshop", cookie(f.mina.token), 404},
		"from a private thread":             {thread(private), cookie(f.mina.token), 404},
		"from a thread of a higher tier":    {thread(paid), cookie(f.finn.token), 403},
		"from a page of another origin":     {globalEvents, http.Header{"Cookie": cookie(f.mina.token)["Cookie"], "Origin": {"https://evil.example"}}, 403},
		"as a picture of another site":      {globalEvents, http.Header{"Cookie": cookie(f.mina.token)["Cookie"], "Sec-Fetch-Site": {"cross-site"}}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			res := f.asks(t, tt.path, tt.header)
			if res.StatusCode != tt.status {
				t.Fatalf("answered %s, want %d", res.Status, tt.status)
			}
			isProblem(t, res)
		})
	}
}

func TestAnEventStreamBeyondWhatMayBeOpenIsToldWhenToComeBack(t *testing.T) {
	f := open(t, settings{kind: eventStream, hub: realtime.Config{MaxPerUser: 1, MaxConnections: 2}})
	first := f.mina.opens(globalPath)
	asks := func(p *person, status int) {
		t.Helper()
		res := f.asks(t, globalEvents, cookie(p.token))
		if res.StatusCode != status || res.Header.Get("Retry-After") == "" {
			t.Fatalf("answered %s, Retry-After %q; want %d", res.Status, res.Header.Get("Retry-After"), status)
		}
		isProblem(t, res)
	}
	asks(f.mina, http.StatusTooManyRequests)
	f.finn.opens(globalPath)
	asks(f.tomas, http.StatusServiceUnavailable)
	first.leaves()
	f.await("the connection has ended", func() bool { return f.hub.Stats().Connections == 1 })
	f.mina.opens(globalPath)
}

func TestAnEventStreamWhileTheDatabaseIsAwayIsToldToComeBack(t *testing.T) {
	f := open(t, settings{live: live.Config{Limits: live.Limits{Admit: time.Nanosecond}}})
	for _, path := range []string{globalEvents, eventsOf(threadPath(1))} {
		res := f.asks(t, path, cookie(f.mina.token))
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
			t.Errorf("answered %s", res.Status)
		}
		isProblem(t, res)
	}
}

func TestRepeatedRefusalsOfEventStreamsTouchNoDatabase(t *testing.T) {
	f := open(t, settings{kind: eventStream})
	stale := func() int { return f.asks(t, globalEvents, cookie("stale")).StatusCode }
	before := stale()
	f.mina.signInWith("stale")
	if after := stale(); before != http.StatusUnauthorized || after != before {
		t.Errorf("answered %d, then %d", before, after)
	}
}

func TestABrowserThatComesBackGoesOnWhereItWas(t *testing.T) {
	f := open(t, settings{kind: eventStream})
	thread := f.workshop()
	page := threadPath(thread) + "?last_event_id=" + f.store.Generation() + ".t1:1"
	s := f.mina.knocks(page)
	s.expect("connected")
	f.ada.posts(thread, "one")
	s.expect("new_message")
	last := s.events.last
	s.drops()
	missed := f.ada.posts(thread, "two")

	header := cookie(f.mina.token)
	header.Set("Last-Event-ID", last) // the address is still the page's
	s = f.dial(page, header)
	if greeting := s.expect("connected"); greeting["recovered"] != true || greeting.text("event_id") != last {
		t.Errorf("greeted with %v after %s", greeting, last)
	}
	if got := s.expect("new_message").object("message").number("id"); got != missed {
		t.Errorf("got message %d, want %d", got, missed)
	}
	s.settled()
}

// TestABrowserWhoseSessionEndedStopsAsking does what EventSource does: when the
// stream ends it asks again, and takes any status but 200 as final.
func TestABrowserWhoseSessionEndedStopsAsking(t *testing.T) {
	f := open(t, settings{kind: eventStream})
	s := f.finn.opens(globalPath)
	must(f, f.app.Logout(t.Context(), f.finn.principal(f.finn.token)))
	s.endsWith(1008, "Session ended")
	if res := f.asks(t, globalEvents, cookie(f.finn.token)); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("answered %s", res.Status)
	}
}

func TestPagesOfConfiguredOriginsMayReadEventStreams(t *testing.T) {
	f := open(t, settings{live: live.Config{AllowOrigin: func(origin string) bool { return origin == "https://community.example" }}})
	header := cookie(f.mina.token)
	header.Set("Origin", "https://community.example")
	res := f.asks(t, globalEvents, header)
	if res.StatusCode != http.StatusOK || res.Header.Get("Access-Control-Allow-Origin") != "https://community.example" ||
		res.Header.Get("Access-Control-Allow-Credentials") != "true" || res.Header.Get("Vary") != "Origin" {
		t.Errorf("answered %s, %v", res.Status, res.Header)
	}
}

func TestEventStreamsAreAskedForWithGET(t *testing.T) {
	f := open(t, settings{})
	r, err := http.NewRequestWithContext(f.within(), http.MethodHead, f.url+globalEvents, nil)
	must(f, err)
	r.Header = cookie(f.mina.token)
	res, err := http.DefaultTransport.RoundTrip(r)
	must(f, err)
	res.Body.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != http.MethodGet {
		t.Errorf("answered %s, Allow %q", res.Status, res.Header.Get("Allow"))
	}
}

func TestEventStreamsEndForAServerThatStops(t *testing.T) {
	f := open(t, settings{kind: eventStream})
	s := f.mina.opens(globalPath)
	f.live.EndStreams()
	s.endsWith(1001, "Server is going away")
	f.mina.knocks(globalPath).endsWith(1001, "Server is going away")
	f.kind = webSocket
	f.mina.opens(globalPath).settled()
}

func TestEventStreamsAreCountedLikeSockets(t *testing.T) {
	counted := make(tally, 100)
	f := open(t, settings{kind: eventStream, live: live.Config{Metrics: counted}})
	thread := f.workshop()
	s := f.mina.knocks(threadPath(thread))
	s.expect("connected")
	counted.counts(f, "opened forum_threads, resuming false, recovered false")
	last := s.events.last
	s.leaves()
	counted.counts(f, "closed forum_threads, resuming false, 1006 Connection lost")
	header := cookie(f.mina.token)
	header.Set("Last-Event-ID", last)
	f.dial(threadPath(thread), header).expect("connected")
	counted.counts(f, "opened forum_threads, resuming true, recovered true")

	f.asks(t, globalEvents, http.Header{"Origin": {"https://evil.example"}})
	f.asks(t, globalEvents, http.Header{})
	f.asks(t, eventsOf(threadPath(99)), cookie(f.mina.token))
	counted.counts(f, "refused Origin", "refused No authentication", "refused Thread not found")
	f.stop()
	counted.counts(f, "closed forum_threads, resuming true, 1001 Server is going away")
}
