package api_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/api"
	"parley/internal/app"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestEveryRouteAnswersInItsShape walks through the whole table and compares what
// keys and types are answered with testdata/shapes, one file a route. What is
// there may grow; nothing in it may be renamed, removed or retyped, as clients in
// the field read it.
func TestEveryRouteAnswersInItsShape(t *testing.T) {
	w := &walk{forum: open(t, api.Config{}), seen: map[string]bool{}}
	w.threads()
	w.messages()
	w.likes()
	w.notifications()
	w.people()
	w.deletions()
	w.everyone()
	w.administration()
	w.accounts()
	w.moderation()
	for _, r := range api.Routes() {
		if !w.seen[r.ID] {
			t.Errorf("%s %s is not visited", r.Method, r.Path)
		}
	}
}

// walk visits routes and remembers which.
type walk struct {
	*forum
	seen      map[string]bool
	main, sub parley.Thread
	first     parley.Message
}

// visit compares an answer's shape with the golden file of its route.
func (w *walk) visit(route string, a answered) answered {
	w.t.Helper()
	w.seen[route] = true
	var value any
	if err := json.Unmarshal(a.ok().body, &value); err != nil {
		w.t.Fatalf("%s: %v", route, err)
	}
	got, err := json.MarshalIndent(shapeOf(value), "", "  ")
	if err != nil {
		w.t.Fatal(err)
	}
	golden := filepath.Join("testdata", "shapes", route+".json")
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if diff := cmp.Diff(string(want), string(got)+"\n"); err != nil || diff != "" {
		w.t.Errorf("%s (-want +got) %v:\n%s", route, err, diff)
	}
	return a
}

// shapeOf puts the names of types in the place of values.
func shapeOf(value any) any {
	switch value := value.(type) {
	case map[string]any:
		shape := map[string]any{}
		for key, v := range value {
			shape[key] = shapeOf(v)
		}
		return shape
	case []any:
		if len(value) == 0 {
			return value
		}
		return []any{shapeOf(value[0])}
	case float64:
		return "number"
	case bool:
		return "boolean"
	case nil:
		return "null"
	default:
		return fmt.Sprintf("%T", value)
	}
}

func (w *walk) threads() {
	w.main = decode[parley.Thread](w.visit("create-thread", w.ada.post("/api/forum/threads", `{"title":"Joints","content":"Show yours.","min_tier_id":%d}`, w.supporters)))
	w.visit("get-thread", w.mina.get(path("/threads/%d", w.main.ID)))
	w.visit("list-threads", w.mina.get("/api/forum/threads"))
	w.visit("update-thread", w.ada.patch(path("/threads/%d", w.main.ID), `{"is_pinned":true}`))
	w.visit("set-thread-tier", w.ada.patch(path("/threads/%d/tier-access", w.main.ID), `{"min_tier_id":null}`))
	w.visit("get-thread-tier", w.finn.get(path("/threads/%d/tier-info", w.main.ID)))
	w.visit("count-messages", w.finn.get(path("/threads/%d/message-count", w.main.ID)))
	w.visit("follow-thread", w.mina.post(path("/threads/%d/follow", w.main.ID), ``))
	w.visit("mute-thread", w.finn.post(path("/threads/%d/mute", w.main.ID), ``))
	w.visit("unmute-thread", w.finn.delete(path("/threads/%d/mute", w.main.ID)))
	w.visit("mark-read", w.mina.post(path("/threads/%d/mark-read", w.main.ID), ``))
	w.visit("unfollow-thread", w.finn.delete(path("/threads/%d/follow", w.main.ID)))
}

func (w *walk) messages() {
	w.first = w.mina.say(w.main.ID, "Mortise and tenon, @Finn.")
	w.visit("post-message", w.finn.post(path("/threads/%d/messages", w.main.ID), `{"content":"Neat!","reply_to_id":%d}`, w.first.ID))
	w.visit("edit-message", w.mina.patch(path("/messages/%d", w.first.ID), `{"content":"Mortise and tenon, @Finn!"}`))
	w.visit("list-history", w.mina.get(path("/messages/%d/history", w.first.ID)))
	w.visit("list-messages", w.mina.get(path("/threads/%d/messages", w.main.ID)))
	w.visit("tell-typing", w.mina.post(path("/threads/%d/typing", w.main.ID), `{"is_typing":true}`))
	w.visit("list-recent-messages", w.mina.get(path("/threads/%d/recent?since_id=%d", w.main.ID, w.first.ID)))
	w.visit("list-replies", w.mina.get(path("/messages/%d/replies", w.first.ID)))
	w.sub = decode[parley.Thread](w.visit("create-sub-thread", w.finn.post(path("/messages/%d/create-thread", w.first.ID), `{"title":"How?","content":"With a chisel?"}`)))
	w.visit("list-sub-threads", w.mina.get(path("/messages/%d/threads", w.first.ID)))
	w.visit("count-sub-threads", w.mina.get(path("/messages/%d/thread-count", w.first.ID)))
	w.visit("get-thread-hierarchy", w.mina.get(path("/threads/%d/hierarchy", w.sub.ID)))
}

func (w *walk) likes() {
	w.visit("like-message", w.finn.post(path("/messages/%d/like", w.first.ID), ``))
	w.visit("list-likes", w.mina.get(path("/messages/%d/likes", w.first.ID)))
	w.visit("unlike-message", w.finn.delete(path("/messages/%d/like", w.first.ID)))
}

func (w *walk) notifications() {
	unread := func() int64 { return decode[app.Count](w.finn.get("/api/forum/notifications/count")).Count }
	w.await("a notification", func() bool { return unread() > 0 })
	w.visit("count-notifications", w.finn.get("/api/forum/notifications/count"))
	page := decode[app.NotificationPage](w.visit("list-notifications", w.finn.get("/api/forum/notifications")))
	w.visit("read-notification", w.finn.post(path("/notifications/%d/read", page.Notifications[0].ID), ``))
	w.visit("delete-notification", w.finn.delete(path("/notifications/%d", page.Notifications[0].ID)))
	w.visit("read-all-notifications", w.finn.post("/api/forum/notifications/mark-all-read", ``))
	w.visit("search-users", w.finn.get("/api/forum/users/search?q=mi"))
}

func (w *walk) deletions() {
	w.visit("delete-message", w.mina.delete(path("/messages/%d", w.first.ID)))
	w.visit("restore-message", w.tomas.post(path("/messages/%d/restore", w.first.ID), ``))
	w.visit("delete-thread", w.tomas.delete(path("/threads/%d", w.sub.ID)))
	w.visit("delete-thread-hierarchy", w.ada.delete(path("/threads/%d/delete-hierarchy", w.main.ID)))
}

func (w *walk) people() {
	w.visit("search", w.mina.get("/api/forum/search?q=joi"))
	w.visit("get-stats", w.mina.get("/api/forum/stats"))
	w.visit("get-user-activity", w.mina.get(path("/user/%d/activity", w.ada.id)))
	w.visit("get-settings", w.finn.get("/api/forum/settings"))
	w.visit("check-alias", w.finn.get("/api/forum/settings/alias/check?alias=Finch"))
	w.visit("update-settings", w.finn.patch("/api/forum/settings", `{"display_alias":"Finch","use_alias":true}`))
	w.visit("reset-settings", w.finn.post("/api/forum/settings/reset", ``))
	w.visit("get-everyone-settings", w.finn.get("/api/forum/settings/everyone-mentions"))
	w.visit("update-everyone-settings", w.finn.patch("/api/forum/settings/everyone-mentions", `{"allow_everyone_mentions":false}`))
}

func (w *walk) everyone() {
	base := "/api/forum/moderation/everyone/"
	w.visit("get-everyone-moderation", w.ada.get(base+"settings"))
	w.visit("update-everyone-moderation", w.ada.patch(base+"settings", `{"require_approval":true,"allowed_thread_types":["main"]}`))
	thread := w.ada.thread("Everyone")
	w.tomas.say(thread.ID, "Hello @everyone")
	w.tomas.say(thread.ID, "Hello again, @everyone")
	pending := decode[api.PendingMentions](w.visit("list-pending-everyone", w.ada.get(base+"pending"))).Pending
	w.visit("approve-everyone", w.ada.post(base+fmt.Sprintf("pending/%d/approve", pending[0].ID), ``))
	w.visit("reject-everyone", w.ada.post(base+fmt.Sprintf("pending/%d/reject", pending[1].ID), ``))
	w.visit("disable-everyone", w.ada.post(base+"emergency-disable", `{"reason":"A test."}`))
	w.visit("enable-everyone", w.ada.post(base+"emergency-enable", ``))
	w.visit("get-everyone-analytics", w.ada.get(base+"analytics?days=30"))
	w.visit("restrict-user", w.ada.post(base+fmt.Sprintf("restrict-user?user_id=%d", w.tomas.id), `{"duration_hours":"2","custom_rate_limit":1}`))
	w.visit("list-restricted-users", w.ada.get(base+"restricted-users"))
	w.visit("unrestrict-user", w.ada.delete(base+fmt.Sprintf("restrict-user/%d", w.tomas.id)))
}

func (w *walk) moderation() {
	thread := w.ada.thread("Flags")
	message := w.mina.say(thread.ID, "Buy this!")
	w.visit("flag-message", w.ada.post(path("/messages/%d/flag", message.ID), `{"reason":"spam","note":"Again."}`))
	flags := decode[[]app.FlagEntry](w.visit("list-flags", w.ada.get(path("/moderation/flags"))))
	w.visit("resolve-flag", w.ada.post(path("/moderation/flags/%d", flags[0].ID), `{"action":"hide"}`))
	w.visit("move-message", w.ada.post(path("/messages/%d/move", w.mina.say(thread.ID, "Elsewhere").ID), `{"thread_id":%d}`, w.ada.thread("There").ID))
	users := fmt.Sprintf("/api/forum/moderation/users/%d/", w.finn.id)
	w.visit("silence-user", w.ada.post(users+"silence", `{"reason":"Spam.","until":"2100-01-01T00:00:00Z"}`))
	w.visit("unsilence-user", w.ada.delete(users+"silence"))
	w.visit("suspend-user", w.ada.post(users+"suspend", `{"reason":"Spam."}`))
	w.visit("unsuspend-user", w.ada.delete(users+"suspend"))
}

func (w *walk) administration() {
	w.visit("list-available-tiers", w.ada.get("/api/forum/tiers/available"))
	w.visit("get-my-tier", w.mina.get("/api/forum/user-tier-info"))
	w.visit("list-moderation", w.tomas.get("/api/forum/moderation/log"))
	w.visit("list-users", w.ada.get("/api/admin/users?q=mi&role=member"))
	w.visit("get-user", w.ada.get(fmt.Sprintf("/api/admin/users/%d", w.mina.id)))
	w.visit("update-user", w.ada.patch(fmt.Sprintf("/api/admin/users/%d", w.mina.id), `{"amount_cents":"700","email":"mina@example.org"}`))
	w.visit("deactivate-user", w.ada.post(fmt.Sprintf("/api/admin/users/%d/deactivate", w.tomas.id), `{"reason":"on leave"}`))
	w.visit("reactivate-user", w.ada.post(fmt.Sprintf("/api/admin/users/%d/reactivate", w.tomas.id), ``))
	tier := decode[app.AdminTier](w.visit("create-tier", w.ada.post("/api/admin/tiers", `{"title":"Gold","amount_cents":1000}`)))
	w.visit("list-tiers", w.ada.get("/api/admin/tiers"))
	w.visit("update-tier", w.ada.patch(fmt.Sprintf("/api/admin/tiers/%d", tier.ID), `{"title":"Golden"}`))
	w.visit("delete-tier", w.ada.delete(fmt.Sprintf("/api/admin/tiers/%d", tier.ID)))
	w.visit("get-community", w.ada.get("/api/admin/community"))
	w.visit("update-community", w.ada.patch("/api/admin/community", `{"name":"The workshop"}`))
	w.visit("set-bus-mode", w.ada.post("/api/admin/realtime/bus", `{"mode":"local"}`))
	w.visit("get-realtime", w.oneReplica().get("/api/admin/realtime"))
	w.visit("create-api-key", w.ada.post("/api/admin/api-keys", `{"name":"Shop","scopes":["admin:read","members:write"],"expires_at":"2100-01-01T00:00:00Z"}`))
	shop := w.key("members:write")
	w.visit("sync-member", shop.call("PUT", "/api/admin/members/7", `{"username":"Olga7","role":"member","amount_cents":"500","source":"shop","is_active":true}`))
	w.visit("sync-members", shop.post("/api/admin/members/bulk", `{"members":[{"external_id":"8"},{"external_id":"7","username":"Olga7","role":"member","amount_cents":700,"is_active":true}]}`))
	keys := decode[api.APIKeys](w.visit("list-api-keys", w.ada.get("/api/admin/api-keys")))
	w.visit("revoke-api-key", w.ada.delete(fmt.Sprintf("/api/admin/api-keys/%d", keys.Keys[0].ID)))
	w.visit("list-audit", w.ada.get("/api/admin/audit?action=community.updated"))
}

func (w *walk) accounts() {
	w.visit("sign-in-options", w.stranger().get("/api/auth/options"))
	w.visit("register", w.stranger().post("/api/auth/register", `{"username":"Olga","password":"spruce and maple"}`))
	in := w.visit("login", w.stranger().post("/api/auth/login", `{"username":"olga","password":"spruce and maple"}`))
	olga := &person{f: w.forum, name: "Olga", token: cookieOf(in).Value}
	w.visit("get-me", olga.get("/api/auth/me"))
	sessions := decode[api.Sessions](w.visit("list-sessions", olga.get("/api/auth/sessions")))
	w.visit("change-password", olga.post("/api/auth/password", `{"old_password":"spruce and maple","new_password":"walnut and oak"}`))
	in = w.stranger().post("/api/auth/login", `{"username":"Olga","password":"walnut and oak"}`).ok()
	phone := &person{f: w.forum, name: "Olga's phone", token: cookieOf(in).Value}
	w.visit("end-session", phone.delete("/api/auth/sessions/"+sessions.Sessions[0].PublicID))
	w.visit("logout", phone.post("/api/auth/logout", ``))
	w.offerDemo(w.finn)
	w.visit("demo-login", w.stranger().post("/api/auth/demo", `{"username":"Finn"}`))
}

// oneReplica returns the creator when a replica has told of itself.
func (w *walk) oneReplica() *person {
	w.t.Helper()
	a := app.New(w.store, app.Options{Logger: slog.New(slog.DiscardHandler)})
	a.Reports(idleReplica{})
	(&forum{t: w.t, app: a}).work()
	for len(decode[app.Realtime](w.ada.get("/api/admin/realtime")).Replicas) == 0 {
		time.Sleep(5 * time.Millisecond) // go test has a time limit of its own
	}
	return w.ada
}

// idleReplica is a replica where nothing happens.
type idleReplica struct{}

func (idleReplica) Report() app.ReplicaReport {
	return app.ReplicaReport{
		Version: "v1", StartedAt: 1,
		Connections: map[string]int{"forum_threads": 0, "forum_global": 0}, Rates: map[string]float64{"deliveries": 0, "log_repairs": 0},
		Bus: app.BusReport{Mode: parley.BusLocal, State: "ok"},
	}
}

func (idleReplica) SetBusMode(parley.BusMode, uint64) {}
