package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley"
	"parley/internal/api"
)

// bodies are requests that each route with a body takes.
var bodies = map[string]string{
	"create-thread":              `{"title":"Glue","content":"Which one?"}`,
	"update-thread":              `{"title":"Better joints"}`,
	"set-thread-tier":            `{"min_tier_id":null}`,
	"follow-thread":              `{"notify_on_reply":false}`,
	"mark-read":                  `{"up_to_message_id":1}`,
	"post-message":               `{"content":"Hello"}`,
	"tell-typing":                `{"is_typing":true}`,
	"edit-message":               `{"content":"Hello!"}`,
	"create-sub-thread":          `{"title":"How?","content":"With a chisel?"}`,
	"update-settings":            `{"enable_notification_sound":false}`,
	"update-everyone-settings":   `{"allow_everyone_mentions":false}`,
	"mute-thread":                `{"until":"2100-01-01T00:00:00Z"}`,
	"update-everyone-moderation": `{"team_rate_limit":5}`,
	"disable-everyone":           `{"reason":"A test."}`,
	"restrict-user":              `{"reason":"Too loud."}`,
	"flag-message":               `{"reason":"spam","note":"Again."}`,
	"move-message":               `{"thread_id":"2"}`,
	"resolve-flag":               `{"action":"keep"}`,
	"silence-user":               `{"reason":"Spam.","until":"2100-01-01T00:00:00Z"}`,
	"suspend-user":               `{"reason":"Spam."}`,
	"update-user":                `{"amount_cents":500}`,
	"deactivate-user":            `{"reason":"on leave"}`,
	"create-tier":                `{"title":"Gold","amount_cents":1000}`,
	"update-tier":                `{"title":"Golden"}`,
	"update-community":           `{"name":"The workshop"}`,
	"set-bus-mode":               `{"mode":"local"}`,
	"create-api-key":             `{"name":"Shop","scopes":["admin:read"]}`,
	"sync-member":                `{"username":"Olga","role":"member","amount_cents":500,"source":"shop","is_active":true}`,
	"sync-members":               `{"members":[{"external_id":"7","username":"Olga","role":"member","amount_cents":500,"source":"shop","is_active":true}]}`,
	"register":                   `{"username":"Olga","password":"spruce and maple"}`,
	"login":                      `{"username":"Olga","password":"spruce and maple"}`,
	"demo-login":                 `{"username":"Finn"}`,
	"change-password":            `{"old_password":"spruce and maple","new_password":"walnut and oak"}`,
}

// bodiless are the routes that change something by their address alone.
var bodiless = []string{"like-message", "restore-message", "read-notification", "read-all-notifications", "reactivate-user", "reset-settings", "approve-everyone", "reject-everyone", "enable-everyone", "logout"}

// send calls a route with a fitting body and this in the place of ids.
func (p *person) send(r api.Route, id any) answered {
	p.f.t.Helper()
	return p.call(r.Method, addressOf(r, id), bodies[r.ID])
}

// addressOf returns the address of a route with this in the place of ids.
func addressOf(r api.Route, id any) string {
	address := r.Path
	if open, close := strings.Index(address, "{"), strings.Index(address, "}"); open >= 0 {
		address = address[:open] + fmt.Sprint(id) + address[close+1:]
	}
	switch r.ID {
	case "search-users", "search":
		address += "?q=mi"
	case "restrict-user":
		address += "?user_id=4711"
	}
	return address
}

func hasID(r api.Route) bool { return strings.Contains(r.Path, "{id}") }

func TestEveryRouteWithABodyIsInTheTablesHere(t *testing.T) {
	for _, r := range api.Routes() {
		takes := r.Method == "POST" || r.Method == "PATCH" || r.Method == "PUT"
		if _, listed := bodies[r.ID]; takes != (listed || slices.Contains(bodiless, r.ID)) {
			t.Errorf("%s: %s, listed %v", r.ID, r.Method, listed)
		}
	}
}

func TestStrangersAreToldToSignIn(t *testing.T) {
	f := open(t, api.Config{})
	former := &person{f: f, name: "somebody with an old cookie", token: "c2Vzc2lvbg"}
	for _, r := range api.Routes() {
		if r.Anyone {
			continue
		}
		for _, p := range []*person{f.stranger(), former} {
			if problem := p.send(r, 1).refused(401); problem.Detail != "Sign in first." {
				t.Errorf("%s: %q", r.ID, problem.Detail)
			}
		}
	}
}

func TestAnswersAreNeverStored(t *testing.T) {
	f := open(t, api.Config{})
	for _, r := range api.Routes() {
		for _, p := range []*person{f.stranger(), f.finn} {
			if a := p.send(r, 1); a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: Cache-Control %q", a.what, a.header.Get("Cache-Control"))
			}
		}
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	f := open(t, api.Config{})
	for _, r := range api.Routes() {
		if hasID(r) {
			for _, id := range []any{4711, 0, -1, int64(1) << 62} {
				f.ada.send(r, id).refused(404)
			}
		}
	}
}

func TestIdsInPathsAreNumbers(t *testing.T) {
	f := open(t, api.Config{})
	for _, r := range api.Routes() {
		if !hasID(r) {
			continue
		}
		for _, id := range []string{"x", "1x", "1.5", "99999999999999999999", "%20"} {
			p := f.ada.send(r, id).refused(422)
			want := "The path parameter id must be a whole number."
			if len(p.Errors) != 1 || p.Errors[0].Location != "path.id" || p.Detail != want {
				t.Errorf("%s with id %s: %+v", r.ID, id, p)
			}
		}
	}
}

// ofThread are the routes about what is in a thread, and whether they name the
// thread or the message.
func ofThread(r api.Route) (threads, messages bool) {
	return strings.Contains(r.Path, "/threads/{id}"), strings.Contains(r.Path, "/messages/{id}")
}

func TestAPaidThreadIsClosedToThoseWhoPayLess(t *testing.T) {
	f := open(t, api.Config{})
	paid := decode[parley.Thread](f.ada.post("/api/forum/threads", `{"title":"Joints","content":"Hi","min_tier_id":%d}`, f.supporters))
	message := f.mina.say(paid.ID, "Mine have dovetails.")
	for _, r := range api.Routes() {
		threads, messages := ofThread(r)
		switch {
		case r.ID == "get-thread-tier":
			f.finn.send(r, paid.ID).ok() // so that he learns what it takes
		case threads:
			f.finn.send(r, paid.ID).refused(403)
		case messages:
			f.finn.send(r, message.ID).refused(403)
		}
	}
}

func TestAPrivateThreadDoesNotShowThatItExists(t *testing.T) {
	f := open(t, api.Config{})
	private := decode[parley.Thread](f.ada.post("/api/forum/threads", `{"title":"Plans","content":"Hush","is_private":true}`))
	message := f.tomas.say(private.ID, "I say nothing.")
	for _, r := range api.Routes() {
		threads, messages := ofThread(r)
		if !threads && !messages {
			continue
		}
		id := private.ID
		if messages {
			id = message.ID
		}
		status := 404
		if r.ID == "set-thread-tier" {
			status = 403 // whatever it is about: only the creator may
		}
		there, nowhere := f.mina.send(r, id).refused(status), f.mina.send(r, 4711).refused(status)
		if there.Detail != nowhere.Detail {
			t.Errorf("%s: %q tells it from what is not there: %q", r.ID, there.Detail, nowhere.Detail)
		}
	}
}

func TestOtherPeoplesNotificationsAreNotFound(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	f.mina.say(thread.ID, "Look, @Finn!")
	note := f.finn.notified(1)[0]
	for _, r := range api.Routes() {
		if strings.Contains(r.Path, "/notifications/{id}") {
			f.mina.send(r, note.ID).refused(404)
		}
	}
	if after := f.finn.notified(1)[0]; after.IsRead {
		t.Error("Mina read Finn's notification")
	}
}

func TestMalformedBodiesAreRefused(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	for _, r := range api.Routes() {
		if bodies[r.ID] == "" {
			continue
		}
		address := addressOf(r, thread.ID)
		for _, body := range []string{`{`, `{"title":`, `nonsense`, `{"title":"a"}}`, "\x00", `{"a":1,}`, "{\"title\":\"caf\xe9\"}", strings.Repeat("[", 20000)} {
			p := f.ada.call(r.Method, address, body).refused(400)
			if !strings.HasPrefix(p.Detail, "The body is not valid JSON: ") {
				t.Errorf("%s %.20q: %q", r.ID, body, p.Detail)
			}
		}
		for _, body := range []string{`[]`, `"title"`, `7`, `true`} {
			if p := f.ada.call(r.Method, address, body).refused(422); p.Detail != "The body must be an object." {
				t.Errorf("%s %s: %q", r.ID, body, p.Detail)
			}
		}
		f.ada.call(r.Method, address, bodies[r.ID], "Content-Type", "application/xml").refused(415)
	}
}

func TestTooLargeBodiesAreRefused(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	for _, r := range api.Routes() {
		if bodies[r.ID] != "" {
			body := `{"content":"` + strings.Repeat("x", int(r.MaxBody)) + `"}`
			f.ada.call(r.Method, addressOf(r, thread.ID), body).refused(413)
		}
	}
}

func TestFieldsOfTheWrongTypeOrLengthAreNamed(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	long := strings.Repeat("ж", 10_001)
	threadPath, messages := path("/threads/%d", thread.ID), path("/threads/%d/messages", thread.ID)
	for _, c := range []struct{ method, path, body, location, message string }{
		{"POST", "/api/forum/threads", `{"content":"c"}`, "body.title", "is missing"},
		{"POST", "/api/forum/threads", `{"title":7,"content":"c"}`, "body.title", "must be a string"},
		{"POST", "/api/forum/threads", `{"title":"","content":"c"}`, "body.title", "must have at least 1 characters"},
		{"POST", "/api/forum/threads", `{"title":"` + long[:402] + `","content":"c"}`, "body.title", "must have at most 200 characters"},
		{"POST", "/api/forum/threads", `{"title":"t","content":"c","is_private":"yes"}`, "body.is_private", "must be true or false"},
		{"POST", "/api/forum/threads", `{"title":"t","content":"c","min_tier_id":"gold"}`, "body.min_tier_id", "must be a whole number"},
		{"POST", "/api/forum/threads", `{"title":"t","content":"c","min_tier_id":1.5}`, "body.min_tier_id", "must be a whole number"},
		{"POST", "/api/forum/threads", `{"title":"t","content":"c","min_tier_id":{"id":1}}`, "body.min_tier_id", "must be a whole number"},
		{"POST", "/api/forum/threads", `{"title":"  ","content":"c"}`, "body.title", "must have 1 to 200 characters, not 0"},
		{"PATCH", threadPath, `{"is_pinned":1}`, "body.is_pinned", "must be true or false"},
		{"PATCH", threadPath, `{"slow_mode_seconds":"soon"}`, "body.slow_mode_seconds", "must be a whole number"},
		{"PATCH", threadPath + "/tier-access", `{}`, "body.min_tier_id", "is missing"},
		{"POST", threadPath + "/follow", `{"notify_on_reply":"no"}`, "body.notify_on_reply", "must be true or false"},
		{"POST", threadPath + "/typing", `{"is_typing":"perhaps"}`, "body.is_typing", "must be true or false"},
		{"POST", threadPath + "/typing", `{}`, "body.is_typing", "is missing"},
		{"POST", threadPath + "/mark-read", `{"up_to_message_id":true}`, "body.up_to_message_id", "must be a whole number"},
		{"POST", threadPath + "/mark-read", `{"up_to_message_id":0}`, "body.up_to_message_id", "must be a message's id"},
		{"POST", threadPath + "/mark-read", `{"up_to_message_id":"-1"}`, "body.up_to_message_id", "must be a message's id"},
		{"POST", messages, `{"content":"` + long + `"}`, "body.content", "must have at most 10000 characters"},
		{"POST", messages, `{"content":"c","reply_to_id":"9e99"}`, "body.reply_to_id", "must be a whole number"},
		{"POST", messages, `{"content":" \n "}`, "body.content", "must have 1 to 10000 characters, not 0"},
		{"POST", messages, `{"content":null}`, "body.content", "must be a string"},
		{"GET", messages + "?limit=101", ``, "query.limit", "must be at most 100"},
		{"GET", messages + "?limit=0", ``, "query.limit", "must be at least 1"},
		{"GET", messages + "?before_id=x", ``, "query.before_id", "must be a whole number"},
		{"GET", messages + "?mark_read=perhaps", ``, "query.mark_read", "must be true or false"},
		{"GET", "/api/forum/threads?limit=51", ``, "query.limit", "must be at most 50"},
		{"GET", "/api/forum/threads?page=0", ``, "query.page", "must be at least 1"},
		{"GET", "/api/forum/threads?filter_type=mine", ``, "query.filter_type", "must be one of main, following, all, unread"},
		{"GET", threadPath + "/recent?limit=51", ``, "query.limit", "must be at most 50"},
		{"GET", "/api/forum/notifications?limit=101", ``, "query.limit", "must be at most 100"},
		{"GET", "/api/forum/users/search", ``, "query.q", "is missing"},
		{"GET", "/api/forum/users/search?q=a&limit=21", ``, "query.limit", "must be at most 20"},
	} {
		p := f.ada.call(c.method, c.path, c.body).refused(422)
		if len(p.Errors) != 1 || p.Errors[0].Location != c.location || p.Errors[0].Message != c.message || !strings.Contains(p.Detail, c.message) {
			t.Errorf("%s %s %.60s: %+v, want %s %s", c.method, c.path, c.body, p, c.location, c.message)
		}
	}
}

func TestARequestWithoutItsBodyIsRefused(t *testing.T) {
	f := open(t, api.Config{})
	for _, body := range []string{"", " \n"} {
		if p := f.ada.call("POST", "/api/forum/threads", body).refused(400); p.Detail != "This request needs a body in JSON." {
			t.Errorf("%q: %+v", body, p)
		}
	}
}

func TestSeveralMistakesAreToldAtOnce(t *testing.T) {
	f := open(t, api.Config{})
	p := f.ada.post("/api/forum/threads", `{"is_private":7}`).refused(422)
	want := "The field content is missing. The field is_private must be true or false. The field title is missing."
	if p.Detail != want || len(p.Errors) != 3 {
		t.Errorf("%+v, want %q", p, want)
	}
}
