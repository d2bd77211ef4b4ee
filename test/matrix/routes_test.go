package matrix

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// probe compares what a route answers one person with the model. It reports through
// its forum.
type probe func(f *forum, p *person, r route)

// route is a row of the matrix. The rows are walked through from top to bottom: what
// changes the world comes behind what looks at it.
type route struct {
	name  string // method and path, as docs/contract.md has it
	probe probe
}

var routes = []route{
	{"GET /api/forum/threads", lists},
	{"GET /api/forum/threads/{id}", ofThreads(showsThread)},
	{"GET /api/forum/threads/{id}/tier-info", tierInfo},
	{"GET /api/forum/threads/{id}/hierarchy", ofThreads(showsHierarchy)},
	{"GET /api/forum/threads/{id}/message-count", ofThreads(countsMessages)},
	{"GET /api/forum/threads/{id}/messages", ofThreads(pagesMessages)},
	{"GET /api/forum/threads/{id}/recent", ofThreads(showsMessages)},
	{"GET /api/forum/messages/{id}/history", ofMessages(showsHistory)},
	{"GET /api/forum/messages/{id}/replies", ofMessages(showsReplies)},
	{"GET /api/forum/messages/{id}/likes", ofMessages(showsLikes)},
	{"GET /api/forum/messages/{id}/threads", ofMessages(showsGrown)},
	{"GET /api/forum/messages/{id}/thread-count", ofMessages(countsGrown)},
	{"GET /api/forum/search", searches},
	{"GET /api/forum/stats", statistics},
	{"GET /api/forum/user/{id}/activity", activity},
	{"GET /api/forum/notifications", notifications},
	{"GET /api/forum/notifications/count", notificationCount},
	{"GET /api/forum/uploads/{id}", pictures},

	{"GET /api/forum/users/search", members("?q=a")},
	{"GET /api/forum/settings", members("")},
	{"GET /api/forum/settings/alias/check", members("?alias=Xaver")},
	{"GET /api/forum/settings/everyone-mentions", members("")},
	{"GET /api/forum/tiers/available", members("")},
	{"GET /api/forum/user-tier-info", members("")},
	{"GET /api/auth/me", members("")},
	{"GET /api/auth/sessions", members("")},
	{"GET /api/auth/options", anybody},

	{"GET /api/forum/moderation/log", staff("?limit=100")},
	{"GET /api/forum/moderation/flags", staff("?state=resolved&limit=100")},
	{"GET /api/forum/moderation/everyone/settings", creators("")},
	{"GET /api/forum/moderation/everyone/pending", creators("")},
	{"GET /api/forum/moderation/everyone/analytics", creators("")},
	{"GET /api/forum/moderation/everyone/restricted-users", creators("")},
	{"GET /api/admin/users", creators("")},
	{"GET /api/admin/users/{id}", creators("")},
	{"GET /api/admin/tiers", creators("")},
	{"GET /api/admin/community", creators("")},
	{"GET /api/admin/api-keys", creators("")},
	{"GET /api/admin/audit", creators("?limit=100")},
	{"GET /api/admin/realtime", creators("")},

	{"POST /api/forum/threads/{id}/follow", inThreads(``, seen)},
	{"DELETE /api/forum/threads/{id}/follow", inThreads(``, seen)},
	{"POST /api/forum/threads/{id}/mute", inThreads(``, seen)},
	{"DELETE /api/forum/threads/{id}/mute", inThreads(``, seen)},
	{"POST /api/forum/threads/{id}/mark-read", inThreads(``, seen)},
	{"POST /api/forum/threads/{id}/typing", speaking(inThreads(`{"is_typing":true}`, seen))},
	{"POST /api/forum/messages/{id}/like", speaking(onMessages(``, likable))},
	{"DELETE /api/forum/messages/{id}/like", speaking(onMessages(``, likable))},
	{"POST /api/forum/messages/{id}/flag", speaking(flags)},
	{"POST /api/forum/uploads", uploads},
	{"POST /api/forum/messages/{id}/move", speaking(onMessages(`{"thread_id":4711}`, movable))},
	{"POST /api/forum/moderation/flags/{id}", staff(`{"action":"keep"}`)},
	{"POST /api/forum/threads/{id}/messages", speaking(inThreads(`{"content":"Hello"}`, writable))},
	{"PATCH /api/forum/messages/{id}", speaking(onMessages(`{"content":"Hello again"}`, editable))},
	{"POST /api/forum/messages/{id}/create-thread", speaking(onMessages(`{"title":"More","content":"Much more"}`, growable))},
	{"DELETE /api/forum/messages/{id}", speaking(onMessages(``, deletable))},
	{"POST /api/forum/messages/{id}/restore", speaking(restores)},
	{"PATCH /api/forum/threads/{id}", speaking(inThreads(`{"is_pinned":true}`, manageable))},
	{"PATCH /api/forum/threads/{id}/tier-access", inThreads(`{"min_tier_id":0}`, ownable)},
	{"DELETE /api/forum/threads/{id}", speaking(removes(0))},
	{"DELETE /api/forum/threads/{id}/delete-hierarchy", speaking(removes(1))},
	{"POST /api/forum/threads", speaking(starts)},

	{"POST /api/forum/notifications/{id}/read", othersNotifications},
	{"DELETE /api/forum/notifications/{id}", othersNotifications},
	{"POST /api/forum/notifications/mark-all-read", members("")},

	{"PATCH /api/forum/moderation/everyone/settings", creators(`{"team_rate_limit":9}`)},
	{"POST /api/forum/moderation/everyone/pending/{id}/approve", creators(``)},
	{"POST /api/forum/moderation/everyone/pending/{id}/reject", creators(``)},
	{"POST /api/forum/moderation/everyone/emergency-disable", creators(`{"reason":"A test"}`)},
	{"POST /api/forum/moderation/everyone/emergency-enable", creators(``)},
	{"POST /api/forum/moderation/everyone/restrict-user", creators(`{"reason":"A test"}`)},
	{"DELETE /api/forum/moderation/everyone/restrict-user/{id}", creators(``)},
	{"POST /api/forum/moderation/users/{id}/silence", staff(`{"reason":"A test"}`)},
	{"DELETE /api/forum/moderation/users/{id}/silence", staff(``)},
	{"POST /api/forum/moderation/users/{id}/suspend", staff(`{"reason":"A test"}`)},
	{"DELETE /api/forum/moderation/users/{id}/suspend", staff(``)},
	{"PATCH /api/admin/users/{id}", creators(`{"amount_cents":1}`)},
	{"POST /api/admin/users/{id}/deactivate", creators(`{}`)},
	{"POST /api/admin/users/{id}/reactivate", creators(``)},
	{"POST /api/admin/tiers", creators(`{"title":"Gold","amount_cents":5000}`)},
	{"PATCH /api/admin/tiers/{id}", creators(`{"title":"Silver"}`)},
	{"DELETE /api/admin/tiers/{id}", creators(``)},
	{"PATCH /api/admin/community", creators(`{"name":"The workshop"}`)},
	{"POST /api/admin/api-keys", creators(`{"name":"Shop","scopes":["admin:read"]}`)},
	{"DELETE /api/admin/api-keys/{id}", creators(``)},
	{"PUT /api/admin/members/{external_id}", creators(`{"username":"Xaver","role":"member","amount_cents":0,"source":"shop","is_active":true}`)},
	{"POST /api/admin/members/bulk", creators(`{"members":[{"external_id":"7","username":"Yann","role":"member","amount_cents":0,"source":"shop","is_active":true}]}`)},
	{"POST /api/admin/realtime/bus", creators(`{"mode":"local"}`)},

	{"PATCH /api/forum/settings/everyone-mentions", members(`{"allow_everyone_mentions":false}`)},
	{"PATCH /api/forum/settings", members(`{"enable_notification_sound":false}`)},
	{"POST /api/forum/settings/reset", members(``)},
}

// elsewhere are routes that show nothing of the forum, to whomever; and the feeds,
// which the other half of the matrix looks at.
var elsewhere = []string{
	"POST /api/auth/register", "POST /api/auth/login", "POST /api/auth/demo", "POST /api/auth/logout", "POST /api/auth/password",
	"DELETE /api/auth/sessions/{public_id}",
	"GET /api/forum/ws/thread/{id}", "GET /api/forum/ws/global", "GET /api/forum/events/thread/{id}", "GET /api/forum/events/global",
}

var listed = regexp.MustCompile("(?m)^\\| `([A-Z]+ /[^`]+)` \\| (.+) \\|$")

// TestEveryRouteIsInTheMatrix compares the rows with docs/contract.md, which another
// test compares with the routes that there are.
func TestEveryRouteIsInTheMatrix(t *testing.T) {
	page, err := os.ReadFile("../../docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, r := range routes {
		known[r.name] = true
	}
	for _, name := range elsewhere {
		known[name] = true
	}
	for _, row := range listed.FindAllStringSubmatch(string(page), -1) {
		if row[2] != "not there yet" && !known[row[1]] {
			t.Errorf("%s is new: say in routes_test.go who may see what of it", row[1])
		}
		delete(known, row[1])
	}
	for name := range known {
		t.Errorf("%s is no route any more", name)
	}
}

// method and path split a route's name, with this in the place of an id.
func (r route) at(id any) (method, path string) {
	method, path, _ = strings.Cut(r.name, " ")
	if open := strings.Index(path, "{"); open >= 0 {
		path = path[:open] + fmt.Sprint(id) + path[strings.Index(path, "}")+1:]
	}
	return method, path
}

// nowhere is the id of nothing.
const nowhere = 4711

// ask calls a route.
func (f *forum) ask(p *person, r route, id any, body string) answer {
	f.t.Helper()
	method, path := r.at(id)
	if strings.HasPrefix(body, "?") {
		path, body = path+body, ""
	}
	return f.call(p, method, path, body)
}

// known are the threads to ask for: all of them, or a few for those who are refused
// before anybody looks what they ask for.
func (f *forum) known(p *person) []*thread {
	if !p.knocks() {
		return f.threads[:3]
	}
	return f.threads
}

// ofThreads asks for each thread. Who sees it is shown what shows compares; others
// are refused, and cannot tell what is hidden from what does not exist.
func ofThreads(shows func(*forum, answer, *thread)) probe {
	return func(f *forum, p *person, r route) {
		none := f.ask(p, r, nowhere, "")
		for _, t := range f.known(p) {
			body := ""
			if strings.HasSuffix(r.name, "/messages") {
				body = "?mark_read=false"
			}
			a := f.ask(p, r, t.id, body)
			equal(f, a.status, p.refusal(t), "%s (%s)", a.what, t.story)
			switch a.status {
			case 200:
				shows(f, a, t)
			case 404:
				equal(f, string(a.body), string(none.body), "%s", a.what)
			}
		}
	}
}

// ofMessages asks for each message.
func ofMessages(shows func(*forum, answer, *message)) probe {
	return func(f *forum, p *person, r route) {
		none := f.ask(p, r, nowhere, "")
		for _, t := range f.known(p) {
			for _, m := range t.worthReading() {
				a := f.ask(p, r, m.id, "")
				want := p.refusalOf(m)
				if strings.HasSuffix(r.name, "/history") && want == 200 && !p.readsHistory(m) {
					want = 403
				}
				equal(f, a.status, want, "%s (%s)", a.what, t.story)
				switch a.status {
				case 200:
					shows(f, a, m)
				case 404:
					equal(f, string(a.body), string(none.body), "%s", a.what)
				}
			}
		}
	}
}

// members asks for what everybody has who is known here.
func members(body string) probe {
	return byRole(body, func(p *person) bool { return true })
}

func staff(body string) probe { return byRole(body, (*person).staff) }

func creators(body string) probe {
	return byRole(body, func(p *person) bool { return p.role == "creator" })
}

// byRole asks for what a role has. What is asked of nothing is not found by those
// who may ask.
func byRole(body string, may func(*person) bool) probe {
	return func(f *forum, p *person, r route) {
		a := f.ask(p, r, nowhere, body)
		if strings.HasSuffix(r.name, "/restrict-user") {
			a = f.ask(p, route{name: r.name + "?user_id=4711"}, nowhere, body)
		}
		want := 403
		switch {
		case !p.knocks():
			want = 401
		case may(p) && (strings.Contains(r.name, "{id}") || strings.HasSuffix(r.name, "/restrict-user")):
			want = 404
		case may(p):
			want = 200
		}
		equal(f, a.status, want, "%s", a.what)
	}
}

// speaking is for what others would see of somebody: who is silenced is told so,
// whatever it is about.
func speaking(whole probe) probe {
	return func(f *forum, p *person, r route) {
		if !p.silenced {
			whole(f, p, r)
			return
		}
		for _, t := range f.threads[:5] {
			id := t.id
			if strings.Contains(r.name, "/messages/{id}") {
				id = t.messages[0].id
			}
			a := f.ask(p, r, id, `{"title":"Hello","content":"Hello","reason":"spam","thread_id":4711,"is_typing":true}`)
			equal(f, a.status, 403, "%s, silenced", a.what)
		}
	}
}

func anybody(f *forum, p *person, r route) {
	a := f.ask(p, r, nowhere, "")
	equal(f, a.status, 200, "%s", a.what)
}
