package matrix

import (
	"fmt"
	"slices"
	"testing"

	"parley"
)

// testFeeds has everybody follow everything by WebSocket and by event stream, lets
// everything happen everywhere, and compares who is told what.
func testFeeds(t *testing.T, f *forum) {
	f.t = t
	s := serve(f)
	s.enter()
	s.tells(func(p *person) bool { return p.silenced && p.knocks() }, "silenced") // whoever comes is told how they stand
	s.compare("nothing")
	for _, t := range s.alive() {
		s.talk(t)
	}
	s.compare("talk")
	for _, a := range []access{open, paid, private} {
		s.begin(a)
	}
	s.cut()
	s.compare("threads come and go")
	s.restrict()
	s.turn("Finn", 900)
	s.turn("Gita", 0)
	s.compare("memberships")
	for _, t := range s.alive() {
		if t.parent == nil {
			s.reopen(t)
		}
	}
	s.compare("doors open and close")
	for _, t := range s.alive()[:8] {
		s.talk(t)
	}
	s.compare("talk behind other doors")
	for _, t := range s.alive() {
		if t.parent == nil {
			s.close(t)
		}
	}
	s.compare("the end")
	s.sawAll()
}

// alive are the threads that are there.
func (s *site) alive() (alive []*thread) {
	for _, t := range s.threads {
		if !t.gone() {
			alive = append(alive, t)
		}
	}
	return alive
}

// remember notes who sees a thread, before that changes.
func (s *site) remember(t *thread) {
	for _, p := range s.people {
		if s.saw[p] == nil {
			s.saw[p] = map[*thread]bool{}
		}
		s.saw[p][t] = p.sees(t)
	}
}

// seers are those who see a thread.
func seers(t *thread) func(*person) bool { return func(p *person) bool { return p.sees(t) } }

// couldOrCan are those who saw a thread when that was noted, and those who see it.
func (s *site) couldOrCan(t *thread) func(*person) bool {
	return func(p *person) bool { return s.saw[p][t] || p.sees(t) }
}

// write has Ada write something in a thread that calls many.
func (s *site) write(t *thread, call string) *message {
	m := &message{thread: t, author: s.ada, told: map[*person]bool{}}
	m.word = s.word(func(p *person) bool { return p.reads(m) })
	m.id = decode[parley.Message](s.must(s.ada, "POST", fmt.Sprintf("/api/forum/threads/%d/messages", t.id), `{"content":%q}`, call+" "+m.word)).ID
	t.messages = append(t.messages, m)
	s.expect(t, "new_message %d", m.id)
	return m
}

// talk lets everything happen in a thread that can happen in one.
func (s *site) talk(t *thread) {
	all := s.write(t, "@everyone")
	s.tells(seers(t), "everyone_mention %d", all.id)
	s.tells(func(p *person) bool { return p.sees(t) && p != s.ada }, "forum_notification mention %d", all.id)

	team := s.write(t, "@team")
	s.tells(seers(t), "team_mention %d", team.id)
	s.tells(func(p *person) bool { return p == s.tomas && p.sees(t) }, "forum_notification mention %d", team.id)
	s.tells(func(p *person) bool { return p == t.author && p != s.ada && p.sees(t) }, "forum_notification new_message %d", team.id)

	path := fmt.Sprintf("/api/forum/messages/%d", team.id)
	s.must(s.ada, "PATCH", path, `{"content":%q}`, "@team, once more: "+team.word)
	s.expect(t, "message_edited %d", team.id)
	s.must(s.tomas, "POST", path+"/like", ``)
	s.expect(t, "message_liked %d", team.id)
	s.tells(func(p *person) bool { return p == s.ada }, "forum_notification like %d", team.id)
	s.must(s.tomas, "DELETE", path+"/like", ``)
	s.expect(t, "message_unliked %d", team.id)
	s.comeAndGo(t)

	if t.parent == nil {
		s.branch(t, all)
	}
	s.must(s.ada, "PATCH", fmt.Sprintf("/api/forum/threads/%d", t.id), `{"title":%q}`, fmt.Sprint("About ", t.word, " for the ", s.barriers, "th time"))
	s.expect(t, "thread_updated")
	s.tells(seers(t), "threads_changed [%d]", t.id)
	s.must(s.tomas, "POST", fmt.Sprintf("/api/forum/threads/%d/typing", t.id), `{"is_typing":true}`)
}

// comeAndGo has Tomas delete a message of Ada's, and hide it, and restore it each time.
// It is one of old: who has not been told of a message when it is deleted is not told
// when it is restored.
func (s *site) comeAndGo(t *thread) {
	old := t.messages[slices.IndexFunc(t.messages, func(m *message) bool { return m.earlier != "" })]
	path := fmt.Sprintf("/api/forum/messages/%d", old.id)
	s.must(s.tomas, "DELETE", path, ``)
	s.expect(t, "messages_deleted [%d]", old.id)
	s.tells(func(p *person) bool { return p == s.ada }, "forum_notification moderation %d", old.id)
	s.must(s.tomas, "POST", path+"/restore", ``)
	s.expect(t, "messages_restored 1")
	if s.flagged[old] { // which one can once
		return
	}
	s.flagged[old] = true
	readers := func(p *person) bool { return p.staff() || p == old.author }
	others := func(p *person) bool { return !readers(p) }
	s.hide(old)
	s.shows(t, others, "messages_deleted [%d]", old.id)
	s.shows(t, readers, "message_hidden %d", old.id)
	s.must(s.tomas, "POST", path+"/restore", ``)
	s.shows(t, others, "messages_restored 1")
	s.shows(t, readers, "message_shown %d", old.id)
	old.hidden, old.noticed = false, false
	s.tells(func(p *person) bool { return p == s.ada }, "forum_notification moderation %d", old.id)
}

// branch has Tomas start a sub-thread from a message of Ada's.
func (s *site) branch(t *thread, source *message) {
	sub := &thread{
		story: t.story + ": while all look on", parent: t, source: source, author: s.tomas,
		private: t.private, cents: t.cents, tier: t.tier, followers: map[*person]bool{},
	}
	first := s.entitle(sub)
	s.keep(first, s.must(s.tomas, "POST", fmt.Sprintf("/api/forum/messages/%d/create-thread", source.id), `{"title":%q,"content":%q}`, sub.word, first.word))
	s.expect(t, "message_thread_count_updated %d, %d", source.id, sub.id)
	s.tells(func(p *person) bool { return t.followers[p] && p.sees(sub) }, "new_sub_thread_created %d", sub.id)
	s.tells(func(p *person) bool { return p == s.ada }, "forum_notification sub_thread %d", first.id)
}

// begin has Ada start a main thread.
func (s *site) begin(a access) {
	t := &thread{story: "begun " + a.name, author: s.ada, private: a.private, cents: a.cents, tier: s.tiers[a.cents], followers: map[*person]bool{}}
	first := s.entitle(t)
	s.keep(first, s.must(s.ada, "POST", "/api/forum/threads", `{"title":%q,"content":%q,"min_tier_id":%d,"is_private":%v}`, t.word, first.word, t.tier, t.private))
	s.tells(seers(t), "new_thread_created %d", t.id)
}

// cut deletes the sub-threads that were started while all looked on.
func (s *site) cut() {
	for _, t := range s.alive() {
		if t.parent != nil && t.author == s.tomas {
			s.remember(t)
			s.tells(seers(t), "thread_deleted %d", t.id)
			s.remove(t)
			s.expect(t.parent, "message_thread_count_updated %d, 0", t.source.id)
		}
	}
}

// restrict keeps Tomas from mentioning everyone, and Finn from writing.
func (s *site) restrict() {
	only := func(p *person) bool { return p == s.tomas }
	s.must(s.ada, "POST", fmt.Sprintf("/api/forum/moderation/everyone/restrict-user?user_id=%d", s.tomas.id), `{"reason":"A test"}`)
	s.tells(only, "everyone_restricted")
	s.must(s.ada, "DELETE", fmt.Sprintf("/api/forum/moderation/everyone/restrict-user/%d", s.tomas.id), ``)
	s.tells(only, "everyone_unrestricted")
	only = func(p *person) bool { return p.name == "Finn" }
	for _, p := range s.people {
		if only(p) {
			path := fmt.Sprintf("/api/forum/moderation/users/%d/silence", p.id)
			s.must(s.ada, "POST", path, `{"reason":"A test"}`)
			s.tells(only, "silenced")
			s.must(s.ada, "DELETE", path, ``)
			s.tells(only, "unsilenced")
		}
	}
}

// turn changes what somebody pays.
func (s *site) turn(name string, cents int) {
	for _, t := range s.threads {
		s.remember(t)
	}
	for _, p := range s.people {
		if p.name == name {
			p.cents = cents
			s.must(s.ada, "PATCH", fmt.Sprintf("/api/admin/users/%d", p.id), `{"amount_cents":%d}`, cents)
		}
	}
}

// reopen changes whom a main thread is for: everybody, those who pay, the team, and
// everybody again. Its sub-threads are no more open than it is.
func (s *site) reopen(t *thread) {
	subs, was := s.subsOf(t), map[*thread]string{}
	for _, sub := range append(subs, t) {
		s.remember(sub)
		was[sub] = fmt.Sprint(sub.hidden(), sub.asks())
	}
	asOpen := map[*thread]bool{}
	for _, sub := range subs {
		asOpen[sub] = sub.asOpen()
	}
	next := open
	switch {
	case t.private:
	case t.cents == 0:
		next = paid
	default:
		next = private
	}
	s.open(t, next)
	for _, changed := range append([]*thread{t}, subs...) {
		if was[changed] != fmt.Sprint(changed.hidden(), changed.asks()) {
			s.expect(changed, "thread_updated")
			s.tells(s.couldOrCan(changed), "threads_changed [%d]", changed.id)
		}
	}
	for _, sub := range subs {
		switch now := sub.asOpen(); {
		case now && !asOpen[sub]:
			s.expect(t, "message_thread_count_updated %d, %d", sub.source.id, sub.id)
		case !now && asOpen[sub]:
			s.expect(t, "message_thread_count_updated %d, 0", sub.source.id)
		}
	}
}

func (s *site) subsOf(t *thread) (subs []*thread) {
	for _, sub := range s.threads {
		if sub.parent == t && !sub.gone() {
			subs = append(subs, sub)
		}
	}
	return subs
}

// close deletes a main thread with its sub-threads.
func (s *site) close(t *thread) {
	for _, gone := range append([]*thread{t}, s.subsOf(t)...) {
		s.remember(gone)
		s.expect(gone, "thread_deleted %d", gone.id)
		s.tells(seers(gone), "thread_deleted %d", gone.id)
	}
	s.remove(t)
}
