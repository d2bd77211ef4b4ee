package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/internal/config"
	"parley/internal/server"
)

func TestProbesTellOfEachPart(t *testing.T) {
	r := run(t, settings())
	for _, base := range []string{r.url, r.admin} {
		if response, text := r.do("GET", base+"/healthz", ""); response.StatusCode != http.StatusOK || text != `{"status":"ok"}`+"\n" {
			t.Errorf("healthz: %s %s", response.Status, text)
		}
		if response, text := r.do("GET", base+"/readyz", ""); response.StatusCode != http.StatusOK ||
			text != `{"status":"ok","parts":{"database":"ok","log_follower":"ok"}}`+"\n" {
			t.Errorf("readyz: %s %s", response.Status, text)
		}
	}
	if response, _ := r.do("GET", r.admin+"/debug/pprof/", ""); response.StatusCode != http.StatusOK {
		t.Errorf("profiles on the admin address: %s", response.Status)
	}
	if response, _ := r.do("GET", "/debug/pprof/", ""); response.StatusCode != http.StatusNotFound {
		t.Errorf("profiles where everybody is: %s", response.Status)
	}
}

func TestPagesOfOthersMayNotActForThePersonSignedIn(t *testing.T) {
	s := settings()
	s.Origins = []config.Origin{"https://ada.example"}
	r := run(t, s)
	body := `{"username":"Mina","password":"` + password + `"}`
	for _, tc := range []struct {
		name    string
		headers []string
		refused bool
	}{
		{"no page", nil, false},
		{"this host's page", []string{"Origin", r.url}, false},
		{"a configured origin's page", []string{"Origin", "https://ada.example", "Sec-Fetch-Site", "cross-site"}, false},
		{"another site's page", []string{"Origin", "https://evil.example"}, true},
		{"another site's page in a browser", []string{"Sec-Fetch-Site", "cross-site"}, true},
		{"a program with a key, from anywhere", []string{"Origin", "https://evil.example", "Authorization", "Bearer parley_x"}, false},
		{"another site's page behind a proxy with passwords", []string{"Origin", "https://evil.example", "Authorization", "Basic eA=="}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			response, text := r.do("POST", "/api/auth/login", body, tc.headers...)
			if tc.refused {
				wantProblem(t, response, text, http.StatusForbidden, "a page of another site")
			} else if response.StatusCode != http.StatusOK {
				t.Errorf("refused: %s %s", response.Status, text)
			}
		})
	}
}

func TestTheConfigurationChangesWhileTheServerRuns(t *testing.T) {
	r := run(t, settings())
	ada := []string{"Origin", "https://ada.example"}
	body := `{"username":"Mina","password":"` + password + `"}`
	if response, _ := r.do("POST", "/api/auth/login", body, ada...); response.StatusCode != http.StatusForbidden {
		t.Errorf("before: %s", response.Status)
	}
	next := settings()
	next.Origins, next.CookieName = []config.Origin{"https://ada.example"}, "other"
	if err := r.Reload(next); err != nil {
		t.Fatal(err)
	}
	if response, _ := r.do("POST", "/api/auth/login", body, ada...); response.StatusCode != http.StatusOK {
		t.Errorf("after: %s", response.Status)
	}
	if !strings.Contains(r.log.String(), `"settings":["cookie-name"]`) {
		t.Errorf("the log does not say what needs a restart:\n%s", r.log)
	}
}

func TestOnlyTrustedProxiesSayWhoAsks(t *testing.T) {
	for _, tc := range []struct {
		name, trusted, forwarded, proto, want string
		secure                                bool
	}{
		{"nobody is trusted", "", "203.0.113.9", "https", "127.0.0.1", false},
		{"the proxy is", "127.0.0.0/8", "203.0.113.9", "https", "203.0.113.9", true},
		{"the proxy, without a client", "127.0.0.0/8", "", "http", "127.0.0.1", false},
		{"made up by the client", "127.0.0.0/8", "192.0.2.66, 203.0.113.9", "https", "203.0.113.9", true},
		{"two proxies", "127.0.0.0/8,10.0.0.0/8", "192.0.2.66, 203.0.113.9, 10.1.2.3", "https", "203.0.113.9", true},
		{"with a port", "127.0.0.0/8", "[2001:db8::1]:4711", "https", "2001:db8::1", true},
		{"nonsense", "127.0.0.0/8", "203.0.113.9, <script>", "https", "127.0.0.1", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := settings()
			for _, network := range strings.FieldsFunc(tc.trusted, func(r rune) bool { return r == ',' }) {
				s.TrustedProxies = append(s.TrustedProxies, netip.MustParsePrefix(network))
			}
			r := run(t, s)
			cookie := r.login("X-Forwarded-For", tc.forwarded, "X-Forwarded-Proto", tc.proto)
			if cookie.Secure != tc.secure {
				t.Errorf("the cookie is for HTTPS alone: %v, want %v", cookie.Secure, tc.secure)
			}
			_, text := r.do("GET", "/api/auth/sessions", "", "Cookie", cookie.Name+"="+cookie.Value)
			if !strings.Contains(text, `"address":"`+tc.want+`"`) {
				t.Errorf("the session is of %s, want %s", text, tc.want)
			}
		})
	}
}

func TestTheLogHasOneLineARequestAndNoSecret(t *testing.T) {
	r := run(t, settings())
	cookie := r.login()
	headers := []string{"Cookie", cookie.Name + "=" + cookie.Value, "X-Request-Id", "forged"}
	r.do("GET", "/api/forum/users/search?q=secretquery", "", headers...)
	r.do("POST", "/api/forum/threads/1/messages", `{"content":"secrettext"}`, headers...)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	log := r.log.String()
	for _, secret := range []string{password, cookie.Value, "secretquery", "secrettext", "forged"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log shows %q", secret)
		}
	}
	if n := strings.Count(log, `"path":"/api/forum/users/search","status":200`); n != 1 {
		t.Errorf("%d lines about one request:\n%s", n, log)
	}
}

func TestARequestIDIsATrustedProxysOrOurs(t *testing.T) {
	s := settings()
	s.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	r := run(t, s)
	for given, kept := range map[string]bool{"edge-1.abc_DEF": true, "two words": false, strings.Repeat("x", 65): false, "": false} {
		response, _ := r.do("GET", "/api/auth/options", "", "X-Request-Id", given)
		if got := response.Header.Get("X-Request-Id"); got == "" || (got == given) != kept {
			t.Errorf("request id %q for %q", got, given)
		}
	}
}

func TestAnswersAreZippedButNotWhatStandsBesideSecrets(t *testing.T) {
	r := run(t, settings())
	for path, want := range map[string]string{"/openapi.json": "gzip", "/api/auth/options": ""} {
		response, _ := r.do("GET", path, "", "Accept-Encoding", "gzip")
		if got := response.Header.Get("Content-Encoding"); response.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s: %s, encoded as %q, want %q", path, response.Status, got, want)
		}
	}
}

func TestWhatBrowsersMayDoWithAnswersIsSaidEverywhere(t *testing.T) {
	r := run(t, settings())
	for _, path := range []string{"/forum", "/api/auth/options", "/api/nothing", "/nothing", "/healthz"} {
		response, _ := r.do("GET", path, "")
		if !strings.Contains(response.Header.Get("Content-Security-Policy"), "default-src 'none'") || response.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, response.Header)
		}
	}
	response, text := r.do("GET", "/api/nothing", "")
	wantProblem(t, response, text, http.StatusNotFound, "nothing at this address")
}

func TestStoppingFinishesRequestsAndClosesSocketsGently(t *testing.T) {
	r := run(t, settings())
	ctx, socket := r.socket()
	ended := make(chan error, 1)
	go func() {
		var err error
		for err == nil {
			_, _, err = socket.Read(ctx)
		}
		ended <- err
	}()
	finish := r.beginLogin()
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	awaitRefusal(t, strings.TrimPrefix(r.url, "http://"))
	if status := finish(); status != "200 OK" {
		t.Errorf("the request under way: %s", status)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stopping: %v", err)
	}
	if err := <-ended; websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the socket ended with %v, want 1001", err)
	}
}

func TestEventStreamsComeAsTheyAreWrittenAndDoNotHoldUpStopping(t *testing.T) {
	r := run(t, settings())
	cookie := r.login()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/api/forum/events/global", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Cookie", cookie.Name+"="+cookie.Value)
	request.Header.Set("Accept-Encoding", "gzip")
	response, err := r.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.Header.Get("Content-Type") != "text/event-stream" || response.Header.Get("Content-Encoding") != "" {
		t.Fatalf("answered %s, %v", response.Status, response.Header)
	}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() && !strings.Contains(lines.Text(), `"type":"forum_notification_count"`) { // the end of the greeting
	}
	r.shows(map[string]float64{
		`parley_connections{client="field",stream="forum_global"}`:  1,
		`parley_connection_opens_total{stream="forum_global"}`:      1,
		`parley_connections{client="field",stream="forum_threads"}`: 0,
	})
	if err := r.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	var rest []string
	for lines.Scan() {
		rest = append(rest, lines.Text())
	}
	if text := strings.Join(rest, "\n"); lines.Err() != nil || !strings.Contains(text, "event: close\ndata: {\"code\":1001") {
		t.Errorf("ended with %v after %q", lines.Err(), text)
	}
	if log := r.log.String(); !strings.Contains(log, `"path":"/api/forum/events/global","status":200`) {
		t.Errorf("the log does not tell of the stream:\n%s", log)
	}
}

// socket opens Mina's global socket for as long as a test may wait.
func (r *running) socket() (context.Context, *websocket.Conn) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	r.t.Cleanup(cancel)
	cookie := r.login()
	ws, _, err := websocket.Dial(ctx, r.url+"/api/forum/ws/global", &websocket.DialOptions{
		HTTPHeader: http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { ws.CloseNow() })
	awaitFrame(r.t, ctx, ws, "connected")
	return ctx, ws
}

func awaitFrame(t *testing.T, ctx context.Context, ws *websocket.Conn, kind string) {
	t.Helper()
	for text := ""; !strings.Contains(text, `"type":"`+kind+`"`); {
		_, frame, err := ws.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		text = string(frame)
	}
}

func TestAServerThatIsAboutToStopAnswersAndSaysSo(t *testing.T) {
	s := settings()
	s.Drain = time.Hour
	r := run(t, s)
	ctx, ws := r.socket()
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	awaitFrame(t, ctx, ws, "reconnect")
	for _, base := range []string{r.url, r.admin} {
		if response, text := r.do("GET", base+"/readyz", ""); response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, `"server":"stopping"`) {
			t.Errorf("readyz: %s %s", response.Status, text)
		}
	}
	if response, _ := r.do("GET", "/healthz", ""); response.StatusCode != http.StatusOK {
		t.Errorf("healthz: %s", response.Status)
	}
	r.login()
	ws.CloseNow() // the last one: nothing to wait for any more
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestWhoStopsTheServerFromATerminalDoesNotWaitForTheSockets(t *testing.T) {
	s := settings()
	s.Drain = time.Hour // longer than tests may take
	r := run(t, s)
	ctx, ws := r.socket()
	stopped := make(chan error, 1)
	go func() { stopped <- r.quit() }()
	awaitFrame(t, ctx, ws, "reconnect")
	var err error
	for err == nil {
		_, _, err = ws.Read(ctx)
	}
	if websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the socket ended with %v, want 1001", err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// beginLogin sends a request up to its body, which the server waits for when this
// returns; finish sends the rest and returns the answer's status.
func (r *running) beginLogin() (finish func() string) {
	r.t.Helper()
	body := `{"username":"Mina","password":"` + password + `"}`
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(conn, "POST /api/auth/login HTTP/1.1\r\nHost: parley\r\nContent-Type: application/json\r\n"+
		"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body))
	answers := bufio.NewReader(conn)
	if _, err := answers.ReadString('\n'); err != nil { // 100 Continue
		r.t.Fatal(err)
	}
	if _, err := answers.ReadString('\n'); err != nil { // and its end
		r.t.Fatal(err)
	}
	return func() string {
		io.WriteString(conn, body)
		response, err := http.ReadResponse(answers, nil)
		if err != nil {
			return err.Error()
		}
		response.Body.Close()
		return response.Status
	}
}

// awaitRefusal waits until nobody listens at an address.
func awaitRefusal(t *testing.T, address string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("the server still accepts connections")
		}
	}
}

func TestAnAddressInUseIsSaidWithTheFlagThatNamesIt(t *testing.T) {
	taken := listen(t)
	defer taken.Close()
	_, err := server.Listen("admin-addr", taken.Addr().String())
	if err == nil || !strings.Contains(err.Error(), "is in use by another process") || !strings.Contains(err.Error(), "--admin-addr") {
		t.Errorf("got %v", err)
	}
	if _, err := server.Listen("addr", "nonsense"); err == nil || !strings.Contains(err.Error(), "--addr nonsense") {
		t.Errorf("got %v", err)
	}
}
