package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley"
	"parley/internal/api"
	"parley/internal/app"
	"parley/internal/auth"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// forum is a small community behind its API, on a database of its own: Ada
// created it, Tomas is of the team, Mina pays five dollars, Finn nothing.
type forum struct {
	t     *testing.T
	store *store.Store
	app   *app.App
	api   *api.API
	mux   *http.ServeMux
	url   string

	client http.RoundTripper // follows no redirects

	ada, tomas, mina, finn *person
	supporters             int64 // the tier of five dollars
}

// open makes a forum; cfg may be empty.
func open(t *testing.T, cfg api.Config) *forum {
	t.Helper()
	t.Parallel() // most of a test is waiting for the disk
	ctx := t.Context()
	s, err := store.Open(ctx, storetest.NewSQLite(t), store.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	f := &forum{t: t, store: s, app: app.New(s, app.Options{Logger: cfg.Logger})}
	f.work()
	f.api = api.New(f.app, cfg)
	f.mux = http.NewServeMux()
	f.api.Register(f.mux)
	server := httptest.NewServer(f.mux)
	t.Cleanup(server.Close)
	f.url, f.client = server.URL, server.Client().Transport
	f.people()
	return f
}

// work does the forum's background work until the test ends.
func (f *forum) work() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- f.app.Run(ctx) }()
	f.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			f.t.Error(err)
		}
	})
}

func (f *forum) people() {
	f.update(func(tx *store.Tx) (err error) {
		f.supporters, err = tx.InsertTier(parley.Tier{Title: "Supporters", Description: "The workshop's logs", Color: "#10b981", AmountCents: 500, Active: true})
		return err
	})
	f.ada = f.person("Ada", parley.RoleCreator, parley.Membership{})
	f.tomas = f.person("Tomas", parley.RoleTeam, parley.Membership{})
	f.mina = f.person("Mina", parley.RoleMember, parley.Membership{AmountCents: 500, TierID: f.supporters, Source: "patreon"})
	f.finn = f.person("Finn", parley.RoleMember, parley.Membership{})
}

func (f *forum) update(fn func(*store.Tx) error) {
	f.t.Helper()
	if _, err := f.store.Update(f.t.Context(), fn); err != nil {
		f.t.Fatal(err)
	}
}

// letMembersStartThreads changes who may, from the creator alone.
func (f *forum) letMembersStartThreads() {
	f.t.Helper()
	f.update(func(tx *store.Tx) error {
		c := parley.DefaultCommunity()
		c.ThreadCreation = parley.CreationMembers
		return tx.SetCommunity(c)
	})
}

// await looks again and again until something is so that the forum's jobs bring
// about.
func (f *forum) await(what string, so func() bool) {
	f.t.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// person is somebody with a session, or without.
type person struct {
	f     *forum
	id    int64
	name  string
	token string // empty: not signed in
	key   string // an API key; empty: none
}

// stranger is nobody the forum knows.
func (f *forum) stranger() *person { return &person{f: f, name: "somebody"} }

func (f *forum) person(name string, role parley.Role, m parley.Membership) *person {
	f.t.Helper()
	id, err := f.app.AddUser(f.t.Context(), app.NewUser{NewAccount: app.NewAccount{Username: name}, Role: role, Membership: m})
	if err != nil {
		f.t.Fatal(err)
	}
	p := &person{f: f, id: id, name: name, token: auth.NewToken()}
	f.update(func(tx *store.Tx) error {
		_, err := tx.CreateSession(store.Session{
			PublicID: auth.NewPublicID(), UserID: id, UserAgent: "Chromium", Address: "192.0.2.1",
			CreatedAt: tx.Now(), LastSeenAt: tx.Now(), ExpiresAt: tx.Now().Add(time.Hour),
		}, auth.HashToken(p.token))
		return err
	})
	return p
}

// call sends a request with a body as it is, and returns the answer.
func (p *person) call(method, path, body string, headers ...string) answered {
	p.f.t.Helper()
	r, err := http.NewRequestWithContext(p.f.t.Context(), method, p.f.url+path, strings.NewReader(body))
	if err != nil {
		p.f.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if p.key != "" {
		r.Header.Set("Authorization", "Bearer "+p.key)
	}
	if p.token != "" {
		r.AddCookie(&http.Cookie{Name: "session_id", Value: p.token})
	}
	response, err := p.f.client.RoundTrip(r)
	if err != nil {
		p.f.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.f.t.Fatal(err)
	}
	_, pattern := p.f.mux.Handler(r)
	promises(p.f.t, pattern, response.StatusCode)
	return answered{t: p.f.t, what: p.name + ": " + method + " " + path, status: response.StatusCode, header: response.Header, body: text}
}

func (p *person) get(path string) answered    { p.f.t.Helper(); return p.call("GET", path, "") }
func (p *person) delete(path string) answered { p.f.t.Helper(); return p.call("DELETE", path, "") }

// post sends a body made like Sprintf makes it; empty is none.
func (p *person) post(path, body string, args ...any) answered {
	p.f.t.Helper()
	return p.call("POST", path, fmt.Sprintf(body, args...))
}

func (p *person) patch(path, body string, args ...any) answered {
	p.f.t.Helper()
	return p.call("PATCH", path, fmt.Sprintf(body, args...))
}

// answered is an answer.
type answered struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   []byte
}

// ok expects success.
func (a answered) ok() answered {
	a.t.Helper()
	if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" {
		a.t.Fatalf("%s: answered %d of type %s: %s", a.what, a.status, a.header.Get("Content-Type"), a.body)
	}
	return a
}

// refused expects a problem of this status, and returns it.
func (a answered) refused(status int) api.Problem {
	a.t.Helper()
	var p api.Problem
	if err := json.Unmarshal(a.body, &p); err != nil && a.status == status {
		a.t.Fatalf("%s: the refusal is not JSON: %s", a.what, a.body)
	}
	if a.status != status || a.header.Get("Content-Type") != "application/problem+json" {
		a.t.Errorf("%s: answered %d of type %s, want problem %d: %s", a.what, a.status, a.header.Get("Content-Type"), status, a.body)
	} else if p.Status != status || p.Title != http.StatusText(status) || !strings.HasSuffix(p.Detail, ".") {
		a.t.Errorf("%s: a problem should say status, title and a sentence: %s", a.what, a.body)
	}
	return p
}

// decode reads an answer as T.
func decode[T any](a answered) T {
	a.t.Helper()
	var value T
	if err := json.Unmarshal(a.ok().body, &value); err != nil {
		a.t.Fatalf("%s: %v: %s", a.what, err, a.body)
	}
	return value
}

// thread starts a thread and returns it.
func (p *person) thread(title string) parley.Thread {
	p.f.t.Helper()
	return decode[parley.Thread](p.post("/api/forum/threads", `{"title":%q,"content":"Welcome."}`, title))
}

// say posts a message and returns it.
func (p *person) say(thread int64, content string) parley.Message {
	p.f.t.Helper()
	return decode[parley.Message](p.post(fmt.Sprintf("/api/forum/threads/%d/messages", thread), `{"content":%q}`, content))
}

// path fills ids into a path.
func path(format string, ids ...any) string { return "/api/forum" + fmt.Sprintf(format, ids...) }
