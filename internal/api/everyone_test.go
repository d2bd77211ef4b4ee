package api_test

import (
	"fmt"
	"strings"
	"testing"

	"parley"
	"parley/internal/api"
	"parley/internal/app"
)

const everyone = "/api/forum/moderation/everyone/"

func TestModeratingEveryoneIsForCreators(t *testing.T) {
	f := open(t, api.Config{})
	for _, r := range api.Routes() {
		if !strings.HasPrefix(r.Path, everyone) {
			continue
		}
		for _, p := range []*person{f.tomas, f.mina} {
			p.send(r, 4711).refused(403)
		}
	}
}

func TestLimitsOfEveryoneAreSetAndTakenAway(t *testing.T) {
	f := open(t, api.Config{})
	if got := decode[parley.EveryoneSettings](f.ada.get(everyone + "settings")); *got.TeamRateLimit != 3 || got.WindowHours != 24 || got.MaxMessageLength != nil {
		t.Errorf("at first %+v", got)
	}
	set := decode[api.ChangedEveryone](f.ada.patch(everyone+"settings",
		`{"team_rate_limit":null,"max_message_length":"200","quiet_hours_start":22,"quiet_hours_end":7,"timezone":"Europe/Berlin","allowed_thread_types":["main"]}`))
	if !set.Success || set.TeamRateLimit != nil || *set.MaxMessageLength != 200 || *set.QuietStart != 22 || *set.QuietEnd != 7 || len(set.AllowedThreadTypes) != 1 {
		t.Errorf("set %+v", set)
	}
	set = decode[api.ChangedEveryone](f.ada.patch(everyone+"settings", `{"quiet_hours_start":null,"quiet_hours_end":null,"allowed_thread_types":null}`))
	if set.QuietStart != nil || set.QuietEnd != nil || set.AllowedThreadTypes != nil || *set.MaxMessageLength != 200 {
		t.Errorf("then set %+v", set)
	}
	f.ada.patch(everyone+"settings", `{"global_cooldown_minutes":10,"rate_limit_window_hours":48}`).ok()
	set = decode[api.ChangedEveryone](f.ada.patch(everyone+"settings", `{"require_approval":false}`))
	if set.CooldownMinutes != 10 || set.WindowHours != 48 {
		t.Errorf("what was left out became %+v", set)
	}
	set = decode[api.ChangedEveryone](f.ada.patch(everyone+"settings", `{"global_cooldown_minutes":null}`))
	if set.CooldownMinutes != 0 || set.WindowHours != 48 {
		t.Errorf("without a cooldown it is %+v", set)
	}
	for _, body := range []string{
		`{"rate_limit_window_hours":null}`, `{"rate_limit_window_hours":0}`, `{"team_rate_limit":-1}`, `{"team_rate_limit":"many"}`, `{"quiet_hours_start":7}`, `{"timezone":"Mars"}`, `{"allowed_thread_types":[]}`, `{"allowed_thread_types":"main"}`,
	} {
		f.ada.call("PATCH", everyone+"settings", body).refused(422)
	}
	if got := decode[parley.EveryoneSettings](f.ada.get(everyone + "settings")); got.Timezone != "Europe/Berlin" || got.TeamRateLimit != nil || got.WindowHours != 48 {
		t.Errorf("what was refused is stored: %+v", got)
	}
}

// TestAnEditThatMentionsEveryoneTooOftenIsToBeTriedLater is of the one limit of rates
// that edits have.
func TestAnEditThatMentionsEveryoneTooOftenIsToBeTriedLater(t *testing.T) {
	f := open(t, api.Config{})
	f.ada.patch(everyone+"settings", `{"team_rate_limit":1}`).ok()
	thread := f.ada.thread("Joints")
	f.tomas.say(thread.ID, "@everyone hello")
	message := f.tomas.say(thread.ID, "hello")
	edit := f.tomas.patch(path("/messages/%d", message.ID), `{"content":"@everyone hello"}`)
	if edit.refused(429); edit.header.Get("Retry-After") != "86400" {
		t.Errorf("to be tried after %s s", edit.header.Get("Retry-After"))
	}
}

func TestAMentionOfEveryoneIsApprovedOrRejected(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	f.ada.patch(everyone+"settings", `{"require_approval":true}`).ok()
	f.tomas.say(thread.ID, "Hello @everyone")
	f.tomas.say(thread.ID, "Hello again, @everyone")
	pending := decode[api.PendingMentions](f.ada.get(everyone + "pending")).Pending
	if len(pending) != 2 || pending[0].ContentPreview != "Hello @everyone" || pending[0].UserID != f.tomas.id {
		t.Fatalf("waiting: %+v", pending)
	}
	f.ada.post(everyone+fmt.Sprintf("pending/%d/approve", pending[0].ID), ``).ok()
	f.ada.post(everyone+fmt.Sprintf("pending/%d/reject", pending[1].ID), ``).ok()
	f.ada.post(everyone+fmt.Sprintf("pending/%d/approve", pending[1].ID), ``).refused(404)
	f.await("Finn's notification", func() bool {
		return decode[app.Count](f.finn.get("/api/forum/notifications/count")).Count == 1
	})
	if analytics := decode[app.EveryoneAnalytics](f.ada.get(everyone + "analytics")); analytics.PeriodDays != 7 || analytics.Summary.TotalUses != 1 || analytics.Summary.TotalNotifications != 3 {
		t.Errorf("analytics %+v", analytics)
	}
	f.ada.get(everyone + "analytics?days=91").refused(422)
}

func TestAnEmergencyKeepsEverybodyFromMentioningEveryone(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	f.ada.post(everyone+"emergency-disable", `{"reason":"The server moves."}`).ok()
	p := f.ada.post(path("/threads/%d/messages", thread.ID), `{"content":"Hello @everyone"}`).refused(403)
	if !strings.Contains(p.Detail, "The server moves.") {
		t.Errorf("refused: %s", p.Detail)
	}
	f.ada.post(everyone+"emergency-enable", ``).ok()
	f.ada.say(thread.ID, "Hello @everyone")
}

func TestSomebodyIsRestrictedFromMentioningEveryone(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	restrict := everyone + fmt.Sprintf("restrict-user?user_id=%d", f.tomas.id)
	f.ada.post(everyone+fmt.Sprintf("restrict-user?user_id=%d", f.ada.id), ``).refused(400)
	f.ada.post(everyone+"restrict-user", ``).refused(422)
	f.ada.post(restrict, `{"duration_hours":0}`).refused(422)
	f.ada.post(restrict, `{"reason":"Too loud.","duration_hours":"48"}`).ok()
	f.tomas.post(path("/threads/%d/messages", thread.ID), `{"content":"Hello @everyone"}`).refused(403)
	users := decode[api.RestrictedUsers](f.ada.get(everyone + "restricted-users")).RestrictedUsers
	if len(users) != 1 || users[0].UserID != f.tomas.id || users[0].Reason != "Too loud." || users[0].Until == nil || users[0].ViolationCount != 1 {
		t.Errorf("restricted: %+v", users)
	}
	f.ada.delete(everyone + fmt.Sprintf("restrict-user/%d", f.tomas.id)).ok()
	f.tomas.say(thread.ID, "Hello @everyone")
	f.ada.post(restrict, `{"custom_rate_limit":1}`).ok()
	if a := f.tomas.post(path("/threads/%d/messages", thread.ID), `{"content":"Hello @everyone"}`); a.refused(429).Detail == "" || a.header.Get("Retry-After") == "" {
		t.Errorf("refused without when to come back: %s", a.body)
	}
}
