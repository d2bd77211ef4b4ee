package api_test

import (
	"testing"

	"parley"
	"parley/internal/api"
	"parley/internal/app"
)

func TestSettingsAreOnesOwn(t *testing.T) {
	f := open(t, api.Config{})
	if got := decode[parley.Settings](f.finn.get("/api/forum/settings")); got.DisplayAlias != nil || got.DismissSeconds != 10 || got.Position != "top-right" || !got.DirectMentions {
		t.Errorf("at first %+v", got)
	}
	changed := decode[api.ChangedSettings](f.finn.patch("/api/forum/settings", `{"quick_reply_auto_dismiss_seconds":"30","allow_direct_mentions":false}`))
	if !changed.Success || changed.DismissSeconds != 30 || changed.DirectMentions {
		t.Errorf("changed %+v", changed)
	}
	if mina := decode[parley.Settings](f.mina.get("/api/forum/settings")); !mina.DirectMentions {
		t.Errorf("Mina's changed too: %+v", mina)
	}
	for body, location := range map[string]string{
		`{"quick_reply_auto_dismiss_seconds":4}`: "body.quick_reply_auto_dismiss_seconds", `{"notification_position":"middle"}`: "body.notification_position",
		`{"display_alias":7}`: "body.display_alias", `{"display_alias":"x"}`: "body.display_alias", `{"use_alias":"yes"}`: "body.use_alias",
	} {
		if p := f.finn.call("PATCH", "/api/forum/settings", body).refused(422); len(p.Errors) != 1 || p.Errors[0].Location != location {
			t.Errorf("%s: %+v", body, p)
		}
	}
	f.finn.post("/api/forum/settings/reset", ``).ok()
	if got := decode[parley.Settings](f.finn.get("/api/forum/settings")); got.DismissSeconds != 10 || !got.DirectMentions {
		t.Errorf("reset to %+v", got)
	}
}

func TestAnAliasIsShownInsteadOfTheUsername(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	taken := decode[api.AliasAnswer](f.mina.get("/api/forum/settings/alias/check?alias=T0mas"))
	free := decode[api.AliasAnswer](f.mina.get("/api/forum/settings/alias/check?alias=Stella"))
	if taken.Available || taken.Message == "" || !free.Available || free.Message == "" {
		t.Errorf("answered %+v and %+v", taken, free)
	}
	f.mina.get("/api/forum/settings/alias/check").ok() // always 200
	f.mina.patch("/api/forum/settings", `{"display_alias":"T0mas","use_alias":true}`).refused(400)
	f.mina.patch("/api/forum/settings", `{"display_alias":"Stella","use_alias":true}`).ok()
	if m := f.mina.say(thread.ID, "hello"); m.Username != "Stella" {
		t.Errorf("shown as %s", m.Username)
	}
	me := decode[api.Me](f.mina.get("/api/auth/me"))
	if me.User.Username != "Mina" || me.User.DisplayName != "Stella" {
		t.Errorf("she is %+v", me.User)
	}
	cleared := decode[api.ChangedSettings](f.mina.patch("/api/forum/settings", `{"display_alias":null}`))
	if cleared.DisplayAlias != nil || cleared.UseAlias {
		t.Errorf("cleared %+v", cleared)
	}
}

func TestMentionsOfEveryoneCanBeTurnedOff(t *testing.T) {
	f := open(t, api.Config{})
	if got := decode[api.EveryoneWishes](f.tomas.get("/api/forum/settings/everyone-mentions")); !got.Success || !got.Allow || !got.CanUse {
		t.Errorf("Tomas: %+v", got)
	}
	if got := decode[api.EveryoneWishes](f.finn.patch("/api/forum/settings/everyone-mentions", `{"allow_everyone_mentions":false}`)); got.Allow || got.CanUse {
		t.Errorf("Finn: %+v", got)
	}
	if got := decode[api.EveryoneWishes](f.finn.get("/api/forum/settings/everyone-mentions")); got.Allow {
		t.Errorf("Finn, later: %+v", got)
	}
}

func TestAThreadIsMutedForAWhile(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	address := path("/threads/%d/mute", thread.ID)
	f.finn.post(address, `{"until":"2000-01-01T00:00:00Z"}`).refused(422)
	f.finn.post(address, `{"until":"soon"}`).refused(422)
	f.finn.post(address, `{"until":"2100-01-01T00:00:00Z"}`).ok()
	muted := func() bool { return decode[parley.Thread](f.finn.get(path("/threads/%d", thread.ID))).IsMuted }
	if !muted() {
		t.Error("it is not muted")
	}
	f.finn.delete(address).ok()
	if muted() {
		t.Error("it still is muted")
	}
}

func TestWhatSomebodyWroteIsListed(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	f.mina.say(thread.ID, "Dovetails")
	mina := decode[app.UserActivity](f.finn.get(path("/user/%d/activity", f.mina.id)))
	if mina.User.ID != f.mina.id || mina.User.BadgeColor != "#f97316" || mina.TotalMessages != 1 || len(mina.RecentMessages) != 1 || len(mina.CreatedThreads) != 0 {
		t.Errorf("Mina's is %+v", mina)
	}
	f.finn.get(path("/user/%d/activity", 4711)).refused(404)
}

func TestTheForumIsCounted(t *testing.T) {
	f := open(t, api.Config{})
	empty := decode[app.Stats](f.finn.get("/api/forum/stats"))
	if empty.MostActiveThread != nil || empty.TotalThreads != 0 {
		t.Errorf("empty: %+v", empty)
	}
	thread := f.ada.thread("Joints")
	f.mina.say(thread.ID, "Dovetails")
	stats := decode[app.Stats](f.finn.get("/api/forum/stats"))
	if stats.TotalThreads != 1 || stats.MainThreads != 1 || stats.TotalMessages != 2 || stats.RecentMessages24h != 2 || stats.MostActiveThread.ID != thread.ID {
		t.Errorf("then: %+v", stats)
	}
}

func TestWhatWasSaidIsFound(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	m := f.mina.say(thread.ID, "Dovetails & <b>tenons</b>")
	found := decode[app.SearchResult](f.finn.get("/api/forum/search?q=tenon"))
	if len(found.Messages) != 1 || found.Messages[0].ID != m.ID || found.Messages[0].SnippetHTML != "Dovetails &amp; &lt;b&gt;<mark>tenons</mark>&lt;/b&gt;" {
		t.Errorf("found %+v", found)
	}
	if titles := decode[app.SearchResult](f.finn.get("/api/forum/search?q=joi&thread_type=main&limit=1")); len(titles.Threads) != 1 || len(titles.Messages) != 0 {
		t.Errorf("found %+v", titles)
	}
	f.finn.get("/api/forum/search?q=x").refused(422)
	f.finn.get("/api/forum/search").refused(422)
}
