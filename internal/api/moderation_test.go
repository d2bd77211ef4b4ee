package api_test

import (
	"fmt"
	"testing"

	"parley/internal/api"
	"parley/internal/app"
)

func TestASilencedPersonReadsAndIsToldWhyTheyCannotWrite(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	address := fmt.Sprintf("/api/forum/moderation/users/%d/silence", f.finn.id)
	f.mina.post(address, `{"reason":"Spam."}`).refused(403)
	f.tomas.post(address, `{"until":"2100-01-01T00:00:00Z"}`).refused(422)
	f.tomas.post(address, `{"reason":"Spam.","until":"2001-01-01T00:00:00Z"}`).refused(422)
	f.tomas.post(address, `{"reason":"Spam.","until":"2100-01-01T01:00:00+01:00"}`).ok()
	f.finn.get(path("/threads/%d", thread.ID)).ok()
	p := f.finn.post(path("/threads/%d/messages", thread.ID), `{"content":"Hello"}`).refused(403)
	if p.Detail != "You are silenced until 2100-01-01 00:00 UTC: Spam." {
		t.Errorf("told %q", p.Detail)
	}
	if me := decode[api.Me](f.finn.get("/api/auth/me")); me.Silence == nil || me.Silence.Reason != "Spam." || me.Silence.Until.String() != "2100-01-01T00:00:00.000000Z" {
		t.Errorf("he sees %+v", me.Silence)
	}
	f.tomas.delete(address).ok()
	f.tomas.delete(address).refused(404)
	f.finn.say(thread.ID, "Hello")
	if me := decode[api.Me](f.finn.get("/api/auth/me")); me.Silence != nil {
		t.Errorf("he sees %+v", me.Silence)
	}
}

func TestASuspendedPersonIsSignedOutAndToldWhy(t *testing.T) {
	f := open(t, api.Config{})
	f.stranger().post("/api/auth/register", `{"username":"Olga","password":"spruce and maple"}`).ok()
	signIn := func() answered {
		return f.stranger().post("/api/auth/login", `{"username":"Olga","password":"spruce and maple"}`)
	}
	olga := &person{f: f, name: "Olga", token: cookieOf(signIn().ok()).Value}
	id := decode[api.Me](olga.get("/api/auth/me")).User.ID
	address := fmt.Sprintf("/api/forum/moderation/users/%d/suspend", id)
	f.tomas.post(address, `{"reason":"Spam."}`).ok()
	olga.get("/api/auth/me").refused(401)
	if p := signIn().refused(403); p.Detail != "This account is suspended until further notice: Spam." {
		t.Errorf("told %q", p.Detail)
	}
	if u := decode[app.AdminUser](f.ada.get(fmt.Sprintf("/api/admin/users/%d", id))); u.Suspension == nil || u.Suspension.Until != nil {
		t.Errorf("the creator sees %+v", u)
	}
	f.mina.delete(address).refused(403)
	f.tomas.delete(address).ok()
	signIn().ok()
	f.tomas.post(fmt.Sprintf("/api/forum/moderation/users/%d/suspend", f.ada.id), `{"reason":"Coup."}`).refused(400)
}
