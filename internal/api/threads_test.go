package api_test

import (
	"fmt"
	"testing"

	"parley"
	"parley/internal/api"
	"parley/internal/app"
)

// titles returns what threads a list shows, in order.
func titles(a answered) (titles []string) {
	a.t.Helper()
	for _, t := range decode[[]parley.Thread](a) {
		titles = append(titles, t.Title)
	}
	return titles
}

func TestEmptyListsAreArrays(t *testing.T) {
	f := open(t, api.Config{})
	for _, list := range []string{"/threads", "/users/search?q=nobody"} {
		if a := f.finn.get("/api/forum" + list).ok(); string(a.body) != "[]\n" {
			t.Errorf("%s: %s", list, a.body)
		}
	}
	thread := f.ada.thread("Joints")
	message := f.ada.say(thread.ID, "Hello")
	for _, list := range []string{"/messages/%d/replies", "/messages/%d/threads"} {
		if a := f.finn.get(path(list, message.ID)).ok(); string(a.body) != "[]\n" {
			t.Errorf("%s: %s", list, a.body)
		}
	}
	if a := f.finn.get(path("/threads/%d/messages?after_id=%d", thread.ID, message.ID)).ok(); string(a.body) != "[]\n" {
		t.Errorf("messages: %s", a.body)
	}
	for list, key := range map[string]string{"/notifications": "notifications", fmt.Sprintf("/messages/%d/likes", message.ID): "likes"} {
		if found := decode[map[string]any](f.finn.get("/api/forum" + list))[key]; fmt.Sprint(found) != "[]" {
			t.Errorf("%s: %v", list, found)
		}
	}
}

func TestThreadsAreListedPinnedFirstThenByTheirLastMessage(t *testing.T) {
	f := open(t, api.Config{})
	oldest, older, newest := f.ada.thread("Oldest"), f.ada.thread("Older"), f.ada.thread("Newest")
	f.ada.patch(path("/threads/%d", oldest.ID), `{"is_pinned":true}`).ok()
	f.mina.say(older.ID, "Bump")
	if got := fmt.Sprint(titles(f.finn.get("/api/forum/threads"))); got != "[Oldest Older Newest]" {
		t.Errorf("listed %s", got)
	}
	first, second := titles(f.finn.get("/api/forum/threads?limit=2")), titles(f.finn.get("/api/forum/threads?limit=2&page=2"))
	if fmt.Sprint(first, second) != "[Oldest Older] [Newest]" {
		t.Errorf("pages %v and %v", first, second)
	}
	f.finn.post(path("/threads/%d/follow", newest.ID), ``).ok()
	for query, want := range map[string]string{
		"filter_type=following":                 "[Newest]",
		"filter_type=unread&thread_type=main":   "[Oldest Older Newest]",
		"filter_type=main":                      "[Oldest Older Newest]",
		"thread_type=sub":                       "[]",
		"page=&limit=&filter_type=&unknown=all": "[Oldest Older Newest]",
	} {
		if got := fmt.Sprint(titles(f.finn.get("/api/forum/threads?" + query))); got != want {
			t.Errorf("%s lists %s, want %s", query, got, want)
		}
	}
}

func TestTheFirstPageTellsItsPositionInTheStream(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	here, seen := fmt.Sprintf("/threads/%d", thread.ID), fmt.Sprint(f.mina.say(thread.ID, "one").ID)
	for address, want := range map[string]bool{
		"/threads":                           true,
		"/threads?page=1&limit=5":            true,
		"/threads?page=2":                    false,
		here + "/messages":                   true,
		here + "/messages?mark_read=false":   true,
		here + "/messages?before_id=" + seen: false,
		here + "/messages?after_id=" + seen:  false,
		here + "/recent":                     false,
	} {
		if got := f.finn.get("/api/forum" + address).ok().header.Get("Event-Id"); (got != "") != want {
			t.Errorf("%s: Event-Id %q", address, got)
		}
	}
	position := func() string { return f.finn.get(path("/threads/%d/messages", thread.ID)).header.Get("Event-Id") }
	before := position()
	if again := position(); again != before {
		t.Errorf("the position moved from %s to %s though nothing happened", before, again)
	}
	f.mina.say(thread.ID, "two")
	if after := position(); after == before {
		t.Errorf("the position stayed at %s", after)
	}
}

func TestWhoMayStartThreadsIsTheCommunitysChoice(t *testing.T) {
	f := open(t, api.Config{})
	for _, p := range []*person{f.tomas, f.mina, f.finn} {
		p.post("/api/forum/threads", `{"title":"t","content":"c"}`).refused(403)
	}
	f.letMembersStartThreads()
	thread := f.finn.thread("  My   bench ")
	if thread.Title != "My bench" || thread.UserID != f.finn.id || !thread.IsFollowing || thread.MessageCount != 1 || thread.ThreadType != parley.MainThread {
		t.Errorf("Finn started %+v", thread)
	}
}

func TestClientsInTheFieldSendNumbersAsStringsAndFieldsNobodyAskedFor(t *testing.T) {
	f := open(t, api.Config{})
	thread := decode[parley.Thread](f.ada.post("/api/forum/threads",
		`{"title":"Joints","content":"Hi","min_tier_id":"%d","min_tier_cents":500,"roles_allowed":["Patron"],"is_private":null}`, f.supporters))
	if thread.MinTierCents != 500 || *thread.TierInfo.TierID != f.supporters || thread.IsPrivate {
		t.Errorf("started %+v", thread)
	}
	first := f.mina.say(thread.ID, "Hello")
	reply := decode[parley.Message](f.mina.post(path("/threads/%d/messages", thread.ID), `{"content":"Me again","reply_to_id":"%d","thread":7}`, first.ID))
	if *reply.ReplyToID != first.ID || reply.ReplyToMessage.Content != "Hello" {
		t.Errorf("replied %+v", reply)
	}
	none := decode[parley.Message](f.mina.post(path("/threads/%d/messages", thread.ID), `{"content":"And again","reply_to_id":null}`))
	if none.ReplyToID != nil {
		t.Errorf("replied to nothing: %+v", none)
	}
	read := decode[api.MarkedRead](f.mina.post(path("/threads/%d/mark-read", thread.ID), `{"up_to_message_id":"%d"}`, first.ID))
	if !read.Success {
		t.Errorf("read %+v", read)
	}
}

func TestAPatchOfTheWholeFormLeavesTheTierAloneUnlessItNamesOne(t *testing.T) {
	f := open(t, api.Config{})
	thread := decode[parley.Thread](f.ada.post("/api/forum/threads", `{"title":"Joints","content":"Hi","min_tier_id":%d}`, f.supporters))
	address := path("/threads/%d", thread.ID)
	for _, c := range []struct {
		tier string
		want int64
	}{{`null`, 500}, {`0`, 0}, {`null`, 0}, {fmt.Sprintf(`"%d"`, f.supporters), 500}, {`"0"`, 0}} {
		changed := decode[api.ChangedThread](f.ada.patch(address,
			`{"title":"Joints","is_pinned":false,"is_locked":false,"is_private":false,"min_tier_id":%s,"min_tier_cents":7}`, c.tier))
		if !changed.Success || changed.Message == "" || changed.Thread.MinTierCents != c.want {
			t.Errorf("min_tier_id %s: %+v, want %d", c.tier, changed, c.want)
		}
	}
	f.ada.patch(address, `{"min_tier_id":4711}`).refused(400)
}

func TestManagersChangeWhatMembersMayNot(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	address := path("/threads/%d", thread.ID)
	changed := decode[api.ChangedThread](f.tomas.patch(address, `{"title":"Joinery","is_pinned":true,"is_locked":true,"slow_mode_seconds":"30"}`)).Thread
	if changed.Title != "Joinery" || !changed.IsPinned || !changed.IsLocked || changed.SlowModeSeconds != 30 {
		t.Errorf("Tomas changed it to %+v", changed)
	}
	f.tomas.patch(address, `{"is_private":true}`).refused(403)
	f.finn.patch(address, `{"is_pinned":false}`).refused(403)
	f.finn.patch(address, `{"title":"Joinery","is_pinned":true,"is_private":false,"min_tier_id":null}`).ok() // changes nothing
	f.finn.post(path("/threads/%d/messages", thread.ID), `{"content":"Locked?"}`).refused(403)
}

func TestTheCreatorSetsAThreadsTier(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	address := path("/threads/%d/tier-access", thread.ID)
	set := decode[api.TierRestrictions](f.ada.patch(address, `{"min_tier_id":"%d"}`, f.supporters))
	if set.Status != "success" || set.ThreadID != thread.ID || set.TierRestrictions.MinTierCents != 500 || *set.TierRestrictions.AmountDisplay != "$5.00+" {
		t.Errorf("set %+v", set)
	}
	info := decode[api.TierAccess](f.finn.get(path("/threads/%d/tier-info", thread.ID)))
	if info.UserCanAccess || info.TierTitle != "Supporters" {
		t.Errorf("Finn is told %+v", info)
	}
	f.tomas.patch(address, `{"min_tier_id":null}`).refused(403)
	f.ada.patch(address, `{"min_tier_id":4711}`).refused(400)
	if set = decode[api.TierRestrictions](f.ada.patch(address, `{"min_tier_id":null}`)); set.TierRestrictions.IsRestricted || set.TierRestrictions.TierTitle != "Free Access" {
		t.Errorf("set free: %+v", set)
	}
}

func TestFollowingNeedsNoBody(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	address := path("/threads/%d/follow", thread.ID)
	for _, body := range []string{"", "{}", `{"notify_on_reply":null}`, " "} {
		for _, contentType := range []string{"", "application/json", "text/plain;charset=UTF-8"} {
			if contentType != "application/json" && len(body) > 1 {
				continue // that is for no body at all
			}
			followed := decode[api.Followed](f.finn.call("POST", address, body, "Content-Type", contentType))
			if !followed.Success || !followed.IsFollowing || followed.FollowerCount != 2 || followed.RequiresWarning || followed.WarningMessage != nil {
				t.Errorf("%q as %q: %+v", body, contentType, followed)
			}
		}
	}
	gone := decode[api.Unfollowed](f.finn.delete(address))
	if !gone.Success || gone.IsFollowing || gone.FollowerCount != 1 {
		t.Errorf("unfollowed: %+v", gone)
	}
}

func TestFollowersHearOfWhatTheyWish(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	f.ada.say(thread.ID, "@Tomas, shall we begin?")
	f.tomas.notified(1) // what was written before anybody followed has been told
	f.finn.post(path("/threads/%d/follow", thread.ID), `{"notify_on_new_message":false}`).ok()
	f.mina.post(path("/threads/%d/follow", thread.ID), ``).ok()
	f.ada.say(thread.ID, "News!")
	if n := f.mina.notified(1)[0]; n.NotificationType != parley.NotifyNewMessage {
		t.Errorf("Mina is told %+v", n)
	}
	if page := decode[app.NotificationPage](f.finn.get("/api/forum/notifications")); page.Total != 0 {
		t.Errorf("Finn is told %+v", page)
	}
}

func TestFollowingABusyThreadWarns(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	for range 10 {
		f.ada.say(thread.ID, "And another thing")
	}
	address := path("/threads/%d/follow", thread.ID)
	if followed := decode[api.Followed](f.finn.post(address, ``)); !followed.RequiresWarning || followed.WarningMessage == nil || *followed.WarningMessage == "" {
		t.Errorf("followed: %+v", followed)
	}
	if followed := decode[api.Followed](f.finn.post(address, `{"notify_on_new_message":false}`)); followed.RequiresWarning {
		t.Errorf("without notices: %+v", followed)
	}
}

func TestMarkReadMovesForwardOnly(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	one, two := f.mina.say(thread.ID, "one @Finn"), f.mina.say(thread.ID, "two @Finn")
	f.finn.notified(2)
	address := path("/threads/%d/mark-read", thread.ID)
	seen := func() int64 {
		return *decode[parley.Thread](f.finn.get(path("/threads/%d", thread.ID))).LastReadMessageID
	}
	if read := decode[api.MarkedRead](f.finn.post(address, `{"up_to_message_id":%d}`, one.ID)); read.MarkedRead != 1 || read.TotalUnread != 1 || seen() != one.ID {
		t.Errorf("read to the first: %+v", read)
	}
	if read := decode[api.MarkedRead](f.finn.call("POST", address, "", "Content-Type", "")); read.MarkedRead != 1 || read.TotalUnread != 0 || seen() != two.ID {
		t.Errorf("read all: %+v", read)
	}
	if f.finn.post(address, `{"up_to_message_id":%d}`, one.ID).ok(); seen() != two.ID {
		t.Errorf("moved back to %d", seen())
	}
}

func TestDeletingAThreadTakesItsSubThreadsAlong(t *testing.T) {
	f := open(t, api.Config{})
	for _, address := range []string{"/threads/%d", "/threads/%d/delete-hierarchy"} {
		thread := f.ada.thread("Joints")
		message := f.mina.say(thread.ID, "Dovetails")
		sub := decode[parley.Thread](f.finn.post(path("/messages/%d/create-thread", message.ID), `{"title":"How?","content":"Saw?"}`))
		f.mina.delete(path(address, thread.ID)).refused(403)
		if gone := decode[api.Done](f.tomas.delete(path(address, thread.ID))); !gone.Success || gone.Message != "Thread and 1 sub-threads deleted" {
			t.Errorf("deleted: %+v", gone)
		}
		f.finn.get(path("/threads/%d", sub.ID)).refused(404)
		f.ada.get(path("/threads/%d", thread.ID)).refused(404)
	}
}
