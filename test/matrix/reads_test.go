package matrix

import (
	"slices"

	"parley"
	"parley/internal/api"
	"parley/internal/app"
)

// holds counts those that are so.
func holds[T any](all []T, so func(T) bool) (n int64) {
	for _, one := range all {
		if so(one) {
			n++
		}
	}
	return n
}

// shown returns the ids of what was shown.
func shown[T any](all []T, id func(T) int64) map[int64]bool {
	ids := map[int64]bool{}
	for _, one := range all {
		ids[id(one)] = true
	}
	return ids
}

func threadID(t parley.Thread) int64   { return t.ID }
func messageID(m parley.Message) int64 { return m.ID }

// sameThreads compares a list of threads with those that it should show.
func (f *forum) sameThreads(what string, got []parley.Thread, want func(*thread) bool) {
	f.t.Helper()
	ids := shown(got, threadID)
	for _, t := range f.threads {
		equal(f, ids[t.id], want(t), "%s shows %s", what, t.story)
	}
	equal(f, int64(len(got)), holds(f.threads, want), "%s: how many", what)
}

// lists looks through the list of threads with each of its filters.
func lists(f *forum, p *person, _ route) {
	if a := f.get(p, "/api/forum/threads"); !p.knocks() {
		equal(f, a.status, 401, "%s", a.what)
		return
	}
	for query, chosen := range map[string]func(*thread) bool{
		"filter_type=all":       func(t *thread) bool { return true },
		"filter_type=main":      func(t *thread) bool { return t.parent == nil },
		"filter_type=following": func(t *thread) bool { return t.followers[p] },
		"filter_type=unread":    func(t *thread) bool { return f.unread(p, t) > 0 },
		"thread_type=main":      func(t *thread) bool { return t.parent == nil },
		"thread_type=sub":       func(t *thread) bool { return t.parent != nil },
	} {
		var all []parley.Thread
		for page := 1; page == 1 || len(all) == (page-1)*50; page++ {
			all = append(all, decode[[]parley.Thread](f.get(p, "/api/forum/threads?%s&limit=50&page=%d", query, page))...)
		}
		f.sameThreads(p.name+": "+query, all, func(t *thread) bool { return p.sees(t) && chosen(t) })
		for _, got := range all {
			f.sameThread(p, got)
		}
	}
}

// unread counts the messages of others.
func (f *forum) unread(p *person, t *thread) int64 {
	return holds(t.messages, func(m *message) bool { return p.counts(m) && m.author != p })
}

// sameThread compares a thread as somebody is shown it.
func (f *forum) sameThread(p *person, got parley.Thread) {
	f.t.Helper()
	at := slices.IndexFunc(f.threads, func(t *thread) bool { return t.id == got.ID })
	if at < 0 {
		f.t.Errorf("%s is shown a thread %d that the model does not know", p.name, got.ID)
		return
	}
	type view struct {
		Access, Manage, Delete, Following, Locked, Private, Sourced bool
		Cents, Messages, Unread, Notified                           int64
		Kind                                                        parley.ThreadType
	}
	t, kind := f.threads[at], parley.MainThread
	if t.parent != nil {
		kind = parley.SubThread
	}
	equal(f, view{
		got.CanAccess, got.CanManage, got.CanDelete, got.IsFollowing, got.IsLocked, got.IsPrivate, got.CreatedFromMessage != nil,
		got.MinTierCents, got.MessageCount, got.UnreadMessages, got.UnreadCount, got.ThreadType,
	}, view{
		true, p.manages(t), p.manages(t), t.followers[p], t.locked, t.hidden(), t.source != nil && !t.source.deleted,
		int64(t.asks()), holds(t.messages, p.counts), f.unread(p, t), f.heard(p, t), kind,
	}, "%s: %s", p.name, t.story)
}

func showsThread(f *forum, a answer, _ *thread) { f.sameThread(a.by, decode[parley.Thread](a)) }

func showsHierarchy(f *forum, a answer, t *thread) {
	got := decode[app.Hierarchy](a)
	equal(f, got.CanManage, a.by.manages(t), "%s", a.what)
	equal(f, got.ParentMessage != nil, t.source != nil && !t.source.deleted, "%s: the message it grew out of", a.what)
}

// tierInfo is shown to those who cannot see a thread too, so that they learn what it
// takes; never of a private one.
func tierInfo(f *forum, p *person, r route) {
	for _, t := range f.known(p) {
		a := f.ask(p, r, t.id, "")
		want := p.refusal(t)
		if want == 403 {
			want = 200
		}
		equal(f, a.status, want, "%s (%s)", a.what, t.story)
		if a.status == 200 {
			got := decode[api.TierAccess](a)
			equal(f, got.UserCanAccess, p.sees(t), "%s (%s)", a.what, t.story)
			equal(f, got.MinTierCents, int64(t.asks()), "%s (%s)", a.what, t.story)
		}
	}
}

func countsMessages(f *forum, a answer, t *thread) {
	equal(f, decode[api.MessageCount](a).TotalMessages, holds(t.messages, a.by.counts), "%s", a.what)
}

// sameMessages compares the messages of a thread that were shown.
func (f *forum) sameMessages(a answer, of []*message, want func(*message) bool) {
	f.t.Helper()
	got := decode[[]parley.Message](a)
	ids := shown(got, messageID)
	for _, m := range of {
		equal(f, ids[m.id], want(m), "%s shows %s", a.what, m.word)
	}
	equal(f, int64(len(got)), holds(of, want), "%s: how many", a.what)
	for _, m := range got {
		f.sameMessage(a, m)
	}
}

// sameMessage compares what a message shows of others.
func (f *forum) sameMessage(a answer, got parley.Message) {
	f.t.Helper()
	for _, t := range f.threads {
		for _, m := range t.messages {
			if m.id == got.ID {
				equal(f, got.SpawnedThreadCount, holds(f.threads, func(sub *thread) bool { return sub.source == m && !sub.gone() && sub.asOpen() }), "%s: threads grown from %s", a.what, m.word)
				equal(f, got.ReplyToMessage != nil, m.answers != nil && a.by.reads(m.answers), "%s: what %s answers", a.what, m.word)
				equal(f, got.ReplyCount, holds(t.messages, func(r *message) bool { return r.answers == m && a.by.counts(r) }), "%s: replies to %s", a.what, m.word)
			}
		}
	}
}

func showsMessages(f *forum, a answer, t *thread) { f.sameMessages(a, t.messages, a.by.reads) }

// pagesMessages looks at the messages from each end and from the middle.
func pagesMessages(f *forum, a answer, t *thread) {
	f.sameMessages(a, t.messages, a.by.reads)
	first, last := t.messages[0], t.messages[len(t.messages)-1]
	f.sameMessages(f.get(a.by, "/api/forum/threads/%d/messages?after_id=%d", t.id, first.id), t.messages,
		func(m *message) bool { return a.by.reads(m) && m.id > first.id })
	f.sameMessages(f.get(a.by, "/api/forum/threads/%d/messages?before_id=%d", t.id, last.id), t.messages,
		func(m *message) bool { return a.by.reads(m) && m.id < last.id })
	f.sameMessages(f.get(a.by, "/api/forum/threads/%d/messages?around_id=%d", t.id, last.id), t.messages, a.by.reads)
}

func showsHistory(f *forum, a answer, m *message) {
	want := 0
	if m.earlier != "" || m.picture != 0 { // which came with an edit
		want = 1
	}
	equal(f, len(decode[[]app.Earlier](a)), want, "%s", a.what)
}

func showsReplies(f *forum, a answer, m *message) {
	f.sameMessages(a, m.thread.messages, func(r *message) bool { return r.answers == m && a.by.reads(r) })
}

func showsLikes(f *forum, a answer, m *message) {
	likes := decode[app.LikePage](a)
	equal(f, int64(len(likes.Likes)), likes.TotalLikes, "%s", a.what)
}

func showsGrown(f *forum, a answer, m *message) {
	f.sameThreads(a.what, decode[[]parley.Thread](a), func(t *thread) bool { return t.source == m && a.by.sees(t) })
}

func countsGrown(f *forum, a answer, m *message) {
	equal(f, decode[api.SubThreadCount](a).Count, holds(f.threads, func(t *thread) bool { return t.source == m && a.by.sees(t) }), "%s", a.what)
}
