package matrix

import (
	"slices"

	"parley/internal/app"
)

// What is found, counted and told.

// searches looks for every word that ever stood anywhere.
func searches(f *forum, p *person, r route) {
	if a := f.ask(p, r, "", "?q=zq1x"); !p.knocks() {
		equal(f, a.status, 401, "%s", a.what)
		return
	}
	for _, t := range f.threads {
		a := f.ask(p, r, "", "?q="+t.word)
		found := decode[app.SearchResult](a)
		equal(f, len(found.Threads) == 1 && found.Threads[0].ID == t.id, p.sees(t), "%s (%s)", a.what, t.story)
		equal(f, len(found.Messages), 0, "%s: messages", a.what)
		for _, m := range t.messages {
			a := f.ask(p, r, "", "?q="+m.word)
			found := decode[app.SearchResult](a)
			equal(f, len(found.Messages) == 1 && found.Messages[0].ID == m.id, p.reads(m), "%s in %s", a.what, t.story)
			if m.earlier != "" {
				a := f.ask(p, r, "", "?q="+m.earlier)
				equal(f, len(decode[app.SearchResult](a).Messages), 0, "%s: a text that was edited away", a.what)
			}
		}
	}
}

func statistics(f *forum, p *person, r route) {
	a := f.ask(p, r, "", "")
	if !p.knocks() {
		equal(f, a.status, 401, "%s", a.what)
		return
	}
	got := decode[app.Stats](a)
	var main, sub, messages, most int64
	for _, t := range f.threads {
		n := holds(t.messages, p.counts)
		messages += n
		switch {
		case !p.sees(t):
			continue
		case t.parent == nil:
			main++
		default:
			sub++
		}
		most = max(most, n)
	}
	equal(f, got.MainThreads, main, "%s: main threads", a.what)
	equal(f, got.SubThreads, sub, "%s: sub-threads", a.what)
	equal(f, got.TotalThreads, main+sub, "%s: threads", a.what)
	equal(f, got.TotalMessages, messages, "%s: messages", a.what)
	equal(f, got.RecentMessages24h, messages, "%s: of today", a.what)
	equal(f, got.MostActiveThread.MessageCount, most, "%s: the busiest", a.what)
	busiest := slices.IndexFunc(f.threads, func(t *thread) bool { return t.id == got.MostActiveThread.ID })
	equal(f, p.sees(f.threads[busiest]), true, "%s: the busiest is %s", a.what, f.threads[busiest].story)
}

// activity looks at what each person wrote.
func activity(f *forum, p *person, r route) {
	for _, author := range []*person{f.ada, f.tomas, f.bela, f.people[3]} {
		a := f.ask(p, r, author.id, "")
		if !p.knocks() {
			equal(f, a.status, 401, "%s", a.what)
			continue
		}
		got := decode[app.UserActivity](a)
		var wrote []*message
		var counted int64
		for _, t := range f.threads {
			for _, m := range t.messages {
				if m.author == author && p.reads(m) {
					wrote = append(wrote, m)
				}
				if m.author == author && p.counts(m) {
					counted++
				}
			}
		}
		slices.SortFunc(wrote, func(a, b *message) int { return int(b.id - a.id) })
		started := holds(f.threads, func(t *thread) bool { return t.author == author && p.sees(t) })
		equal(f, got.ThreadsCreated, started, "%s: threads", a.what)
		equal(f, int64(len(got.CreatedThreads)), min(started, 20), "%s: threads shown", a.what)
		equal(f, got.TotalMessages, counted, "%s: messages", a.what)
		equal(f, len(got.RecentMessages), min(len(wrote), 10), "%s: messages shown", a.what)
		for i, m := range got.RecentMessages {
			equal(f, m.ID, wrote[i].id, "%s: message %d", a.what, i)
		}
		for _, t := range got.CreatedThreads {
			f.sameThread(p, t)
		}
	}
}

// heard counts the notifications that somebody has of some threads.
func (f *forum) heard(p *person, threads ...*thread) (n int64) {
	for _, t := range threads {
		for _, m := range t.messages {
			n += p.hears(m)
		}
	}
	return n
}

func notifications(f *forum, p *person, r route) {
	if a := f.ask(p, r, "", ""); !p.knocks() {
		equal(f, a.status, 401, "%s", a.what)
		return
	}
	told := map[int64]int64{}
	all := f.heard(p, f.threads...)
	for before := int64(0); ; {
		page := decode[app.NotificationPage](f.get(p, "/api/forum/notifications?limit=100&before_id=%d", before))
		equal(f, page.Total, all, "%s: notifications in all", p.name)
		equal(f, page.UnreadCount, all, "%s: unread notifications", p.name)
		for _, n := range page.Notifications {
			told[*n.MessageID]++
			before = n.ID
		}
		if len(page.Notifications) < 100 {
			break
		}
	}
	for _, t := range f.threads {
		for _, m := range t.messages {
			equal(f, told[m.id], p.hears(m), "%s: notified of %s in %s", p.name, m.word, t.story)
		}
	}
}

func notificationCount(f *forum, p *person, r route) {
	a := f.ask(p, r, "", "")
	if !p.knocks() {
		equal(f, a.status, 401, "%s", a.what)
		return
	}
	equal(f, decode[app.Count](a).Count, f.heard(p, f.threads...), "%s", a.what)
}
