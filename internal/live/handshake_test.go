package live_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/app"
	"parley/internal/live"
	"parley/realtime"
)

func TestAThreadSocketBeginsWithWhereItStands(t *testing.T) {
	f := open(t, settings{})
	thread := f.workshop()
	got := f.mina.knocks(threadPath(thread)).next()
	want := frame{
		"type": "connected", "thread_id": float64(thread), "message": "Connected to thread 1 live updates",
		"user_id": float64(f.mina.id), "recovered": false, "event_id": f.store.Generation() + ".t1:1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheGlobalSocketBeginsWithWhereItStandsAndTheUnreadCount(t *testing.T) {
	f := open(t, settings{})
	f.workshop()
	s := f.mina.knocks(globalPath)
	got, count := s.next(), s.next()

	public := f.mina.principal(f.mina.token).Session.PublicID
	want := frame{
		"type": "connected", "message": "Connected to global forum updates", "user_id": float64(f.mina.id),
		"session_id": public[:8] + "...", "recovered": false, "event_id": f.store.Generation() + ".f:1.u3:0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if count.kind() != "forum_notification_count" || count.number("count") != 0 || count["count_version"] == nil {
		t.Errorf("second frame: %v", count)
	}
	if strings.Contains(got.text("session_id"), f.mina.token[:8]) {
		t.Error("the session id shows the cookie's secret")
	}
}

func TestASocketIsRefusedWithCodeAndReasonAfterTheUpgrade(t *testing.T) {
	f := open(t, settings{})
	open, paid := f.workshop(), f.starts(app.NewThread{Title: "Plans", TierID: f.supporters})
	private := f.starts(app.NewThread{Title: "Staff", Private: true})
	for name, tt := range map[string]struct {
		path   string
		header http.Header
		reason string
	}{
		"without a cookie":                  {globalPath, nil, "No authentication"},
		"without a cookie, thread":          {threadPath(open), nil, "No authentication"},
		"with other cookies only":           {globalPath, http.Header{"Cookie": {"theme=dark"}}, "No session ID"},
		"with an empty session":             {globalPath, cookie(""), "No session ID"},
		"with a session nobody has":         {globalPath, cookie("nobody"), "Invalid session"},
		"with a session nobody has, thread": {threadPath(open), cookie("nobody"), "Invalid session"},
		"from a thread that is not there":   {threadPath(99), cookie(f.mina.token), "Thread not found"},
		"from a thread without a number":    {"/api/forum/ws/thread/workshop", cookie(f.mina.token), "Thread not found"},
		"from thread 0":                     {threadPath(0), cookie(f.mina.token), "Thread not found"},
		"from thread -1":                    {threadPath(-1), cookie(f.mina.token), "Thread not found"},
		"from a private thread":             {threadPath(private), cookie(f.mina.token), "Thread not found"},
		"from a thread of a higher tier":    {threadPath(paid), cookie(f.finn.token), "Access denied"},
	} {
		t.Run(name, func(t *testing.T) {
			s := f.dial(tt.path, tt.header)
			s.t = t
			s.endsWith(1008, tt.reason)
		})
	}
}

func TestThoseWithAccessAreAdmitted(t *testing.T) {
	f := open(t, settings{})
	paid := f.starts(app.NewThread{Title: "Plans", TierID: f.supporters})
	private := f.starts(app.NewThread{Title: "Staff", Private: true})
	for _, p := range []*person{f.ada, f.tomas} {
		p.watches(private)
		p.watches(paid)
	}
	f.mina.watches(paid)
}

func TestOnlyPagesOfThisHostAndConfiguredOriginsOpenSockets(t *testing.T) {
	f := open(t, settings{live: live.Config{AllowOrigin: func(origin string) bool { return origin == "https://community.example" }}})
	for origin, status := range map[string]int{
		f.url:                           http.StatusSwitchingProtocols,
		strings.ToUpper(f.url):          http.StatusSwitchingProtocols,
		"https://community.example":     http.StatusSwitchingProtocols,
		"https://evil.example":          http.StatusForbidden,
		"http://evil.example/?" + f.url: http.StatusForbidden,
		f.url + ".evil.example":         http.StatusForbidden,
		"null":                          http.StatusForbidden,
		"":                              http.StatusForbidden,
	} {
		t.Run(origin, func(t *testing.T) {
			res := f.asks(t, globalPath, handshake(http.Header{"Origin": {origin}, "Cookie": {"session_id=" + f.mina.token}}))
			if res.StatusCode != status {
				t.Fatalf("answered %s, want %d", res.Status, status)
			}
			if status == http.StatusForbidden {
				isProblem(t, res)
			}
		})
	}
}

func TestWhatIsNoWebSocketHandshakeIsAnsweredWithAProblem(t *testing.T) {
	f := open(t, settings{})
	for name, tt := range map[string]struct {
		change http.Header
		status int
	}{
		"an ordinary request": {http.Header{"Upgrade": nil, "Connection": nil, "Sec-Websocket-Version": nil, "Sec-Websocket-Key": nil}, http.StatusUpgradeRequired},
		"another protocol":    {http.Header{"Upgrade": {"h2c"}}, http.StatusUpgradeRequired},
		"no upgrade":          {http.Header{"Connection": {"keep-alive"}}, http.StatusUpgradeRequired},
		"another version":     {http.Header{"Sec-Websocket-Version": {"8"}}, http.StatusUpgradeRequired},
		"no key":              {http.Header{"Sec-Websocket-Key": nil}, http.StatusBadRequest},
		"a short key":         {http.Header{"Sec-Websocket-Key": {"c2hvcnQ="}}, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			res := f.asks(t, globalPath, handshake(tt.change))
			if res.StatusCode != tt.status {
				t.Fatalf("answered %s, want %d", res.Status, tt.status)
			}
			isProblem(t, res)
			if res.StatusCode == http.StatusUpgradeRequired && res.Header.Get("Sec-WebSocket-Version") != "13" {
				t.Error("the answer does not say which version is spoken")
			}
		})
	}
}

// handshake is a good one with some headers replaced, or left out.
func handshake(change http.Header) http.Header {
	h := http.Header{
		"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
	}
	for name, values := range change {
		if h[name] = values; values == nil {
			delete(h, name)
		}
	}
	return h
}

// asks sends a request that may be a handshake.
func (f *forum) asks(t *testing.T, path string, header http.Header) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(f.within(), http.MethodGet, f.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	res, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func isProblem(t *testing.T, res *http.Response) {
	t.Helper()
	var p struct {
		Status int
		Title  string
		Detail string
	}
	if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	sentence := regexp.MustCompile(`^[A-Z].*\.$`)
	if res.Header.Get("Content-Type") != "application/problem+json" || p.Status != res.StatusCode || p.Title == "" || !sentence.MatchString(p.Detail) {
		t.Errorf("no problem a person can read: %q %+v", res.Header.Get("Content-Type"), p)
	}
}

func TestOneSocketMoreThanAUserMayHaveIsRefused(t *testing.T) {
	f := open(t, settings{hub: realtime.Config{MaxPerUser: 2}})
	thread := f.workshop()
	first := f.mina.opens(globalPath)
	f.mina.watches(thread)
	f.mina.knocks(globalPath).endsWith(1008, "Too many connections")
	f.finn.opens(globalPath)

	first.leaves()
	f.mina.opens(globalPath)
}

func TestOneSocketMoreThanTheServerHoldsIsToldToComeBack(t *testing.T) {
	f := open(t, settings{hub: realtime.Config{MaxConnections: 1}})
	f.mina.opens(globalPath)
	f.finn.knocks(globalPath).endsWith(1013, "Over capacity")
}

func TestADatabaseThatDoesNotAnswerInTimeAsksToComeBack(t *testing.T) {
	f := open(t, settings{live: live.Config{Limits: live.Limits{Admit: time.Nanosecond}}})
	f.mina.knocks(globalPath).endsWith(1013, "Temporarily unavailable")
}

// What is refused without asking the database is refused although the database
// would say otherwise by now.
func TestRepeatedRefusalsTouchNoDatabase(t *testing.T) {
	f := open(t, settings{})
	paid := f.starts(app.NewThread{Title: "Plans", TierID: f.supporters})
	f.dial(globalPath, cookie("stale")).endsWith(1008, "Invalid session")
	for range 3 {
		f.finn.knocks(threadPath(paid)).endsWith(1008, "Access denied")
	}

	f.mina.signInWith("stale")
	f.dial(globalPath, cookie("stale")).endsWith(1008, "Invalid session")
	f.finn.pays(500)
	f.finn.knocks(threadPath(paid)).endsWith(1008, "Access denied")
}

func TestWhoSignsInIsAdmittedHoweverOftenTheirOldCookieWasRefused(t *testing.T) {
	f := open(t, settings{})
	for range 5 {
		f.dial(globalPath, cookie("stale")).endsWith(1008, "Invalid session")
	}
	f.mina.opens(globalPath)
}

func TestWhoGainsAccessIsAdmittedAtOnce(t *testing.T) {
	f := open(t, settings{})
	paid := f.starts(app.NewThread{Title: "Plans", TierID: f.supporters})
	f.finn.knocks(threadPath(paid)).endsWith(1008, "Access denied")
	f.finn.pays(500)
	f.finn.watches(paid)
}

func TestAFullServerRefusesWithoutAskingTheDatabase(t *testing.T) {
	f := open(t, settings{live: live.Config{Limits: live.Limits{Sockets: 1}}})
	f.mina.opens(globalPath)
	f.store.Close()
	f.finn.knocks(globalPath).endsWith(1013, "Over capacity")
	if res := f.asks(t, globalEvents, cookie(f.finn.token)); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("an event stream is answered %s", res.Status)
	}
}
