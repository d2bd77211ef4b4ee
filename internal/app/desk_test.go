package app_test

import (
	"maps"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley"
	"parley/internal/app"
	"parley/internal/store/storetest"
)

// desk is the list of threads that somebody has open, with the number of their
// unread notifications: a small client of the global stream.
type desk struct {
	*stream
	threads map[int64]parley.Thread
	bell    app.Count
	news    map[int64]bool // notifications
}

func (f *forum) sitDown(v parley.Viewer) *desk {
	f.t.Helper()
	threads, eventID, err := f.Threads(f.t.Context(), v, everything)
	if err != nil {
		f.t.Fatal(err)
	}
	d := &desk{stream: f.follow(v, eventID), threads: map[int64]parley.Thread{}, news: map[int64]bool{}}
	for _, t := range threads {
		d.threads[t.ID] = t
	}
	page := d.renewNews()
	d.bell = app.Count{Count: page.UnreadCount, CountVersion: page.CountVersion}
	return d
}

// renewNews fetches the notifications.
func (d *desk) renewNews() app.NotificationPage {
	d.f.t.Helper()
	page := must[app.NotificationPage](d.f.t)(d.f.Notifications(d.f.t.Context(), d.seat.Viewer, 0, 0, 1000))
	for _, n := range page.Notifications {
		d.news[n.ID] = true
	}
	return page
}

var everything = app.ThreadQuery{Page: 1, Limit: 1000, Filter: "all", Type: "all"}

func (d *desk) catchUp() {
	d.f.t.Helper()
	d.seat.Viewer = d.f.now(d.seat.Viewer)
	for _, frame := range d.frames() {
		d.apply(frameType(d.f.t, frame), frame)
	}
	d.f.RecountHeard(d.f.t.Context())
	for _, c := range states[parley.NotificationCountFrame](d.f, d.seat.Viewer, "forum_notification_count") {
		if c.CountVersion >= d.bell.CountVersion {
			d.bell = app.Count{Count: c.Count, CountVersion: c.CountVersion}
		}
	}
	for _, u := range states[parley.UnreadCountFrame](d.f, d.seat.Viewer, "unread_count_updated") {
		for id, t := range d.threads {
			if u.ThreadID == nil || *u.ThreadID == id {
				t.UnreadCount = u.ThreadUnreadCount
				d.threads[id] = t
			}
		}
	}
}

func (d *desk) apply(kind string, frame []byte) {
	t := d.f.t
	t.Helper()
	switch kind {
	case "new_thread_created":
		d.created(decode[parley.ThreadCreatedFrame](t, frame).Thread)
	case "new_sub_thread_created":
		d.created(decode[parley.SubThreadCreatedFrame](t, frame).Thread)
	case "thread_deleted":
		delete(d.threads, decode[parley.ThreadDeletedFrame](t, frame).ThreadID)
	case "threads_changed":
		for _, id := range decode[parley.ThreadsChangedFrame](t, frame).ThreadIDs {
			d.fetch(id)
		}
		d.renewNews() // those of a thread come back with it
	case "forum_notification":
		d.news[decode[parley.NotificationFrame](t, frame).Notification.ID] = true
	case "membership_changed":
		d.threads = d.f.sitDown(d.seat.Viewer).threads
		d.renewNews()
	case "team_mention", "everyone_mention":
	default:
		t.Errorf("a frame of the unknown type %q", kind)
	}
}

// created shows a thread as the frame does, but for what its author and the team
// may do with it.
func (d *desk) created(t parley.Thread) {
	v := d.seat.Viewer
	t.CanManage = parley.CanManageThread(v, t.ThreadType, t.UserID)
	t.CanDelete, t.IsFollowing = t.CanManage, t.UserID == v.ID
	if _, known := d.threads[t.ID]; !known {
		d.threads[t.ID] = t
	}
}

// fetch asks for a thread anew; 404 and 403 mean that it is not shown.
func (d *desk) fetch(id int64) {
	t, err := d.f.Thread(d.f.t.Context(), d.seat.Viewer, id)
	switch parley.KindOf(err) {
	case parley.NotFound, parley.Forbidden:
		delete(d.threads, id)
	default:
		must[parley.Thread](d.f.t)(t, err)
		d.threads[id] = t
	}
}

// check compares the desk with a fresh look at the list and the count.
func (d *desk) check() {
	t := d.f.t
	t.Helper()
	fresh := d.f.sitDown(d.seat.Viewer)
	// Sub-threads are announced to the parent's followers alone.
	unannounced := func(id int64, thread parley.Thread) bool {
		_, shown := d.threads[id]
		return !shown && thread.ThreadType == parley.SubThread
	}
	maps.DeleteFunc(fresh.threads, unannounced)
	if diff := gocmp.Diff(fresh.threads, d.threads, notTold); diff != "" {
		t.Errorf("the list of %d (-fresh +client):\n%s", d.seat.Viewer.ID, diff)
	}
	if d.bell.Count != fresh.bell.Count {
		t.Errorf("%d has %d unread at version %d, the client shows %d of version %d",
			d.seat.Viewer.ID, fresh.bell.Count, fresh.bell.CountVersion, d.bell.Count, d.bell.CountVersion)
	}
	for id := range fresh.news {
		if !d.news[id] {
			t.Errorf("%d was not told of notification %d", d.seat.Viewer.ID, id)
		}
	}
}

// notTold are the fields of the list that no durable event of the global stream
// tells of: activity and counts of views, followers and unread messages.
var notTold = cmpopts.IgnoreFields(parley.Thread{},
	"MessageCount", "LastMessageAt", "ViewCount", "FollowerCount", "UnreadMessages", "LastReadMessageID", "IsFollowing")

// audience is everybody with the list open, and one of the team and one of the
// members with those threads that they may see.
type audience struct {
	rooms []*room
	desks []*desk
}

func (f *forum) gather(threads ...storetest.ThreadRef) (a audience) {
	f.t.Helper()
	for _, v := range []parley.Viewer{f.Ada, f.Tomas, f.Mina, f.Finn} {
		a.desks = append(a.desks, f.sitDown(v))
	}
	a.rooms = f.enterAll(threads...)
	return a
}

func (f *forum) enterAll(threads ...storetest.ThreadRef) (rooms []*room) {
	f.t.Helper()
	for _, v := range []parley.Viewer{f.Tomas, f.Finn} {
		for _, thread := range threads {
			if _, err := f.Thread(f.t.Context(), v, thread.ID); err == nil {
				rooms = append(rooms, f.enter(v, thread.ID))
			}
		}
	}
	return rooms
}

func (a audience) catchUp() {
	for _, r := range a.rooms {
		r.catchUp()
	}
	for _, d := range a.desks {
		d.catchUp()
	}
}

func (a audience) check() {
	for _, r := range a.rooms {
		r.check()
	}
	for _, d := range a.desks {
		d.check()
	}
}
