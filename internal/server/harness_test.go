package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley"
	"parley/internal/app"
	"parley/internal/config"
	"parley/internal/metrics"
	"parley/internal/server"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal is a log that a test reads while the server writes it.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// running is a server that runs.
type running struct {
	*server.Server
	t      *testing.T
	app    *app.App
	url    string
	admin  string
	log    *journal
	client *http.Client
	stop   func() error // asks the server to end and returns what Run did
	quit   func() error // the same, from a terminal
}

func settings() config.Serve {
	return config.Serve{CookieName: "session_id", MaxSocketsPerUser: 20, PostsPerMinute: 30}
}

// run starts a server with Mina as a member.
func run(t *testing.T, s config.Serve) *running {
	t.Helper()
	return runOn(t, storetest.NewSQLite(t), s)
}

// runReplicas starts several servers of one forum.
func runReplicas(t *testing.T, n int, s config.Serve) (replicas []*running) {
	t.Helper()
	db := storetest.NewSQLite(t)
	for range n {
		replicas = append(replicas, runOn(t, db, s))
	}
	return replicas
}

// runOn starts a server on a database, where Mina becomes a member if she is none.
func runOn(t *testing.T, path string, s config.Serve) *running {
	t.Helper()
	j := &journal{}
	level := new(slog.LevelVar)
	level.Set(slog.LevelDebug)
	logger := server.NewLogger(j, "json", level)
	counts := metrics.New()
	db, err := store.Open(t.Context(), path, store.Options{Logger: logger, Observe: counts.Query})
	if err != nil {
		t.Fatal(err)
	}
	a := app.New(db, app.Options{Logger: logger, Committed: counts.Committed})
	mina := app.NewUser{NewAccount: app.NewAccount{Username: "Mina", Password: password}, Role: parley.RoleMember}
	if _, err := a.AddUser(t.Context(), mina); err != nil && parley.KindOf(err) != parley.Conflict {
		t.Fatal(err)
	}
	r := &running{t: t, app: a, log: j, client: &http.Client{Transport: &http.Transport{}}}
	if r.Server, err = server.New(a, s, counts, "test", logger); err != nil {
		t.Fatal(err)
	}
	main, admin := listen(t), listen(t)
	r.url, r.admin = "http://"+main.Addr().String(), "http://"+admin.Addr().String()
	ctx, cancel := context.WithCancelCause(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, main, admin) }()
	r.stop = sync.OnceValue(func() error { cancel(nil); return <-ended })
	r.quit = func() error { cancel(server.ErrAtKeyboard); return r.stop() }
	t.Cleanup(func() {
		if err := errors.Join(r.stop(), db.Close()); err != nil {
			t.Error(err)
		}
		r.client.CloseIdleConnections()
	})
	r.awaitReady()
	return r
}

const password = "correct horse battery"

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := server.Listen("addr", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// do sends a request with headers given as name, value, name, value.
func (r *running) do(method, path, body string, headers ...string) (*http.Response, string) {
	r.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = r.url + path
	}
	request, err := http.NewRequestWithContext(r.t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := r.client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response, string(text)
}

func (r *running) awaitReady() {
	r.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		if response, text := r.do("GET", "/readyz", ""); response.StatusCode == http.StatusOK {
			return
		} else if time.Now().After(deadline) {
			r.t.Fatalf("not ready: %s", text)
		}
	}
}

// login returns Mina's cookie.
func (r *running) login(headers ...string) *http.Cookie {
	r.t.Helper()
	response, text := r.do("POST", "/api/auth/login", `{"username":"Mina","password":"`+password+`"}`, headers...)
	if response.StatusCode != http.StatusOK || len(response.Cookies()) != 1 {
		r.t.Fatalf("login: %s %s", response.Status, text)
	}
	return response.Cookies()[0]
}

func wantProblem(t *testing.T, response *http.Response, text string, status int, detail string) {
	t.Helper()
	var problem struct{ Detail string }
	err := json.Unmarshal([]byte(text), &problem)
	if err != nil || response.StatusCode != status || response.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(problem.Detail, detail) {
		t.Errorf("got %s, %s %q; want a problem %d with %q", response.Status, response.Header.Get("Content-Type"), text, status, detail)
	}
}
