package api_test

import (
	"fmt"
	"testing"

	"parley"
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

func TestAFlaggedMessageIsHiddenAndShownAgain(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	message := f.mina.say(thread.ID, "Buy this!")
	address := path("/messages/%d/flag", message.ID)
	f.finn.post(address, `{"reason":"rude"}`).refused(422)
	f.mina.post(address, `{"reason":"spam"}`).refused(400)
	for range 2 {
		f.finn.call("POST", address, `{"reason":"spam","note":"Again."}`, "Idempotency-Key", "once").ok()
	}
	f.finn.post(address, `{"reason":"spam"}`).refused(409)
	f.finn.get(path("/moderation/flags")).refused(403)
	flags := decode[[]app.FlagEntry](f.tomas.get(path("/moderation/flags")))
	if len(flags) != 1 || flags[0].FlaggedBy.ID != f.finn.id || flags[0].Message.ID != message.ID || flags[0].Note != "Again." {
		t.Fatalf("the queue: %+v", flags)
	}
	decision := path("/moderation/flags/%d", flags[0].ID)
	f.finn.post(decision, `{"action":"hide"}`).refused(403)
	f.tomas.post(decision, `{"action":"burn"}`).refused(422)
	f.tomas.post(decision, `{"action":"hide","note":"An advertisement."}`).ok()
	f.tomas.post(decision, `{"action":"keep"}`).refused(409)
	page := path("/threads/%d/messages", thread.ID)
	if seen := decode[[]parley.Message](f.finn.get(page)); len(seen) != 1 {
		t.Errorf("Finn sees %+v", seen)
	}
	if seen := decode[[]parley.Message](f.mina.get(page)); len(seen) != 2 || !seen[1].IsHidden {
		t.Errorf("Mina sees %+v", seen)
	}
	f.finn.post(path("/messages/%d/like", message.ID), ``).refused(404)
	f.mina.post(path("/messages/%d/restore", message.ID), ``).refused(403)
	f.tomas.post(path("/messages/%d/restore", message.ID), ``).ok()
	if seen := decode[[]parley.Message](f.finn.get(page)); len(seen) != 2 || seen[1].IsHidden {
		t.Errorf("Finn sees %+v", seen)
	}
	acts := decode[api.AuditPage](f.tomas.get("/api/forum/moderation/log")).Entries
	if len(acts) != 2 || acts[0].Action != parley.ActMessageShown || acts[1].Action != parley.ActMessageHidden || acts[1].Actor.ID != f.tomas.id {
		t.Errorf("logged: %+v", acts)
	}
}

func TestTheQueueOfFlagsComesInPages(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	for range 3 {
		f.finn.post(path("/messages/%d/flag", f.mina.say(thread.ID, "Buy this!").ID), `{"reason":"spam"}`).ok()
	}
	queue := func(query string) (ids []int64) {
		for _, e := range decode[[]app.FlagEntry](f.tomas.get(path("/moderation/flags") + query)) {
			ids = append(ids, e.ID)
		}
		return ids
	}
	all := queue("")
	if len(all) != 3 || all[0] < all[1] || all[1] < all[2] {
		t.Fatalf("the queue: %v", all)
	}
	if page := queue(fmt.Sprintf("?limit=1&before_id=%d", all[0])); len(page) != 1 || page[0] != all[1] {
		t.Errorf("a page: %v of %v", page, all)
	}
	f.tomas.post(path("/moderation/flags/%d", all[1]), `{"action":"delete"}`).ok()
	if open, resolved := queue("?state=open"), queue("?state=resolved"); len(open) != 2 || len(resolved) != 1 || resolved[0] != all[1] {
		t.Errorf("open %v, resolved %v of %v", open, resolved, all)
	}
	f.tomas.get(path("/moderation/flags?state=all")).refused(422)
	f.tomas.get(path("/moderation/flags?limit=101")).refused(422)
}

func TestAMessageIsMovedToAnotherThread(t *testing.T) {
	f := open(t, api.Config{})
	here, there := f.ada.thread("Joints"), f.ada.thread("Glue")
	message := f.mina.say(here.ID, "About glue:")
	f.finn.post(path("/threads/%d/messages", here.ID), `{"content":"Yes?","reply_to_id":%d}`, message.ID).ok()
	address := path("/messages/%d/move", message.ID)
	f.mina.post(address, `{"thread_id":%d}`, there.ID).refused(403)
	f.tomas.post(address, `{}`).refused(422)
	f.tomas.post(address, `{"thread_id":4711}`).refused(404)
	f.tomas.post(address, `{"thread_id":%d}`, here.ID).refused(400)
	moved := decode[api.MovedMessages](f.tomas.post(address, `{"thread_id":"%d"}`, there.ID))
	if moved.ThreadID != there.ID || moved.MovedCount != 2 || moved.MovedIDs[0] != message.ID {
		t.Errorf("answered %+v", moved)
	}
	for thread, want := range map[int64]int{here.ID: 1, there.ID: 3} {
		if seen := decode[[]parley.Message](f.finn.get(path("/threads/%d/messages", thread))); len(seen) != want {
			t.Errorf("thread %d has %d messages, want %d", thread, len(seen), want)
		}
		if counted := decode[parley.Thread](f.finn.get(path("/threads/%d", thread))); counted.MessageCount != int64(want) {
			t.Errorf("thread %d counts %d messages, want %d", thread, counted.MessageCount, want)
		}
	}
}
