package api_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley"
	"parley/internal/api"
	"parley/internal/auth"
	"parley/internal/store"
)

// cookieOf returns the cookie that an answer sets.
func cookieOf(a answered) *http.Cookie {
	a.t.Helper()
	cookies := (&http.Response{Header: a.header}).Cookies()
	if len(cookies) != 1 {
		a.t.Fatalf("%s: sets %d cookies", a.what, len(cookies))
	}
	return cookies[0]
}

// offerDemo lets anybody sign in as these people.
func (f *forum) offerDemo(people ...*person) {
	f.t.Helper()
	f.update(func(tx *store.Tx) error {
		var demo []store.DemoPerson
		for _, p := range people {
			demo = append(demo, store.DemoPerson{UserID: p.id, About: "likes chisels"})
		}
		return tx.SetDemoPeople(demo)
	})
	if err := f.app.OfferDemo(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

func TestSigningInSetsACookieThatScriptsCannotRead(t *testing.T) {
	f := open(t, api.Config{})
	in := f.stranger().post("/api/auth/register", `{"username":"Olga","password":"spruce and maple","email":"olga@example.org"}`)
	if user := decode[api.SignedIn](in).User; user.Username != "Olga" || user.DisplayName != "Olga" || user.Role != parley.RoleMember || user.UserRole != parley.DisplayMember {
		t.Errorf("registered %+v", user)
	}
	cookie := cookieOf(in)
	if cookie.Name != "session_id" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" ||
		cookie.MaxAge != 30*24*3600 || cookie.Secure || len(cookie.Value) < 43 {
		t.Errorf("cookie over plain HTTP: %+v", cookie)
	}
	olga := &person{f: f, name: "Olga", token: cookie.Value}
	if me := decode[api.Me](olga.get("/api/auth/me")); me.User.Username != "Olga" || me.Permissions.CanCreateThreads {
		t.Errorf("she is %+v", me)
	}
	again := f.stranger().post("/api/auth/login", `{"username":"OLGA@example.org","password":"spruce and maple"}`).ok()
	if cookieOf(again).Value == cookie.Value {
		t.Error("two sign-ins share a session")
	}
}

func TestTheCookieIsForHTTPSAloneWhereTheClientSpeaksIt(t *testing.T) {
	f := open(t, api.Config{})
	f.offerDemo(f.finn)
	login := func(cfg api.Config, secure bool) *http.Cookie {
		mux := http.NewServeMux()
		api.New(f.app, cfg).Register(mux)
		r := httptest.NewRequest("POST", "/api/auth/demo", strings.NewReader(`{"username":"Finn"}`))
		if secure {
			r.TLS = &tls.ConnectionState{}
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return cookieOf(answered{t: t, what: "demo", header: w.Header()})
	}
	if c := login(api.Config{}, true); !c.Secure {
		t.Errorf("over TLS: %+v", c)
	}
	if c := login(api.Config{Secure: func(*http.Request) bool { return true }}, false); !c.Secure {
		t.Errorf("behind a proxy that speaks HTTPS: %+v", c)
	}
	if c := login(api.Config{CookieName: "parley"}, false); c.Secure || c.Name != "parley" {
		t.Errorf("under another name, over plain HTTP: %+v", c)
	}
}

func TestAWrongNameAndAWrongPasswordReadAlike(t *testing.T) {
	f := open(t, api.Config{})
	f.stranger().post("/api/auth/register", `{"username":"Olga","password":"spruce and maple"}`).ok()
	password := f.stranger().post("/api/auth/login", `{"username":"Olga","password":"maple and spruce"}`).refused(401)
	name := f.stranger().post("/api/auth/login", `{"username":"Nobody","password":"maple and spruce"}`).refused(401)
	if password.Detail != name.Detail {
		t.Errorf("%q and %q tell which names there are", password.Detail, name.Detail)
	}
}

func TestTooManyFailedSignInsAreToldToWait(t *testing.T) {
	f := open(t, api.Config{})
	for range 100 {
		a := f.stranger().post("/api/auth/login", `{"username":"Nobody","password":"maple and spruce"}`)
		if a.status == http.StatusTooManyRequests {
			a.refused(429)
			if a.header.Get("Retry-After") == "" {
				t.Error("does not say when")
			}
			return
		}
		a.refused(401)
	}
	t.Error("100 failures were allowed")
}

func TestAPasswordIsNeverRepeated(t *testing.T) {
	f := open(t, api.Config{})
	for _, body := range []string{
		`{"username":"Olga","password":"hush"}`,
		`{"username":"Olga","password":["hush, hush, hush"]}`,
		`{"username":"Olga","password":"hush, hush, hush`,
		`{"password":"hush, hush, hush"}`,
	} {
		for _, route := range []string{"register", "login"} {
			if a := f.stranger().call("POST", "/api/auth/"+route, body); strings.Contains(string(a.body), "hush") || a.status < 400 {
				t.Errorf("%s %s: %d %s", route, body, a.status, a.body)
			}
		}
	}
}

func TestNamesAreTakenOnce(t *testing.T) {
	f := open(t, api.Config{})
	f.stranger().post("/api/auth/register", `{"username":"mina","password":"spruce and maple"}`).refused(409)
	p := f.stranger().post("/api/auth/register", `{"username":"everyone","password":"spruce and maple"}`).refused(422)
	if len(p.Errors) != 1 || p.Errors[0].Location != "body.username" {
		t.Errorf("a reserved name: %+v", p)
	}
}

func TestNobodyRegistersWhereRegistrationIsClosed(t *testing.T) {
	f := open(t, api.Config{})
	f.update(func(tx *store.Tx) error {
		c := parley.DefaultCommunity()
		c.Registration = parley.RegistrationClosed
		return tx.SetCommunity(c)
	})
	f.stranger().post("/api/auth/register", `{"username":"Olga","password":"spruce and maple"}`).refused(403)
	if options := decode[api.SignInOptions](f.stranger().get("/api/auth/options")); options.Registration != parley.RegistrationClosed {
		t.Errorf("the options say %+v", options)
	}
}

func TestADemoOffersItsPeopleAndNobodyElse(t *testing.T) {
	f := open(t, api.Config{})
	f.stranger().post("/api/auth/demo", `{"username":"Finn"}`).refused(404)
	if options := decode[api.SignInOptions](f.stranger().get("/api/auth/options")); options.Demo == nil || len(options.Demo) != 0 {
		t.Errorf("outside of a demo: %+v", options.Demo)
	}
	f.offerDemo(f.finn)
	options := decode[api.SignInOptions](f.stranger().get("/api/auth/options"))
	if len(options.Demo) != 1 || options.Demo[0].Username != "Finn" || options.Demo[0].UserBadgeColor != "#6b7280" {
		t.Errorf("in a demo: %+v", options.Demo)
	}
	f.stranger().post("/api/auth/demo", `{"username":"Ada"}`).refused(404)
	f.stranger().post("/api/auth/demo", `{"username":"Finn"}`).ok()
}

func TestSigningOutEndsTheSessionAndTakesTheCookieAway(t *testing.T) {
	f := open(t, api.Config{})
	for _, p := range []*person{f.finn, f.finn, f.stranger()} { // again, and without any session
		if cookie := cookieOf(p.post("/api/auth/logout", ``).ok()); cookie.Name != "session_id" || cookie.MaxAge >= 0 || cookie.Value != "" {
			t.Errorf("%s: %+v", p.name, cookie)
		}
	}
	f.finn.get("/api/auth/me").refused(401)
}

func TestPeopleSeeAndEndTheirOwnSessionsAlone(t *testing.T) {
	f := open(t, api.Config{})
	sessions := decode[api.Sessions](f.finn.get("/api/auth/sessions")).Sessions
	if len(sessions) != 1 || !sessions[0].Current || sessions[0].UserAgent != "Chromium" {
		t.Fatalf("Finn's sessions: %+v", sessions)
	}
	f.mina.delete("/api/auth/sessions/" + sessions[0].PublicID).refused(404)
	f.finn.delete("/api/auth/sessions/" + sessions[0].PublicID).ok()
	f.finn.get("/api/auth/sessions").refused(401)
}

func TestANewPasswordNeedsTheOldOne(t *testing.T) {
	f := open(t, api.Config{})
	olga := &person{f: f, name: "Olga", token: cookieOf(f.stranger().post("/api/auth/register", `{"username":"Olga","password":"spruce and maple"}`).ok()).Value}
	olga.post("/api/auth/password", `{"old_password":"a guess, no more","new_password":"walnut and oak"}`).refused(403)
	p := olga.post("/api/auth/password", `{"old_password":"spruce and maple","new_password":"short"}`).refused(422)
	if len(p.Errors) != 1 || p.Errors[0].Location != "body.new_password" || p.Detail != "The field new_password must have at least 10 characters." {
		t.Errorf("a short password: %+v", p)
	}
	olga.post("/api/auth/password", `{"old_password":"spruce and maple","new_password":"walnut and oak"}`).ok()
	olga.get("/api/auth/me").ok()
	f.stranger().post("/api/auth/login", `{"username":"Olga","password":"spruce and maple"}`).refused(401)
	f.stranger().post("/api/auth/login", `{"username":"Olga","password":"walnut and oak"}`).ok()
}

func TestEverybodySeesWhoTheyAreAndWhatTheyMay(t *testing.T) {
	f := open(t, api.Config{})
	for _, c := range []struct {
		p             *person
		role          parley.DisplayRole
		amount        int64
		create, staff bool
		creator       bool
	}{
		{f.ada, parley.DisplayCreator, 999999999, true, true, true},
		{f.tomas, parley.DisplayTeam, 999999999, false, true, false},
		{f.mina, parley.DisplayPatron, 500, false, false, false},
		{f.finn, parley.DisplayMember, 0, false, false, false},
	} {
		me := decode[api.Me](c.p.get("/api/auth/me"))
		if me.User.ID != c.p.id || me.User.UserRole != c.role || me.User.CurrentTierAmount != c.amount {
			t.Errorf("%s is %+v", c.p.name, me.User)
		}
		if p := me.Permissions; p.CanCreateThreads != c.create || p.CanModerate != c.staff || p.CanUseTeamMention != c.staff || p.IsCreator != c.creator {
			t.Errorf("%s may %+v", c.p.name, p)
		}
	}
}

func TestTheCookieLastsAsTheSessionDoes(t *testing.T) {
	f := open(t, api.Config{})
	yesterday := &person{f: f, id: f.finn.id, name: "Finn since yesterday", token: auth.NewToken()}
	f.update(func(tx *store.Tx) error {
		then := tx.Now().Add(-24 * time.Hour)
		_, err := tx.CreateSession(store.Session{
			PublicID: auth.NewPublicID(), UserID: f.finn.id, CreatedAt: then, LastSeenAt: then, ExpiresAt: tx.Now().Add(time.Hour),
		}, auth.HashToken(yesterday.token))
		return err
	})
	if cookie := cookieOf(yesterday.get("/api/forum/notifications/count").ok()); cookie.Value != yesterday.token || cookie.MaxAge != 30*24*3600 {
		t.Errorf("the cookie was not put off: %+v", cookie)
	}
	if again := yesterday.get("/api/forum/notifications/count").ok(); again.header.Get("Set-Cookie") != "" {
		t.Error("the cookie is set with every answer")
	}
}
