package matrix

import (
	"fmt"

	"parley"
	"parley/internal/app"
)

// start has Ada start a main thread where others answer.
func (f *forum) start(a access, story string) *thread {
	t := &thread{story: story, author: f.ada, private: a.private, cents: a.cents, tier: f.tiers[a.cents], followers: map[*person]bool{}}
	first := f.entitle(t)
	f.keep(first, f.must(f.ada, "POST", "/api/forum/threads", `{"title":%q,"content":%q,"min_tier_id":%d,"is_private":%v}`,
		"About "+t.word, f.toAll(first), t.tier, t.private))
	answered := f.say(t, f.somebody(t), nil)
	f.say(t, f.tomas, answered)
	f.must(f.tomas, "POST", fmt.Sprintf("/api/forum/messages/%d/like", answered.id), ``)
	answered.told[answered.author] = true // of the like
	return t
}

// grow has a sub-thread started from the last message of a thread.
func (f *forum) grow(t *thread, story string) *thread {
	sub := &thread{
		story: t.story + ": " + story, parent: t, source: t.messages[len(t.messages)-1], author: f.somebody(t),
		private: t.private, cents: t.cents, tier: t.tier, followers: map[*person]bool{},
	}
	first := f.entitle(sub)
	f.keep(first, f.must(sub.author, "POST", fmt.Sprintf("/api/forum/messages/%d/create-thread", sub.source.id), `{"title":%q,"content":%q}`,
		"More of "+sub.word, f.toAll(first)))
	f.say(sub, f.tomas, nil)
	return sub
}

// somebody is a member where one may write, or Ada.
func (f *forum) somebody(t *thread) *person {
	if f.bela.sees(t) {
		return f.bela
	}
	return f.ada
}

// entitle gives a thread its title and its first message. What a deleted thread was
// called stands in the log that the team can read.
func (f *forum) entitle(t *thread) *message {
	t.word = f.word(func(p *person) bool { return p.sees(t) || t.gone() && p.knocks() && p.staff() })
	first := &message{thread: t, author: t.author, told: map[*person]bool{}}
	first.word = f.word(func(p *person) bool { return p.reads(first) })
	return first
}

// toAll is a text that names everybody.
func (f *forum) toAll(m *message) string {
	text := "See " + m.word
	for _, p := range f.people {
		if p.role != "" {
			text += " @" + p.name
			m.told[p] = p != m.author && p.sees(m.thread)
		}
	}
	return text
}

// keep notes a thread that was started.
func (f *forum) keep(first *message, made answer) {
	t := first.thread
	t.id = decode[parley.Thread](made).ID
	first.id = decode[[]parley.Message](f.get(f.ada, "/api/forum/threads/%d/messages?mark_read=false", t.id))[0].ID
	t.messages = append(t.messages, first)
	t.followers[t.author] = true
	f.threads = append(f.threads, t)
}

// say has somebody write a message. Who started the thread hears of it, and who is
// answered.
func (f *forum) say(t *thread, author *person, answers *message) *message {
	m := &message{thread: t, author: author, told: map[*person]bool{}, answers: answers}
	m.word = f.word(func(p *person) bool { return p.reads(m) })
	replyTo := int64(0)
	m.told[t.author] = t.author != author && t.author.sees(t)
	if answers != nil {
		replyTo = answers.id
		m.told[answers.author] = answers.author != author && answers.author.sees(t)
	}
	m.id = decode[parley.Message](f.must(author, "POST", fmt.Sprintf("/api/forum/threads/%d/messages", t.id), `{"content":%q,"reply_to_id":%d}`,
		"Well, "+m.word, replyTo)).ID
	t.messages = append(t.messages, m)
	t.followers[author] = true
	return m
}

// open changes whom a thread is for.
func (f *forum) open(t *thread, a access) {
	t.private, t.cents, t.tier = a.private, a.cents, f.tiers[a.cents]
	f.must(f.ada, "PATCH", fmt.Sprintf("/api/forum/threads/%d", t.id), `{"is_private":%v,"min_tier_id":%d}`, t.private, t.tier)
}

func (f *forum) lock(t *thread) {
	t.locked = true
	f.must(f.ada, "PATCH", fmt.Sprintf("/api/forum/threads/%d", t.id), `{"is_locked":true}`)
}

func (f *forum) remove(t *thread) {
	t.deleted = true
	f.must(f.ada, "DELETE", fmt.Sprintf("/api/forum/threads/%d", t.id), ``)
}

func (f *forum) erase(by *person, m *message) {
	m.deleted, m.noticed = true, by != m.author
	f.must(by, "DELETE", fmt.Sprintf("/api/forum/messages/%d", m.id), ``)
}

// hide has Tomas find a message wrong.
func (f *forum) hide(m *message) {
	m.hidden, m.noticed = true, true
	f.must(f.tomas, "POST", fmt.Sprintf("/api/forum/messages/%d/flag", m.id), `{"reason":"spam"}`)
	flag := decode[[]app.FlagEntry](f.get(f.tomas, "/api/forum/moderation/flags?limit=1"))[0].ID
	f.must(f.tomas, "POST", fmt.Sprintf("/api/forum/moderation/flags/%d", flag), `{"action":"hide"}`)
}

// rewrite hides a message in every thread, deletes one, and edits one.
func (f *forum) rewrite() {
	for _, t := range f.threads {
		if t.gone() {
			continue
		}
		author := f.ada
		if f.bela.writesIn(t) {
			author = f.bela
		}
		wrong := f.say(t, author, nil)
		answer, gone := f.say(t, f.ada, wrong), f.say(t, f.ada, nil)
		if t.parent == nil {
			f.show(wrong)
			f.show(answer)
			f.show(gone)
		}
		f.hide(wrong)
		f.erase(f.tomas, gone)
		m := f.say(t, f.ada, nil)
		m.earlier = m.word
		f.words[m.earlier] = func(p *person) bool { return p.readsHistory(m) }
		m.word = f.word(func(p *person) bool { return p.reads(m) })
		f.must(f.ada, "PATCH", fmt.Sprintf("/api/forum/messages/%d", m.id), `{"content":%q}`, "Rather "+m.word)
	}
}
