package app_test

import (
	"strings"
	"sync"
	"testing"

	"parley"
	"parley/internal/app"
	"parley/internal/store/storetest"
)

// flag flags a message as somebody and returns the flag's id.
func (f *forum) flag(v parley.Viewer, id int64) int64 {
	f.t.Helper()
	return must[int64](f.t)(f.FlagMessage(f.t.Context(), v, id, parley.FlagSpam, "Look.", app.Idempotency{}))
}

func (f *forum) resolved(id int64, action parley.FlagAction) {
	f.t.Helper()
	if err := f.ResolveFlag(f.t.Context(), f.Tomas, id, action, ""); err != nil {
		f.t.Fatal(err)
	}
}

// sees reports whether somebody finds a message wherever messages are shown.
func (f *forum) sees(v parley.Viewer, thread storetest.ThreadRef, id int64) bool {
	f.t.Helper()
	_, err := f.Message(f.t.Context(), v, id)
	page, _, _ := f.Messages(f.t.Context(), v, thread.ID, app.MessageQuery{Limit: 100})
	listed := false
	for _, m := range page {
		listed = listed || m.ID == id
	}
	if listed != (err == nil) {
		f.t.Errorf("%d reads message %d: %v, but finds it listed: %v", v.ID, id, err, listed)
	}
	return listed
}

func (f *forum) onlySeenBy(thread storetest.ThreadRef, id int64, who ...parley.Viewer) {
	f.t.Helper()
	for _, v := range []parley.Viewer{f.Ada, f.Tomas, f.Mina, f.Finn} {
		want := false
		for _, w := range who {
			want = want || w == v
		}
		if got := f.sees(v, thread, id); got != want {
			f.t.Errorf("%d sees message %d: %v, want %v", v.ID, id, got, want)
		}
	}
}

func (f *forum) thread(v parley.Viewer, id int64) parley.Thread {
	f.t.Helper()
	return must[parley.Thread](f.t)(f.Thread(f.t.Context(), v, id))
}

// TestAFlagReachesTheTeamAndNotTheAuthor tells the story of a flag and its queue.
func TestAFlagReachesTheTeamAndNotTheAuthor(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	id := f.post(f.Mina, f.Free, "buy this").ID
	before := f.thread(f.Finn, f.Free.ID)
	var flag int64
	f.tells("the first flag", func() error { flag = f.flag(f.Finn, id); return nil },
		parley.Notified{UserID: f.Ada.ID}, parley.Notified{UserID: f.Tomas.ID})
	f.tells("another one", func() error { f.flag(f.Ada, id); return nil })
	if after := f.thread(f.Finn, f.Free.ID); after.MessageCount != before.MessageCount || after.LastMessageAt != before.LastMessageAt {
		t.Errorf("the thread was %+v, is %+v", before, after)
	}
	if got := f.notices(f.Tomas); len(got) != 1 || got[0] != (notice{parley.NotifyModeration, id}) {
		t.Errorf("Tomas is told %v", got)
	}
	n := f.notificationsOf(f.Tomas)[0]
	if n.Sender != nil || n.NotificationData.SenderUsername != "" || n.Title != "A message was flagged in Welcome" || n.Type != "forum_moderation" {
		t.Errorf("Tomas reads %+v", n)
	}
	if got := f.notices(f.Mina); len(got) != 0 {
		t.Errorf("the author is told %v", got)
	}
	queue := must[[]app.FlagEntry](t)(f.Flags(ctx, f.Tomas, true, 0, 10))
	if len(queue) != 2 || queue[1].ID != flag || queue[1].FlaggedBy.ID != f.Finn.ID || queue[1].Note != "Look." || queue[1].OpenFlags != 2 ||
		queue[1].Message.Content != "buy this" || queue[1].Message.User.ID != f.Mina.ID || queue[1].Resolution != nil {
		t.Errorf("the queue: %+v", queue)
	}
	wantKind(t, drop(f.Flags(ctx, f.Mina, true, 0, 10)), parley.Forbidden)
	if len(must[[]parley.AuditEntry](t)(f.ModerationLog(ctx, f.Tomas, 0, 9))) != 0 {
		t.Error("a flag is no act of the team")
	}
}

func TestAFlagIsRefused(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	id := f.post(f.Mina, f.Free, "buy this").ID
	paid := f.post(f.Mina, f.Paid, "buy this").ID
	secret := f.post(f.Tomas, f.Private, "hush").ID
	f.flag(f.Finn, id)
	for _, tc := range []struct {
		why    string
		v      parley.Viewer
		id     int64
		reason parley.FlagReason
		note   string
		want   parley.Kind
	}{
		{"twice", f.Finn, id, parley.FlagAbuse, "", parley.Conflict},
		{"one's own", f.Mina, id, parley.FlagSpam, "", parley.Invalid},
		{"without access", f.Finn, paid, parley.FlagSpam, "", parley.Forbidden},
		{"private", f.Mina, secret, parley.FlagSpam, "", parley.NotFound},
		{"not there", f.Mina, 4711, parley.FlagSpam, "", parley.NotFound},
		{"for no reason", f.Ada, id, "", "", parley.Unprocessable},
		{"at much length", f.Ada, id, parley.FlagSpam, strings.Repeat("x", 501), parley.Unprocessable},
	} {
		err := drop(f.FlagMessage(ctx, tc.v, tc.id, tc.reason, tc.note, app.Idempotency{}))
		if parley.KindOf(err) != tc.want {
			t.Errorf("%s: %v", tc.why, err)
		}
	}
	key := app.Idempotency{Key: "once", Fingerprint: []byte("the same")}
	first := must[int64](t)(f.FlagMessage(ctx, f.Tomas, id, parley.FlagSpam, "", key))
	if again := must[int64](t)(f.FlagMessage(ctx, f.Tomas, id, parley.FlagSpam, "", key)); again != first {
		t.Errorf("sent again it is flag %d, want %d", again, first)
	}
}

func TestWhoFlagsEverythingHasToWait(t *testing.T) {
	f := openForum(t)
	var last int64
	for range parley.MaxOpenFlags {
		last = f.post(f.Mina, f.Free, "fine").ID
		f.flag(f.Finn, last)
	}
	one := f.post(f.Mina, f.Free, "one more").ID
	err := drop(f.FlagMessage(t.Context(), f.Finn, one, parley.FlagSpam, "", app.Idempotency{}))
	wantKind(t, err, parley.RateLimited)
	must[[]int64](t)(f.DeleteMessage(t.Context(), f.Mina, last)) // nobody has to look at that any more
	f.flag(f.Finn, one)
}

func TestAuthorsOfTheTeamAreNotToldWhoFlaggedThem(t *testing.T) {
	f := openForum(t)
	id := f.post(f.Tomas, f.Free, "my opinion").ID
	f.tells("flagged", func() error { f.flag(f.Finn, id); return nil }, parley.Notified{UserID: f.Ada.ID})
	for v, told := range map[parley.Viewer]bool{f.Tomas: false, f.Ada: true} {
		queue := must[[]app.FlagEntry](t)(f.Flags(t.Context(), v, true, 0, 10))
		if (queue[0].FlaggedBy != nil) != told {
			t.Errorf("%d is told of %v", v.ID, queue[0].FlaggedBy)
		}
	}
}

// TestAMessageIsHiddenFromOthers tells the story of hiding and showing.
func TestAMessageIsHiddenFromOthers(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	f.Clock.Pass(second)
	before := f.thread(f.Finn, f.Free.ID)
	id := f.reply(f.Mina, f.Free, f.Free.First, "buy this, @Finn").ID
	posted := f.thread(f.Finn, f.Free.ID)
	first, second := f.flag(f.Finn, id), f.flag(f.Ada, id)
	bell := must[app.Count](t)(f.NotificationCount(ctx, f.Finn))
	wantKind(t, f.ResolveFlag(ctx, f.Finn, first, parley.FlagHide, ""), parley.Forbidden)
	wantKind(t, f.ResolveFlag(ctx, f.Tomas, first, "burn", ""), parley.Unprocessable)
	wantKind(t, f.ResolveFlag(ctx, f.Tomas, 4711, parley.FlagHide, ""), parley.NotFound)
	others := parley.Readers{Author: f.Mina.ID, Others: true}
	f.tells("hidden", func() error { return f.ResolveFlag(ctx, f.Tomas, first, parley.FlagHide, "An advertisement.") },
		parley.MessagesDeleted{ThreadID: f.Free.ID, MessageIDs: []int64{id}, Readers: others},
		parley.MessageHidden{ThreadID: f.Free.ID, MessageID: id, AuthorID: f.Mina.ID},
		parley.Notified{UserID: f.Mina.ID})
	f.logged(parley.ActMessageHidden)
	f.onlySeenBy(f.Free, id, f.Ada, f.Tomas, f.Mina)
	hidden := f.thread(f.Finn, f.Free.ID)
	if hidden.MessageCount != before.MessageCount || hidden.LastMessageAt != before.LastMessageAt || hidden.UnreadMessages != before.UnreadMessages || hidden.UnreadCount != 0 {
		t.Errorf("the thread was %+v, is %+v", before, hidden)
	}
	if after := must[app.Count](t)(f.NotificationCount(ctx, f.Finn)); after.Count != bell.Count-1 || after.CountVersion <= bell.CountVersion {
		t.Errorf("Finn's bell was %+v, is %+v", bell, after)
	}
	if root := must[parley.Message](t)(f.Message(ctx, f.Finn, f.Free.First)); root.ReplyCount != 0 {
		t.Errorf("what it answers has %d replies", root.ReplyCount)
	}
	if got := f.notices(f.Mina); len(got) != 1 || got[0] != (notice{parley.NotifyModeration, id}) {
		t.Errorf("Mina is told %v", got)
	}
	if n := f.notificationsOf(f.Mina)[0]; n.Sender != nil || n.Title != "A moderator hid your message in Welcome" {
		t.Errorf("Mina reads %+v", n)
	}
	if got := f.notices(f.Ada); len(got) != 1 { // the reply; that it is flagged is taken back
		t.Errorf("Ada is told %v", got)
	}
	f.checkResolved(second)
	f.checkHiddenFrom(f.Finn, id)

	f.tells("shown", func() error { return drop(f.RestoreMessage(ctx, f.Ada, id)) },
		parley.MessagesRestored{ThreadID: f.Free.ID, MessageIDs: []int64{id}, Readers: others},
		parley.MessageHidden{ThreadID: f.Free.ID, MessageID: id, AuthorID: f.Mina.ID})
	f.logged(parley.ActMessageShown, parley.ActMessageHidden)
	f.onlySeenBy(f.Free, id, f.Ada, f.Tomas, f.Mina, f.Finn)
	if shown := f.thread(f.Finn, f.Free.ID); shown.MessageCount != posted.MessageCount || shown.LastMessageAt != posted.LastMessageAt || shown.UnreadCount != posted.UnreadCount {
		t.Errorf("the thread was %+v, is %+v", posted, shown)
	}
	if got := must[app.Count](t)(f.NotificationCount(ctx, f.Finn)); got.Count != bell.Count {
		t.Errorf("Finn's bell was %+v, is %+v", bell, got)
	}
	if got := f.notices(f.Mina); len(got) != 0 {
		t.Errorf("Mina is told %v", got)
	}
	wantKind(t, drop(f.RestoreMessage(ctx, f.Ada, id)), parley.Invalid)
}

// checkResolved checks that a flag was resolved by Tomas, with all others of its
// message, and cannot be once more.
func (f *forum) checkResolved(id int64) {
	f.t.Helper()
	ctx := f.t.Context()
	wantKind(f.t, f.ResolveFlag(ctx, f.Ada, id, parley.FlagKeep, ""), parley.Conflict)
	if open := must[[]app.FlagEntry](f.t)(f.Flags(ctx, f.Ada, true, 0, 10)); len(open) != 0 {
		f.t.Errorf("open: %+v", open)
	}
	queue := must[[]app.FlagEntry](f.t)(f.Flags(ctx, f.Ada, false, 0, 10))
	r := queue[0].Resolution
	if len(queue) != 2 || queue[0].ID != id || r == nil || r.Action != parley.FlagHide || r.Note != "An advertisement." || r.ResolvedBy.ID != f.Tomas.ID {
		f.t.Errorf("resolved: %+v", queue)
	}
}

// checkHiddenFrom checks that nobody does anything with a message that they cannot see.
func (f *forum) checkHiddenFrom(v parley.Viewer, id int64) {
	f.t.Helper()
	ctx, none := f.t.Context(), app.Idempotency{}
	for what, err := range map[string]error{
		"reply":  drop(f.PostMessage(ctx, v, f.Free.ID, "hi", id, none)),
		"like":   drop(f.Like(ctx, v, id)),
		"likes":  drop(f.Likes(ctx, v, id, 0, 0, 10)),
		"grow":   drop(f.CreateSubThread(ctx, v, id, "Why?", "hi", none)),
		"flag":   drop(f.FlagMessage(ctx, v, id, parley.FlagSpam, "", none)),
		"delete": drop(f.DeleteMessage(ctx, v, id)),
		"edit":   drop(f.EditMessage(ctx, v, id, "hi")),
		"below":  drop(f.Replies(ctx, v, id, 0, 1, 10)),
		"subs":   drop(f.SubThreads(ctx, v, id)),
		"before": drop(f.History(ctx, v, id, 0, 10)),
		"return": drop(f.RestoreMessage(ctx, v, id)),
	} {
		if err != error(parley.ErrMessageNotFound) {
			f.t.Errorf("%s: %v", what, err)
		}
	}
	if found := must[app.SearchResult](f.t)(f.Search(ctx, v, app.SearchQuery{Text: "buy", Type: "all", Limit: 10})); len(found.Messages) != 0 {
		f.t.Errorf("found %+v", found.Messages)
	}
	if did := must[app.UserActivity](f.t)(f.UserActivity(ctx, v, f.Mina.ID)); did.TotalMessages != 1 || len(did.RecentMessages) != 1 { // of her sub-thread
		f.t.Errorf("Mina wrote %d messages, shown are %d", did.TotalMessages, len(did.RecentMessages))
	}
}

func TestWhatIsHiddenHasItsAudience(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	watching := map[parley.Viewer]*room{}
	for _, v := range []parley.Viewer{f.Ada, f.Tomas, f.Mina, f.Finn} {
		watching[v] = f.enter(v, f.Free.ID)
	}
	told := func(when string, want map[parley.Viewer]string) {
		t.Helper()
		for v, room := range watching {
			var kinds []string
			for _, frame := range room.frames() {
				kinds = append(kinds, frameType(t, frame))
			}
			if got := strings.Join(kinds, " "); got != want[v] {
				t.Errorf("%s: %d is told %q, want %q", when, v.ID, got, want[v])
			}
		}
	}
	all := func(insiders, others string) map[parley.Viewer]string {
		return map[parley.Viewer]string{f.Ada: insiders, f.Tomas: insiders, f.Mina: insiders, f.Finn: others}
	}
	id := f.post(f.Mina, f.Free, "buy this").ID
	told("posted", all("new_message", "new_message"))
	f.resolved(f.flag(f.Finn, id), parley.FlagHide)
	told("hidden", all("message_hidden", "messages_deleted"))
	must[parley.Message](t)(f.EditMessage(ctx, f.Mina, id, "buy that"))
	must[app.LikeResult](t)(f.Like(ctx, f.Tomas, id))
	f.grow(f.Tomas, id, "Why?", "hi")
	told("edited, liked, grown from", all("message_edited message_liked message_thread_count_updated", ""))
	must[[]int64](t)(f.DeleteMessage(ctx, f.Mina, id))
	must[[]int64](t)(f.RestoreMessage(ctx, f.Ada, id))
	told("deleted and restored", all("messages_deleted messages_restored", ""))
	must[[]int64](t)(f.RestoreMessage(ctx, f.Ada, id))
	told("shown", all("message_shown", "messages_restored"))
}

func TestWhoComesBackIsNotShownWhatWasHiddenMeanwhile(t *testing.T) {
	f := openForum(t)
	finn := f.enter(f.Finn, f.Free.ID)
	id := f.post(f.Mina, f.Free, "buy a secret").ID
	f.reply(f.Tomas, f.Free, id, "no")
	f.resolved(f.flag(f.Tomas, id), parley.FlagHide)
	for _, frame := range finn.frames() {
		if strings.Contains(string(frame), "secret") {
			t.Errorf("replayed %s", frame)
		}
	}
}

func TestTheFirstMessageOfAThreadIsNeitherHiddenNorDeleted(t *testing.T) {
	f := openForum(t)
	flag := f.flag(f.Finn, f.Free.First)
	wantKind(t, f.ResolveFlag(t.Context(), f.Tomas, flag, parley.FlagHide, ""), parley.Invalid)
	wantKind(t, f.ResolveFlag(t.Context(), f.Tomas, flag, parley.FlagDelete, ""), parley.Invalid)
	f.tells("kept", func() error { return f.ResolveFlag(t.Context(), f.Tomas, flag, parley.FlagKeep, "") })
	f.logged(parley.ActMessageKept)
}

// TestAFlaggedMessageIsDeletedAndRestored tells the story of deleting.
func TestAFlaggedMessageIsDeletedAndRestored(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	before := f.thread(f.Finn, f.Free.ID)
	id := f.post(f.Mina, f.Free, "buy this, @Finn").ID
	below := f.reply(f.Finn, f.Free, id, "no").ID
	flag := f.flag(f.Finn, id)
	f.tells("deleted", func() error { return f.ResolveFlag(ctx, f.Tomas, flag, parley.FlagDelete, "") },
		parley.MessagesDeleted{ThreadID: f.Free.ID, MessageIDs: []int64{id, below}}, parley.Notified{UserID: f.Mina.ID})
	f.logged(parley.ActMessageDeleted)
	if gone := f.thread(f.Finn, f.Free.ID); gone.MessageCount != before.MessageCount || gone.LastMessageAt != before.LastMessageAt || gone.UnreadCount != 0 {
		t.Errorf("the thread was %+v, is %+v", before, gone)
	}
	n := f.notificationsOf(f.Mina)[0]
	if n.Title != "A moderator deleted your message in Welcome" || n.Content != "" || n.NotificationData.MessageContent != "" || *n.MessageID != id {
		t.Errorf("Mina reads %+v", n)
	}
	if queue := must[[]app.FlagEntry](t)(f.Flags(ctx, f.Ada, false, 0, 10)); len(queue) != 1 || !queue[0].Message.IsDeleted || queue[0].Message.Content != "" {
		t.Errorf("resolved: %+v", queue)
	}
	f.tells("restored", func() error { return drop(f.RestoreMessage(ctx, f.Tomas, id)) },
		parley.MessagesRestored{ThreadID: f.Free.ID, MessageIDs: []int64{id, below}})
	f.logged(parley.ActMessageRestored, parley.ActMessageDeleted)
	if got := f.notices(f.Mina); len(got) != 1 || got[0].Kind != parley.NotifyReply {
		t.Errorf("Mina is told %v", got)
	}
}

func TestDeletingWhatIsHiddenCountsOnce(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	before := f.thread(f.Finn, f.Free.ID).MessageCount
	id := f.post(f.Mina, f.Free, "buy this").ID
	f.reply(f.Finn, f.Free, id, "no")
	f.resolved(f.flag(f.Finn, id), parley.FlagHide)
	for _, step := range []struct {
		what string
		do   func() error
		want int64
	}{
		{"deleted", func() error { return drop(f.DeleteMessage(ctx, f.Mina, id)) }, before},
		{"restored, still hidden", func() error { return drop(f.RestoreMessage(ctx, f.Ada, id)) }, before + 1},
		{"shown", func() error { return drop(f.RestoreMessage(ctx, f.Ada, id)) }, before + 2},
	} {
		if err := step.do(); err != nil {
			t.Fatal(step.what, err)
		}
		if got := f.thread(f.Finn, f.Free.ID).MessageCount; got != step.want {
			t.Errorf("%s: %d messages, want %d", step.what, got, step.want)
		}
	}
}

func TestNobodyIsNotifiedOfWhatIsHiddenByThen(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	m := must[parley.Message](t)(f.PostMessage(ctx, f.Mina, f.Free.ID, "buy this, @Finn @Tomas", 0, app.Idempotency{}))
	f.resolved(f.flag(f.Ada, m.ID), parley.FlagHide)
	f.RunJobs(ctx)
	if got := f.notices(f.Finn); len(got) != 0 {
		t.Errorf("Finn is told %v", got)
	}
	if got := f.notices(f.Tomas); len(got) != 1 || got[0].Kind != parley.NotifyMention {
		t.Errorf("Tomas is told %v", got)
	}
}

func TestTwoWhoResolveAFlagAtOnceDoItOnce(t *testing.T) {
	f := openForum(t)
	other := f.another()
	for range 5 {
		flag := f.flag(f.Finn, f.post(f.Mina, f.Free, "buy this").ID)
		var conflicts int
		var mu sync.Mutex
		resolve := func(a *app.App, v parley.Viewer, action parley.FlagAction) func() {
			return func() {
				err := a.ResolveFlag(t.Context(), v, flag, action, "")
				mu.Lock()
				defer mu.Unlock()
				if parley.KindOf(err) == parley.Conflict {
					conflicts++
				} else if err != nil {
					t.Error(err)
				}
			}
		}
		atOnce(resolve(f.App, f.Tomas, parley.FlagHide), resolve(other, f.Ada, parley.FlagKeep))
		if conflicts != 1 {
			t.Errorf("%d of two were told that somebody else had done it", conflicts)
		}
	}
}
