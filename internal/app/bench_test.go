package app_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/realtime"
)

// busyHub is a hub with connections of many people.
type busyHub struct {
	*notingHub
	connected []int64
}

// Each has f see them.
func (h *busyHub) Each(f func(*realtime.Conn) bool) {
	for _, id := range h.connected {
		conn := new(realtime.Conn)
		conn.SetValue(app.Seat{Viewer: parley.Viewer{ID: id}})
		if !f(conn) {
			return
		}
	}
}

// grown is a forum with so many members more, of whom so many are connected.
func grown(b *testing.B, members, connected int) (*forum, *busyHub) {
	f := openForum(b)
	h := &busyHub{notingHub: f.hub}
	const batch = 2000
	for first := 0; first < members; first += batch {
		storetest.Update(b, f.Store, func(tx *store.Tx) error {
			for i := first; i < first+batch; i++ {
				v, err := storetest.AddPerson(tx, fmt.Sprint("member_", i), parley.RoleMember, parley.Membership{})
				if err != nil {
					return err
				}
				if len(h.connected) < connected && !slices.Contains(h.connected, v.ID) {
					h.connected = append(h.connected, v.ID)
				}
			}
			return nil
		})
	}
	f.Connect(h)
	return f, h
}

// BenchmarkEveryone compares a mention of everyone with an ordinary post, in a
// community of 100,000 of whom 1,000 are connected: what the author waits for, and
// how long it takes until all of those have their new badge.
func BenchmarkEveryone(b *testing.B) {
	f, hub := grown(b, 100_000, 1000)
	post := func(text string) func() time.Duration {
		return func() time.Duration {
			f.Clock.Pass(time.Second)
			began := time.Now()
			must[parley.Message](b)(f.PostMessage(b.Context(), f.Ada, f.Free.ID, text, 0, app.Idempotency{}))
			return time.Since(began)
		}
	}
	ordinary, everyone := post("hello all"), post("hello @everyone")
	var plain, calls, badges []time.Duration
	for b.Loop() {
		plain = append(plain, ordinary())
		f.RunJobs(b.Context())
		began := time.Now()
		calls = append(calls, everyone())
		f.RunJobs(b.Context())
		badges = append(badges, time.Since(began))
		for _, id := range hub.connected {
			if got := lastCount(b, hub, id); got != min(int64(len(calls)), parley.MaxUnreadCalls) {
				b.Fatalf("%d was told of %d unread, want %d", id, got, len(calls))
			}
		}
		clear(hub.states)
	}
	for name, took := range map[string][]time.Duration{"ordinary-µs": plain, "everyone-µs": calls, "all-badges-µs": badges} {
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds()), name)
	}
	b.ReportMetric(float64(badges[len(badges)-1].Microseconds()), "slowest-badges-µs")
	b.ReportMetric(float64(calls[len(calls)/2])/float64(plain[len(plain)/2]), "everyone/ordinary")
}

// lastCount is the number of unread notifications that somebody was told last.
func lastCount(b *testing.B, hub *busyHub, id int64) int64 {
	for _, m := range slices.Backward(hub.states[strconv.FormatInt(id, 10)]) {
		if frameType(b, m.Frame) == "forum_notification_count" {
			return decode[parley.NotificationCountFrame](b, m.Frame).Count
		}
	}
	return -1
}

// BenchmarkCounts asks for the counts, and the notifications, of somebody who has not
// read any of the newest thousand mentions of everyone.
func BenchmarkCounts(b *testing.B) {
	f := openForum(b)
	for range 10 {
		storetest.Update(b, f.Store, func(tx *store.Tx) error {
			for range 100 {
				id, err := tx.InsertMessage(f.Free.ID, f.Ada.ID, 0, storetest.Text("@everyone"))
				if err != nil {
					return err
				}
				if err := tx.AddCall(store.ThreadState{ID: f.Free.ID}, f.Ada.ID, id, false); err != nil {
					return err
				}
			}
			return nil
		})
	}
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			must[app.Count](b)(f.NotificationCount(b.Context(), f.Mina))
		}
	})
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			must[app.NotificationPage](b)(f.Notifications(b.Context(), f.Mina, 0, 0, 20))
		}
	})
	must[app.ReadResult](b)(f.ReadAllNotifications(b.Context(), f.Mina))
	b.Run("count when all is read", func(b *testing.B) {
		for b.Loop() {
			must[app.Count](b)(f.NotificationCount(b.Context(), f.Mina))
		}
	})
}
