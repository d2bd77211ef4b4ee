package matrix

import (
	"fmt"
	"slices"
	"strings"

	"parley/internal/app"
)

// What may be done with what one sees: the status that the answer has.

func when(may bool) int {
	if may {
		return 200
	}
	return 403
}

func seen(*person, *thread) int         { return 200 }
func writable(p *person, t *thread) int { return when(p.writesIn(t)) }
func manageable(p *person, t *thread) int {
	return when(p.manages(t))
}
func ownable(p *person, _ *thread) int { return when(p.role == "creator") }

// likable: "own message 400".
func likable(p *person, m *message) int {
	if p == m.author {
		return 400
	}
	return 200
}

func editable(p *person, m *message) int { return when(p == m.author) }

// growable: "from a message of a main thread (else 400)".
func growable(_ *person, m *message) int {
	if m.thread.parent != nil {
		return 400
	}
	return 200
}

// deletable: "author, team, creator; first message of a thread: 400".
func deletable(p *person, m *message) int {
	switch {
	case !p.staff() && p != m.author:
		return 403
	case m == m.thread.messages[0]:
		return 400
	default:
		return 200
	}
}

// movable: the team moves messages; here to a thread that is not there.
func movable(p *person, _ *message) int {
	if p.staff() {
		return 404
	}
	return 403
}

// inThreads does something in each thread.
func inThreads(body string, status func(*person, *thread) int) probe {
	return func(f *forum, p *person, r route) {
		for _, t := range f.known(p) {
			want := p.refusal(t)
			switch {
			case want == 200:
				want = status(p, t)
			case strings.HasSuffix(r.name, "/tier-access") && p.knocks() && p.role != "creator":
				want = 403 // whatever it is about
			}
			a := f.ask(p, r, t.id, body)
			equal(f, a.status, want, "%s (%s)", a.what, t.story)
		}
	}
}

// onMessages does something with each message, the newest first: replies before what
// they answer, which takes them along.
func onMessages(body string, status func(*person, *message) int) probe {
	return func(f *forum, p *person, r route) {
		for _, t := range slices.Backward(f.known(p)) {
			for _, m := range slices.Backward(t.worthTouching()) {
				f.onMessage(p, r, m, body, status)
			}
		}
	}
}

func (f *forum) onMessage(p *person, r route, m *message, body string, status func(*person, *message) int) {
	f.t.Helper()
	want := p.refusalOf(m)
	if want == 200 {
		want = status(p, m)
	}
	a := f.ask(p, r, m.id, body)
	equal(f, a.status, want, "%s (%s)", a.what, m.thread.story)
}

// flags finds something wrong in the first threads: nobody may have many flags open.
// "anyone with access, once per message".
func flags(f *forum, p *person, r route) {
	for _, t := range f.known(p)[:3] {
		for _, m := range t.messages {
			f.onMessage(p, r, m, `{"reason":"spam"}`, func(p *person, m *message) int {
				switch {
				case p == m.author:
					return 400
				case m.hidden && p == f.tomas:
					return 409
				default:
					return 200
				}
			})
		}
	}
}

// restores asks for each message to be there again, those first that others answer.
// Whoever sees the thread may learn that somebody else could restore it.
func restores(f *forum, p *person, r route) {
	for _, t := range f.known(p) {
		for _, m := range t.worthTouching() {
			want := p.refusal(t)
			switch {
			case want == 200 && m.hidden && !p.reads(m):
				want = 404
			case want == 200 && !p.staff():
				want = 403
			case want == 200 && m == t.messages[0]:
				want = 400 // it was not deleted
			}
			a := f.ask(p, r, m.id, "")
			equal(f, a.status, want, "%s (%s)", a.what, t.story)
			if a.status == 200 && m.deleted { // as the model has it
				f.must(p, "DELETE", fmt.Sprintf("/api/forum/messages/%d", m.id), ``)
			}
		}
	}
}

// removes deletes half of the main threads with what belongs to them, the last ones
// first: sub-threads before what they grew out of.
func removes(half int) probe {
	return func(f *forum, p *person, r route) {
		none := f.ask(p, r, nowhere, "")
		for _, t := range slices.Backward(f.known(p)) {
			top := t
			if t.parent != nil {
				top = t.parent
			}
			if slices.Index(f.threads, top)%2 != half {
				continue
			}
			want := p.refusal(t)
			if want == 200 {
				want = when(p.manages(t))
			}
			a := f.ask(p, r, t.id, "")
			equal(f, a.status, want, "%s (%s)", a.what, t.story)
			if a.status == 404 {
				equal(f, string(a.body), string(none.body), "%s", a.what)
			}
		}
	}
}

// starts starts a thread: "thread_creation: creator (default)".
func starts(f *forum, p *person, r route) {
	want := 401
	if p.knocks() {
		want = when(p.role == "creator")
	}
	a := f.ask(p, r, "", `{"title":"New","content":"And bare"}`)
	equal(f, a.status, want, "%s", a.what)
}

// othersNotifications asks for notifications by their numbers: only one's own are
// there, and of those only what one still sees.
func othersNotifications(f *forum, p *person, r route) {
	own := map[int64]bool{}
	if p.knocks() {
		page := decode[app.NotificationPage](f.get(p, "/api/forum/notifications?limit=100"))
		for len(page.Notifications) > 0 {
			for _, n := range page.Notifications {
				own[n.ID] = true
			}
			page = decode[app.NotificationPage](f.get(p, "/api/forum/notifications?limit=100&before_id=%d", page.Notifications[len(page.Notifications)-1].ID))
		}
	}
	for id := int64(1); id < 600; id += 7 {
		want := 404
		switch {
		case !p.knocks():
			want = 401
		case own[id]:
			want = 200
		}
		a := f.ask(p, r, id, "")
		equal(f, a.status, want, "%s", a.what)
	}
}
