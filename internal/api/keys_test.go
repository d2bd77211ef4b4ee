package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"parley"
	"parley/internal/api"
	"parley/internal/app"
	"parley/internal/auth"
	"parley/internal/store"
)

// key is a program with an API key that Ada made.
func (f *forum) key(scopes ...parley.Scope) *person {
	f.t.Helper()
	made, err := f.app.CreateKey(f.t.Context(), parley.Viewer{ID: f.ada.id}, app.NewKey{Name: "Shop", Scopes: scopes}, app.Idempotency{})
	if err != nil {
		f.t.Fatal(err)
	}
	return &person{f: f, id: made.ID, name: "a key", key: *made.Key}
}

func TestAKeyIsShownOnceAndRevoked(t *testing.T) {
	f := open(t, api.Config{})
	made := decode[app.CreatedKey](f.ada.post("/api/admin/api-keys", `{"name":" Shop ","scopes":["members:write","admin:read","admin:read"],"expires_at":"2100-01-01T00:00:00Z"}`))
	if made.Key == nil || !auth.IsKey(*made.Key) || made.Name != "Shop" || fmt.Sprint(made.Scopes) != "[admin:read members:write]" ||
		made.MadeBy.Username != "Ada" || made.ExpiresAt == nil || made.LastUsedAt != nil || !strings.HasPrefix(*made.Key, "parley_"+made.PublicID+"_") {
		t.Fatalf("made %+v", made)
	}
	shop := &person{f: f, name: "the shop", key: *made.Key}
	shop.get("/api/admin/users").ok()
	listed := f.ada.get("/api/admin/api-keys").ok()
	if keys := decode[api.APIKeys](listed).Keys; len(keys) != 1 || keys[0].ID != made.ID || keys[0].LastUsedAt == nil || strings.Contains(string(listed.body), (*made.Key)[24:]) {
		t.Errorf("listed %s", listed.body)
	}
	address := fmt.Sprintf("/api/admin/api-keys/%d", made.ID)
	f.ada.delete(address).ok()
	if p := shop.get("/api/admin/users").refused(401); p.Detail != "This API key is unknown, has expired or was revoked." {
		t.Errorf("refused with %q", p.Detail)
	}
	f.ada.delete(address).refused(404)
	if keys := decode[api.APIKeys](f.ada.get("/api/admin/api-keys")).Keys; len(keys) != 0 {
		t.Errorf("left %+v", keys)
	}
}

func TestARepeatedRequestDoesNotShowItsKeyAgain(t *testing.T) {
	f := open(t, api.Config{})
	ask := func() app.CreatedKey {
		return decode[app.CreatedKey](f.ada.call("POST", "/api/admin/api-keys", `{"name":"Shop","scopes":["admin:read"]}`, "Idempotency-Key", "k"))
	}
	if first, again := ask(), ask(); first.Key == nil || again.Key != nil || again.ID != first.ID {
		t.Errorf("made %+v, then %+v", first, again)
	}
}

func TestWhatIsWrongWithAKeyIsSaid(t *testing.T) {
	f := open(t, api.Config{})
	for body, location := range map[string]string{
		`{"name":"Shop","scopes":[]}`:                                                 "body.scopes",
		`{"name":"Shop","scopes":["everything"]}`:                                     "body.scopes[0]",
		`{"name":" ","scopes":["admin:read"]}`:                                        "body.name",
		`{"name":"Shop","scopes":["admin:read"],"expires_at":"2020-01-01T00:00:00Z"}`: "body.expires_at",
		`{"name":"Shop","scopes":["admin:read"],"expires_at":"in a year"}`:            "body.expires_at",
		`{"scopes":["admin:read"]}`:                                                   "body.name",
		`{"name":"` + strings.Repeat("x", 101) + `","scopes":["admin:read"]}`:         "body.name",
	} {
		if p := f.ada.call("POST", "/api/admin/api-keys", body).refused(422); len(p.Errors) == 0 || p.Errors[0].Location != location {
			t.Errorf("%s: %+v", body, p)
		}
	}
}

// TestAKeyDoesWhatItsScopesSayAndNothingElse sends a key with each scope alone to
// every route.
func TestAKeyDoesWhatItsScopesSayAndNothingElse(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	for _, scope := range parley.Scopes() {
		key := f.key(scope)
		for _, r := range api.Routes() {
			if r.Anyone {
				continue // a key is not looked at
			}
			a := key.send(r, thread.ID)
			if allowed := a.status != 403 && a.status != 401; allowed != (r.Scope == scope) {
				t.Errorf("%s with %s: %d %s", r.ID, scope, a.status, a.body)
			}
		}
	}
}

func TestEveryRouteOfTheAdministrationButTheKeysHasAScope(t *testing.T) {
	for _, r := range api.Routes() {
		keys, admin := strings.HasPrefix(r.Path, "/api/admin/api-keys"), strings.HasPrefix(r.Path, "/api/admin/")
		if (r.Scope != "") != (admin && !keys) || r.Scope != "" && !slices.Contains(parley.Scopes(), r.Scope) {
			t.Errorf("%s has the scope %q", r.ID, r.Scope)
		}
	}
}

func TestAKeyOutweighsTheCookie(t *testing.T) {
	f := open(t, api.Config{})
	both := f.key(parley.ScopeAdminRead)
	both.token = f.ada.token
	both.get("/api/auth/me").refused(403) // as Ada it would be answered
	both.post("/api/auth/logout", ``).ok()
	f.ada.get("/api/auth/me").ok() // her session was not meant
	wrong := &person{f: f, name: "Ada with a wrong key", token: f.ada.token, key: "nonsense"}
	wrong.get("/api/admin/users").refused(401)
	f.ada.call("GET", "/api/admin/users", "", "Authorization", "Basic YWRhOmFkYQ==").ok() // of a proxy before us
}

func TestWrongKeysAreLimitedAndRightOnesAreNot(t *testing.T) {
	f := open(t, api.Config{})
	right := f.key(parley.ScopeAdminRead)
	unknown, _ := auth.NewKey()
	wrong := &person{f: f, name: "a wrong key", key: unknown}
	var refused answered
	for range 40 {
		if refused = wrong.get("/api/admin/users"); refused.status == 429 {
			break
		}
		refused.refused(401)
	}
	if refused.refused(429); refused.header.Get("Retry-After") == "" {
		t.Error("it is not said when to come again")
	}
	right.get("/api/admin/users").ok()
	f.stranger().post("/api/auth/login", `{"username":"Ada","password":"spruce and maple"}`).refused(401) // not 429
}

func TestAKeyThatHasExpiredOpensNothing(t *testing.T) {
	f := open(t, api.Config{})
	key := f.key(parley.ScopeAdminRead)
	key.get("/api/admin/users").ok()
	f.update(func(tx *store.Tx) error {
		token, id := auth.NewKey()
		key.key = token
		past := tx.Now().Add(-time.Second)
		_, err := tx.CreateKey(parley.APIKey{PublicID: id, Name: "Old", Scopes: parley.Scopes(), MadeBy: parley.PersonRef{ID: f.ada.id}, ExpiresAt: &past}, auth.HashToken(token))
		return err
	})
	key.get("/api/admin/users").refused(401)
	if keys := decode[api.APIKeys](f.ada.get("/api/admin/api-keys")).Keys; len(keys) != 2 {
		t.Errorf("an expired key is not shown: %+v", keys)
	}
}

func TestTheAuditLogNamesTheKeyThatDidIt(t *testing.T) {
	f := open(t, api.Config{})
	key := f.key(parley.ScopeAdminUsers, parley.ScopeAdminCommunity)
	key.patch(fmt.Sprintf("/api/admin/users/%d", f.finn.id), `{"external_id":"f-1"}`).ok()
	tier := decode[app.AdminTier](key.call("POST", "/api/admin/tiers", `{"title":"Gold","amount_cents":1000}`, "Idempotency-Key", "gold"))
	if again := decode[app.AdminTier](key.call("POST", "/api/admin/tiers", `{"title":"Gold","amount_cents":1000}`, "Idempotency-Key", "gold")); again != tier {
		t.Errorf("made %+v, then %+v", tier, again)
	}
	entries := decode[api.AuditPage](f.ada.get(fmt.Sprintf("/api/admin/audit?key=%d", key.id))).Entries
	if len(entries) != 2 || entries[1].Action != parley.ActUserUpdated || entries[1].SubjectID != f.finn.id {
		t.Fatalf("the key did %+v", entries)
	}
	for _, e := range entries {
		if e.Actor != nil || e.Key == nil || e.Key.ID != key.id || e.Key.Name != "Shop" {
			t.Errorf("%s by %v, key %v", e.Action, e.Actor, e.Key)
		}
	}
	first := decode[api.AuditPage](f.ada.get("/api/admin/audit?action=api_key.created")).Entries
	if len(first) != 1 || first[0].Actor.ID != f.ada.id || first[0].Key != nil {
		t.Errorf("made: %+v", first)
	}
}

func TestKeysGoOnWhenTheirMakerIsNoCreatorAnyMore(t *testing.T) {
	f := open(t, api.Config{})
	key := f.key(parley.ScopeAdminUsers)
	f.ada.patch(fmt.Sprintf("/api/admin/users/%d", f.tomas.id), `{"role":"creator"}`).ok()
	key.patch(fmt.Sprintf("/api/admin/users/%d", f.ada.id), `{"role":"member"}`).ok()
	key.patch(fmt.Sprintf("/api/admin/users/%d", f.mina.id), `{"role":"team"}`).ok()
	key.patch(fmt.Sprintf("/api/admin/users/%d", f.tomas.id), `{"role":"member"}`).refused(409)
}

func TestAKeyIsNoWayIntoTheStreams(t *testing.T) {
	f := open(t, api.Config{})
	key := f.key(parley.Scopes()...)
	if _, err := f.app.Admit(t.Context(), key.key, 0); parley.KindOf(err) != parley.Unauthenticated {
		t.Errorf("admitted: %v", err)
	}
	if a := key.get("/api/forum/threads"); a.status != http.StatusForbidden {
		t.Errorf("threads: %d", a.status)
	}
}
