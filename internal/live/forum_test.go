package live_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley"
	"parley/internal/app"
	"parley/internal/auth"
	"parley/internal/live"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/realtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen.
const patience = 60 * time.Second

// forum is a small community with its live streams, on a database of its own: Ada
// created it, Tomas is of the team, Mina pays five dollars, Finn nothing.
type forum struct {
	t         *testing.T
	store     *store.Store
	app       *app.App
	hub       *realtime.Hub
	live      *live.Live
	authority *live.Authority
	url       string
	kind      kind               // of the sockets that people open
	stop      context.CancelFunc // of the hub

	ada, tomas, mina, finn *person
	supporters             int64 // the tier of five dollars
}

// settings is what a test wants different.
type settings struct {
	kind kind
	hub  realtime.Config
	live live.Config
	// unpublished: nobody tells the hub what is committed, as if the program that
	// commits were another one.
	unpublished bool
}

// open makes a forum.
func open(t *testing.T, want settings) *forum {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.NewSQLite(t), store.Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	f := &forum{t: t, kind: want.kind, store: s, app: app.New(s, app.Options{Logger: quiet})}
	f.serve(want)
	f.people()
	return f
}

// replica is another server of the same forum.
func (f *forum) replica(want settings) *forum {
	f.t.Helper()
	other := &forum{t: f.t, kind: f.kind, store: f.store, app: app.New(f.store, app.Options{Logger: quiet})}
	other.serve(want)
	other.ada, other.tomas, other.mina, other.finn = f.ada.at(other), f.tomas.at(other), f.mina.at(other), f.finn.at(other)
	return other
}

// at is the same person on another replica.
func (p person) at(f *forum) *person {
	p.f = f
	return &p
}

var quiet = slog.New(slog.DiscardHandler)

// serve opens the streams until the test ends.
func (f *forum) serve(want settings) {
	authority := live.NewAuthority(f.app)
	f.authority = authority
	want.hub.Log, want.hub.Authority, want.hub.Control = f.app.Log(), authority, string(parley.ControlChannel)
	want.hub.HeartbeatFrame, want.hub.Logger, want.live.Logger = live.HeartbeatFrame, quiet, quiet
	f.hub = realtime.New(want.hub)
	if !want.unpublished {
		f.app.Connect(f.hub)
	}
	mux := http.NewServeMux()
	f.live = live.New(f.app, f.hub, authority, want.live)
	f.live.Register(mux)
	server := httptest.NewServer(mux)
	f.url = server.URL
	f.run(want.live.Limits.StatePause > 0)
	f.t.Cleanup(server.Close)
}

// run runs the hub until the test ends. State is told by itself, or when the test
// says so: see live.TellState.
func (f *forum) run(byItself bool) {
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	ended := make(chan error, 2)
	go func() { ended <- f.hub.Run(ctx) }()
	if byItself {
		go func() { ended <- f.live.Run(ctx) }()
	} else {
		f.live.TellState(ctx) // from now on
		ended <- nil
	}
	f.t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, <-ended); err != nil {
			f.t.Error(err)
		}
	})
}

// await asks again and again until something is so.
func (f *forum) await(what string, so func() bool) {
	f.t.Helper()
	for deadline := time.Now().Add(patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatalf("waited in vain: %s", what)
		}
	}
}

func (f *forum) people() {
	f.update(func(tx *store.Tx) (err error) {
		f.supporters, err = tx.InsertTier(parley.Tier{Title: "Supporters", AmountCents: 500, Active: true})
		return err
	})
	f.ada = f.person("Ada", parley.RoleCreator, parley.Membership{})
	f.tomas = f.person("Tomas", parley.RoleTeam, parley.Membership{})
	f.mina = f.person("Mina", parley.RoleMember, f.membership(500))
	f.finn = f.person("Finn", parley.RoleMember, parley.Membership{})
}

func (f *forum) membership(cents int64) parley.Membership {
	return parley.Membership{AmountCents: cents, TierID: f.supporters, Source: "patreon"}
}

func (f *forum) update(fn func(*store.Tx) error) {
	f.t.Helper()
	if _, err := f.store.Update(f.t.Context(), fn); err != nil {
		f.t.Fatal(err)
	}
}

// within returns a context that ends when a test has waited long enough.
func (f *forum) within() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	f.t.Cleanup(cancel)
	return ctx
}

// person is somebody with a session.
type person struct {
	f     *forum
	id    int64
	name  string
	token string
}

func (f *forum) person(name string, role parley.Role, m parley.Membership) *person {
	f.t.Helper()
	id, err := f.app.AddUser(f.t.Context(), app.NewUser{NewAccount: app.NewAccount{Username: name}, Role: role, Membership: m})
	if err != nil {
		f.t.Fatal(err)
	}
	p := &person{f: f, id: id, name: name}
	p.token = p.signIn()
	return p
}

// signIn opens another session and returns the token that opens it.
func (p *person) signIn() string {
	p.f.t.Helper()
	token := auth.NewToken()
	p.signInWith(token)
	return token
}

func (p *person) signInWith(token string) {
	p.f.t.Helper()
	p.f.update(func(tx *store.Tx) error {
		_, err := tx.CreateSession(store.Session{
			PublicID: auth.NewPublicID(), UserID: p.id, CreatedAt: tx.Now(), LastSeenAt: tx.Now(), ExpiresAt: tx.Now().Add(time.Hour),
		}, auth.HashToken(token))
		return err
	})
}

// principal is what a request with the token would act as.
func (p *person) principal(token string) app.Principal {
	p.f.t.Helper()
	principal, err := p.f.app.Authenticate(p.f.t.Context(), token)
	if err != nil {
		p.f.t.Fatal(err)
	}
	return principal
}

func (p *person) viewer() parley.Viewer { return p.principal(p.token).User.Viewer() }

// starts makes a thread of Ada's.
func (f *forum) starts(thread app.NewThread) int64 {
	f.t.Helper()
	thread.Content = "Welcome."
	t, err := f.app.CreateThread(f.t.Context(), f.ada.viewer(), thread, app.Idempotency{})
	if err != nil {
		f.t.Fatal(err)
	}
	return t.ID
}

// workshop makes a thread that everybody may read.
func (f *forum) workshop() int64 { return f.starts(app.NewThread{Title: "Workshop"}) }

// posts writes a message and returns its id.
func (p *person) posts(threadID int64, content string) int64 {
	p.f.t.Helper()
	m, err := p.f.app.PostMessage(p.f.t.Context(), p.viewer(), threadID, content, 0, app.Idempotency{})
	if err != nil {
		p.f.t.Fatal(err)
	}
	return m.ID
}

// changes lets Ada change a thread.
func (f *forum) changes(threadID int64, patch app.ThreadPatch) {
	f.t.Helper()
	if _, err := f.app.UpdateThread(f.t.Context(), f.ada.viewer(), threadID, patch); err != nil {
		f.t.Fatal(err)
	}
}

// pays changes a member's membership.
func (p *person) pays(cents int64) {
	p.f.t.Helper()
	if err := p.f.app.SetRights(p.f.t.Context(), p.name, parley.RoleMember, p.f.membership(cents)); err != nil {
		p.f.t.Fatal(err)
	}
}

const globalPath = "/api/forum/ws/global"

func threadPath(id int64) string { return "/api/forum/ws/thread/" + strconv.FormatInt(id, 10) }

func ptr[T any](v T) *T { return &v }
