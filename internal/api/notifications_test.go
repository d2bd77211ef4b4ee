package api_test

import (
	"fmt"
	"slices"
	"testing"

	"parley"
	"parley/internal/api"
	"parley/internal/app"
)

// notified waits until p has so many notifications, and returns them, newest
// first.
func (p *person) notified(n int) []parley.Notification {
	p.f.t.Helper()
	var page app.NotificationPage
	p.f.await("notifications", func() bool {
		page = decode[app.NotificationPage](p.get("/api/forum/notifications"))
		return len(page.Notifications) >= n
	})
	if len(page.Notifications) != n {
		p.f.t.Fatalf("%s has %d notifications, not %d", p.name, len(page.Notifications), n)
	}
	return page.Notifications
}

func TestAMentionIsTold(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	message := f.mina.say(thread.ID, "Look, @finn!")
	n := f.finn.notified(1)[0]
	if n.NotificationType != parley.NotifyMention || n.Type != "forum_mention" || n.Sender.Username != "Mina" || *n.MessageID != message.ID ||
		n.NotificationData.Source != "forum" || n.NotificationData.MessageContent != "Look, @finn!" || n.IsRead {
		t.Errorf("Finn is told %+v", n)
	}
	page := decode[app.NotificationPage](f.finn.get("/api/forum/notifications"))
	count := decode[app.Count](f.finn.get("/api/forum/notifications/count"))
	if page.UnreadCount != 1 || page.Total != 1 || count.Count != 1 || count.CountVersion != page.CountVersion {
		t.Errorf("page %+v, count %+v", page, count)
	}
}

func TestReadingAndDeletingNotificationsCounts(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	for _, text := range []string{"one @Finn", "two @Finn", "three @Finn"} {
		f.mina.say(thread.ID, text)
	}
	notes := f.finn.notified(3)
	version := decode[app.Count](f.finn.get("/api/forum/notifications/count")).CountVersion
	expect := func(a answered, marked, unread int64) {
		t.Helper()
		r := decode[api.ReadNotifications](a)
		if !r.Success || r.MarkedRead != marked || r.UnreadCount != unread || r.CountVersion < version {
			t.Errorf("%s: %+v, want %d marked, %d unread, not older than %d", a.what, r, marked, unread, version)
		}
		version = r.CountVersion
	}
	expect(f.finn.post(path("/notifications/%d/read", notes[0].ID), ``), 1, 2)
	expect(f.finn.post(path("/notifications/%d/read", notes[0].ID), ``), 0, 2)
	expect(f.finn.delete(path("/notifications/%d", notes[1].ID)), 1, 1)
	f.finn.delete(path("/notifications/%d", notes[1].ID)).refused(404)
	expect(f.finn.post("/api/forum/notifications/mark-all-read", ``), 1, 0)
	expect(f.finn.post("/api/forum/notifications/mark-all-read", ``), 0, 0)
}

func TestNotificationsComeInPages(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	for range 5 {
		f.mina.say(thread.ID, "@Finn?")
	}
	notes := f.finn.notified(5)
	second := decode[app.NotificationPage](f.finn.get(path("/notifications?limit=2&before_id=%d", notes[1].ID)))
	old := decode[app.NotificationPage](f.finn.get(path("/notifications?limit=2&skip=2")))
	for i, want := range notes[2:4] {
		if second.Notifications[i].ID != want.ID || old.Notifications[i].ID != want.ID || second.Total != 5 {
			t.Errorf("pages %+v and %+v, want %d", second, old, want.ID)
		}
	}
}

func TestOpeningAThreadReadsItsNotifications(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	f.mina.say(thread.ID, "@Finn?")
	f.finn.notified(1)
	unread := func() int64 { return decode[app.Count](f.finn.get("/api/forum/notifications/count")).Count }
	f.finn.get(path("/threads/%d/messages?mark_read=false", thread.ID)).ok()
	if unread() != 1 {
		t.Error("a glance read it")
	}
	f.finn.get(path("/threads/%d/messages", thread.ID)).ok()
	if unread() != 0 {
		t.Error("reading left it unread")
	}
	if seen := decode[parley.Thread](f.finn.get(path("/threads/%d", thread.ID))); seen.UnreadMessages != 2 || seen.LastReadMessageID != nil {
		t.Errorf("reading moved the last-read position: %+v", seen)
	}
}

func TestPeopleAreFoundByTheirNames(t *testing.T) {
	f := open(t, api.Config{})
	finds := func(p *person, q string, want ...string) {
		t.Helper()
		var got []string
		for _, found := range decode[[]app.Person](p.get("/api/forum/users/search?q=" + q)) {
			got = append(got, found.Username)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s looks for %s and finds %v, not %v", p.name, q, got, want)
		}
	}
	finds(f.finn, "MIN", "Mina")
	finds(f.finn, "nobody")
	finds(f.finn, "ev")
	finds(f.finn, "cre", "creator")
	finds(f.tomas, "te", "team")
	finds(f.tomas, "ev", "everyone")
	f.ada.post(everyone+fmt.Sprintf("restrict-user?user_id=%d", f.tomas.id), `{"reason":"Too loud."}`).ok()
	finds(f.tomas, "ev")
	finds(f.tomas, "te", "team")
	finds(f.ada, "ev", "everyone")
	f.ada.call("DELETE", everyone+fmt.Sprintf("restrict-user/%d", f.tomas.id), "").ok()
	finds(f.tomas, "ev", "everyone")
	f.ada.post(everyone+"emergency-disable", `{"reason":"The server moves."}`).ok()
	finds(f.tomas, "ev")
	finds(f.ada, "ev")
	finds(f.ada, "cre", "creator")
}
