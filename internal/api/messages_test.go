package api_test

import (
	"fmt"
	"strings"
	"testing"

	"parley"
	"parley/internal/api"
	"parley/internal/app"
)

// texts returns what messages a list shows, in order.
func texts(a answered) (texts []string) {
	a.t.Helper()
	for _, m := range decode[[]parley.Message](a) {
		texts = append(texts, m.Content)
	}
	return texts
}

func TestMessagesComeInPagesOldestFirst(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	var ids []int64
	for i := 1; i <= 5; i++ {
		ids = append(ids, f.mina.say(thread.ID, fmt.Sprint(i)).ID)
	}
	for query, want := range map[string]string{
		"messages":          "[Welcome. 1 2 3 4 5]",
		"messages?limit=2":  "[4 5]",
		"recent?limit=3":    "[Welcome. 1 2]",
		"recent?since_id=0": "[Welcome. 1 2 3 4 5]",
		fmt.Sprintf("messages?limit=2&before_id=%d", ids[3]): "[2 3]",
		fmt.Sprintf("messages?limit=2&after_id=%d", ids[1]):  "[3 4]",
		fmt.Sprintf("recent?limit=2&since_id=%d", ids[1]):    "[3 4]",
		fmt.Sprintf("recent?since_id=%d", ids[4]):            "[]",
	} {
		if got := fmt.Sprint(texts(f.finn.get(path("/threads/%d/", thread.ID) + query))); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func TestAMessageIsPostedEditedAndDeleted(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	posted := f.mina.say(thread.ID, "**Dovetails**, @Finn")
	if posted.ContentHTML == "" || !strings.Contains(posted.ContentHTML, fmt.Sprintf(`<span class="mention" data-user-id="%d">@Finn</span>`, f.finn.id)) ||
		fmt.Sprint(posted.Mentions) != "[Finn]" || posted.UserRole != parley.DisplayPatron || posted.IsEdited {
		t.Errorf("posted %+v", posted)
	}
	address := path("/messages/%d", posted.ID)
	edited := decode[api.EditedMessage](f.mina.patch(address, `{"content":"Box joints"}`))
	if !edited.Success || edited.Edited.Content != "Box joints" || !edited.Edited.IsEdited || edited.Edited.EditedAt == nil || len(edited.Edited.Mentions) != 0 {
		t.Errorf("edited %+v", edited)
	}
	for _, p := range []*person{f.ada, f.tomas, f.finn} {
		p.patch(address, `{"content":"Mine now"}`).refused(403)
	}
	reply := decode[parley.Message](f.finn.post(path("/threads/%d/messages", thread.ID), `{"content":"Nice","reply_to_id":%d}`, posted.ID))
	f.finn.delete(address).refused(403)
	gone := decode[api.DeletedMessages](f.mina.delete(address))
	if gone.DeletedCount != 2 || fmt.Sprint(gone.DeletedIDs) != fmt.Sprint([]int64{posted.ID, reply.ID}) {
		t.Errorf("deleted %+v", gone)
	}
	f.mina.delete(address).refused(404)
	if count := decode[api.MessageCount](f.finn.get(path("/threads/%d/message-count", thread.ID))); count.TotalMessages != 1 || count.ThreadMessageCount != 1 || count.ThreadID != thread.ID {
		t.Errorf("counted %+v", count)
	}
}

func TestTheFirstMessageOfAThreadStays(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	first := decode[[]parley.Message](f.ada.get(path("/threads/%d/messages", thread.ID)))[0]
	f.ada.delete(path("/messages/%d", first.ID)).refused(400)
}

func TestARepliedMessageIsOfTheSameThread(t *testing.T) {
	f := open(t, api.Config{})
	here, elsewhere := f.ada.thread("Joints"), f.ada.thread("Glue")
	other := f.ada.say(elsewhere.ID, "Hide glue")
	f.mina.post(path("/threads/%d/messages", here.ID), `{"content":"?","reply_to_id":%d}`, other.ID).refused(404)
}

func TestOnlyTheTeamCallsTheTeam(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	address := path("/threads/%d/messages", thread.ID)
	f.mina.post(address, `{"content":"Help, @team!"}`).refused(403)
	f.mina.post(address, `{"content":"Hello @creator"}`).ok()
	f.tomas.post(address, `{"content":"Hello @team"}`).ok()
}

func TestRepliesAreListedAfterAnId(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	origin := f.mina.say(thread.ID, "Dovetails")
	var last parley.Message
	for _, text := range []string{"a", "b", "c"} {
		last = decode[parley.Message](f.finn.post(path("/threads/%d/messages", thread.ID), `{"content":%q,"reply_to_id":%d}`, text, origin.ID))
	}
	address := path("/messages/%d/replies", origin.ID)
	for query, want := range map[string]string{
		"":                                     "[a b c]",
		"?limit=2":                             "[a b]",
		"?limit=2&page=2":                      "[c]",
		fmt.Sprintf("?after_id=%d", last.ID-1): "[c]",
	} {
		if got := fmt.Sprint(texts(f.ada.get(address + query))); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func TestASubThreadGrowsOutOfAMessageOfAMainThread(t *testing.T) {
	f := open(t, api.Config{})
	thread := decode[parley.Thread](f.ada.post("/api/forum/threads", `{"title":"Joints","content":"Hi","min_tier_id":%d}`, f.supporters))
	message := f.mina.say(thread.ID, "Dovetails")
	sub := decode[parley.Thread](f.mina.post(path("/messages/%d/create-thread", message.ID), `{"title":"How?","content":"Saw?"}`))
	if sub.ThreadType != parley.SubThread || sub.CreatedFromMessage.ID != message.ID || *sub.ParentMessageID != message.ID || sub.MinTierCents != 500 || !sub.CanManage {
		t.Errorf("it is %+v", sub)
	}
	if n := decode[api.SubThreadCount](f.tomas.get(path("/messages/%d/thread-count", message.ID))); n.Count != 1 {
		t.Errorf("counted %+v", n)
	}
	if got := fmt.Sprint(titles(f.tomas.get(path("/messages/%d/threads", message.ID)))); got != "[How?]" {
		t.Errorf("listed %s", got)
	}
	place := decode[app.Hierarchy](f.tomas.get(path("/threads/%d/hierarchy", sub.ID)))
	if place.ThreadType != parley.SubThread || place.ParentMessage.ID != message.ID || !place.CanDelete {
		t.Errorf("its place is %+v", place)
	}
	within := decode[[]parley.Message](f.mina.get(path("/threads/%d/messages", sub.ID)))[0]
	f.mina.post(path("/messages/%d/create-thread", within.ID), `{"title":"Deeper","content":"No"}`).refused(400)
}

func TestALikeCountsOnce(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	message := f.mina.say(thread.ID, "Dovetails")
	address := path("/messages/%d/like", message.ID)
	expect := func(a answered, words string, likes int64, mine bool) {
		t.Helper()
		if got := decode[api.Liked](a); !got.Success || got.Message != words || got.LikeCount != likes || got.UserHasLiked != mine {
			t.Errorf("%s: %+v, want %q, %d, %v", a.what, got, words, likes, mine)
		}
	}
	f.mina.post(address, ``).refused(400)
	expect(f.finn.post(address, ``), "Message liked", 1, true)
	expect(f.finn.post(address, ``), "Already liked", 1, true)
	expect(f.ada.post(address, `{}`), "Message liked", 2, true)
	page := decode[app.LikePage](f.ada.get(path("/messages/%d/likes?limit=1", message.ID)))
	if len(page.Likes) != 1 || page.TotalLikes != 2 || !page.UserHasLiked {
		t.Errorf("likes %+v", page)
	}
	next := decode[app.LikePage](f.ada.get(path("/messages/%d/likes?after_id=%d", message.ID, page.Likes[0].ID)))
	skipped := decode[app.LikePage](f.ada.get(path("/messages/%d/likes?skip=1", message.ID)))
	if len(next.Likes) != 1 || len(skipped.Likes) != 1 || next.Likes[0].ID != skipped.Likes[0].ID {
		t.Errorf("next likes %+v, skipped to %+v", next, skipped)
	}
	expect(f.finn.delete(address), "Like taken back", 1, false)
	expect(f.finn.delete(address), "Not liked", 1, false)
}

func TestAPageAroundAMessageShowsBothSidesOfIt(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	var ids []int64
	for i := 1; i <= 8; i++ {
		ids = append(ids, f.mina.say(thread.ID, fmt.Sprint(i)).ID)
	}
	address := path("/threads/%d/messages?limit=4&around_id=", thread.ID)
	around := func(id int64, want string) {
		t.Helper()
		page := f.finn.get(address + fmt.Sprint(id))
		if got := fmt.Sprint(texts(page)); got != want {
			t.Errorf("around %d: %s, want %s", id, got, want)
		}
		if page.header.Get("Event-Id") == "" {
			t.Errorf("around %d: no Event-Id to go on from", id)
		}
	}
	around(ids[3], "[3 4 5 6]")
	around(ids[0], "[Welcome. 1 2 3]")
	around(ids[0]-1, "[Welcome. 1 2 3]")
	around(ids[7], "[5 6 7 8]")
	around(ids[7]+100, "[5 6 7 8]")
	f.mina.delete(path("/messages/%d", ids[3])).ok()
	around(ids[3], "[2 3 5 6]")
}

func TestADeletedMessageIsRestoredByTheTeam(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	message := f.mina.say(thread.ID, "Dovetails")
	f.finn.post(path("/threads/%d/messages", thread.ID), `{"content":"Nice","reply_to_id":%d}`, message.ID).ok()
	f.mina.delete(path("/messages/%d", message.ID)).ok()
	restore := path("/messages/%d/restore", message.ID)
	f.mina.post(restore, ``).refused(403)
	if back := decode[api.RestoredMessages](f.tomas.post(restore, ``)); !back.Success || back.RestoredCount != 2 || back.RestoredIDs[0] != message.ID {
		t.Errorf("restored %+v", back)
	}
	f.tomas.post(restore, ``).refused(400)
	if got := fmt.Sprint(texts(f.finn.get(path("/threads/%d/messages", thread.ID)))); got != "[Welcome. Dovetails Nice]" {
		t.Errorf("there are %s", got)
	}
}

func TestWhatAMessageSaidBeforeIsListed(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	message := f.mina.say(thread.ID, "Dovetials")
	address := path("/messages/%d/history", message.ID)
	if got := decode[[]app.Earlier](f.mina.get(address)); len(got) != 0 {
		t.Errorf("before any edit: %+v", got)
	}
	f.mina.patch(path("/messages/%d", message.ID), `{"content":"Dovetails"}`).ok()
	f.mina.patch(path("/messages/%d", message.ID), `{"content":"Dovetails!"}`).ok()
	got := decode[[]app.Earlier](f.tomas.get(address))
	if len(got) != 2 || got[0].Content != "Dovetials" || got[1].Content != "Dovetails" || got[0].Editor.Username != "Mina" || got[0].EditedAt == 0 {
		t.Errorf("it said %+v", got)
	}
	if rest := decode[[]app.Earlier](f.tomas.get(address + fmt.Sprintf("?after_id=%d&limit=5", got[0].ID))); len(rest) != 1 || rest[0] != got[1] {
		t.Errorf("then %+v", rest)
	}
	f.finn.get(address).refused(403)
}
