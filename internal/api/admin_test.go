package api_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"parley"
	"parley/internal/api"
	"parley/internal/app"
)

func TestAdministrationIsForCreators(t *testing.T) {
	f := open(t, api.Config{})
	for _, r := range api.Routes() {
		if !strings.HasPrefix(r.Path, "/api/admin/") {
			continue
		}
		for _, p := range []*person{f.tomas, f.mina, f.finn} {
			for _, id := range []int64{f.finn.id, 4711} { // without telling what there is
				p.send(r, id).refused(403)
			}
		}
	}
}

func TestCreatorsSeeAndChangePeople(t *testing.T) {
	f := open(t, api.Config{})
	page := decode[app.UserPage](f.ada.get("/api/admin/users?limit=2"))
	if page.Total != 4 || len(page.Users) != 2 || page.Users[0].Username != "Finn" || page.Users[1].Username != "Mina" {
		t.Errorf("the first page is %+v", page)
	}
	rest := decode[app.UserPage](f.ada.get(fmt.Sprintf("/api/admin/users?before_id=%d", page.Users[1].ID)))
	if len(rest.Users) != 2 || rest.Users[1].Username != "Ada" || rest.Users[1].Role != parley.RoleCreator {
		t.Errorf("the second page is %+v", rest)
	}
	address := fmt.Sprintf("/api/admin/users/%d", f.finn.id)
	changed := decode[api.ChangedUser](f.ada.patch(address, `{"tier_id":"%d","email":"finn@example.org"}`, f.supporters))
	if !changed.Success || changed.User.AmountCents != 500 || *changed.User.Email != "finn@example.org" || changed.User.UserRole != parley.DisplaySupporter {
		t.Errorf("changed %+v", changed)
	}
	if found := decode[app.UserPage](f.ada.get("/api/admin/users?q=FINN%40example&role=member")); found.Total != 1 || found.Users[0].ID != f.finn.id {
		t.Errorf("found %+v", found)
	}
	if got := decode[app.AdminUser](f.ada.get(address)); got.ID != f.finn.id || *got.TierID != f.supporters {
		t.Errorf("got %+v", got)
	}
	f.ada.patch(fmt.Sprintf("/api/admin/users/%d", f.ada.id), `{"role":"member"}`).refused(409)
}

func TestWhoIsDeactivatedIsSignedOut(t *testing.T) {
	f := open(t, api.Config{})
	address := fmt.Sprintf("/api/admin/users/%d", f.finn.id)
	if out := decode[api.ChangedUser](f.ada.post(address+"/deactivate", ``)); out.User.IsActive {
		t.Errorf("out: %+v", out)
	}
	f.finn.get("/api/auth/me").refused(401)
	if in := decode[api.ChangedUser](f.ada.post(address+"/reactivate", ``)); !in.User.IsActive {
		t.Errorf("in again: %+v", in)
	}
	f.finn.get("/api/auth/me").refused(401) // his sessions are over
}

func TestTheCommunityLimitsNewMembers(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	address := "/api/admin/community"
	if c := decode[parley.Community](f.ada.get(address)); c.NewMembers != (parley.NewMembers{PostsPerHour: 20, Links: 2, Mentions: 5}) {
		t.Errorf("to begin with: %+v", c)
	}
	for _, wrong := range []string{`{"new_member_days":91}`, `{"new_member_days":-1}`, `{"new_member_links":1001}`, `{"new_member_mentions":"many"}`} {
		f.ada.call("PATCH", address, wrong).refused(422)
	}
	changed := decode[api.ChangedCommunity](f.ada.patch(address, `{"new_member_days":"7","new_member_posts_per_hour":1,"new_member_links":0}`))
	if changed.NewMembers != (parley.NewMembers{Days: 7, PostsPerHour: 1, Mentions: 5}) {
		t.Errorf("changed: %+v", changed)
	}
	page := path("/threads/%d/messages", thread.ID)
	f.finn.post(page, `{"content":"https://example.com"}`).refused(403)
	f.finn.say(thread.ID, "Hello")
	a := f.finn.post(page, `{"content":"again"}`)
	a.refused(429)
	if wait, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || wait < 1 || wait > 3600 {
		t.Errorf("Retry-After: %q", a.header.Get("Retry-After"))
	}
	f.mina.say(thread.ID, "https://example.com") // she pays
	f.mina.say(thread.ID, "https://example.com")
}

func TestCreatorsKeepTheTiers(t *testing.T) {
	f := open(t, api.Config{})
	gold := decode[app.AdminTier](f.ada.call("POST", "/api/admin/tiers", `{"title":"Gold","amount_cents":"1000","color":"#ffd700"}`, "Idempotency-Key", "gold"))
	again := decode[app.AdminTier](f.ada.call("POST", "/api/admin/tiers", `{"title":"Gold","amount_cents":"1000","color":"#ffd700"}`, "Idempotency-Key", "gold"))
	if gold != again || gold.AmountCents != 1000 || !gold.IsActive {
		t.Errorf("created %+v, then %+v", gold, again)
	}
	address := fmt.Sprintf("/api/admin/tiers/%d", gold.ID)
	if changed := decode[api.ChangedTier](f.ada.patch(address, `{"description":"All of it"}`)); changed.Tier.Description != "All of it" || changed.Tier.Title != "Gold" {
		t.Errorf("changed %+v", changed)
	}
	f.ada.patch(address, `{"color":"gold"}`).refused(422)
	f.ada.post("/api/admin/tiers", `{"title":"Nothing","amount_cents":0}`).refused(422)
	if removed := decode[api.RemovedTier](f.ada.delete(fmt.Sprintf("/api/admin/tiers/%d", f.supporters))); !removed.Retired {
		t.Errorf("removed %+v", removed)
	}
	if removed := decode[api.RemovedTier](f.ada.delete(address)); removed.Retired {
		t.Errorf("removed %+v", removed)
	}
	if left := decode[api.AdminTiers](f.ada.get("/api/admin/tiers")); len(left.Tiers) != 1 || left.Tiers[0].IsActive {
		t.Errorf("left %+v", left)
	}
}

func TestTiersAreOfferedToCreatorsAlone(t *testing.T) {
	f := open(t, api.Config{})
	offered := decode[api.TierOptions](f.ada.get("/api/forum/tiers/available")).Tiers
	if len(offered) != 2 || offered[0].ID != nil || offered[0].Title != "Free Access" || offered[0].Color != "#6b7280" || *offered[1].ID != f.supporters || offered[1].AmountCents != 500 {
		t.Errorf("offered %+v", offered)
	}
	for _, p := range []*person{f.tomas, f.mina} {
		if a := p.get("/api/forum/tiers/available").ok(); strings.TrimSpace(string(a.body)) != `{"tiers":[]}` {
			t.Errorf("%s: %s", p.name, a.body)
		}
	}
}

func TestEverybodySeesTheirOwnTier(t *testing.T) {
	f := open(t, api.Config{})
	mina := decode[app.TierStanding](f.mina.get("/api/forum/user-tier-info"))
	if mina.UserID != f.mina.id || !mina.IsPatreon || mina.IsKofi || mina.IsCreator || mina.CurrentTierAmount != 500 || mina.CurrentTierTitle != "Supporters" || len(mina.CanAccessTiers) != 2 {
		t.Errorf("Mina: %+v", mina)
	}
	if ada := decode[app.TierStanding](f.ada.get("/api/forum/user-tier-info")); !ada.IsCreator || ada.CurrentTierAmount != 999_999_999 {
		t.Errorf("Ada: %+v", ada)
	}
}

func TestTheCommunitysSettingsAreItsCreators(t *testing.T) {
	f := open(t, api.Config{})
	changed := decode[api.ChangedCommunity](f.ada.patch("/api/admin/community", `{"thread_creation":"members","registration":"closed"}`))
	if changed.ThreadCreation != parley.CreationMembers || changed.Registration != parley.RegistrationClosed || changed.Name != "Parley" {
		t.Errorf("changed %+v", changed)
	}
	if got := decode[parley.Community](f.ada.get("/api/admin/community")); got != changed.Community {
		t.Errorf("got %+v", got)
	}
	f.finn.thread("Mine")
	f.stranger().post("/api/auth/register", `{"username":"Olga","password":"spruce and maple"}`).refused(403)
	f.ada.patch("/api/admin/community", `{"registration":"perhaps"}`).refused(422)
}

func TestTheAuditLogTellsWhoDidWhat(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	message := f.finn.say(thread.ID, "Buy this!")
	f.tomas.delete(path("/messages/%d", message.ID)).ok()
	f.ada.patch("/api/admin/community", `{"name":"The workshop"}`).ok()
	all := decode[api.AuditPage](f.ada.get("/api/admin/audit")).Entries
	if len(all) < 2 || all[0].Action != parley.ActCommunityUpdated || all[1].Action != parley.ActMessageDeleted || all[1].SubjectID != message.ID {
		t.Fatalf("all: %+v", all)
	}
	want := fmt.Sprintf(`{"thread_id":%d,"author_id":%d,"message_ids":[%d]}`, thread.ID, f.finn.id, message.ID)
	if string(all[1].Before) != want || string(all[1].After) != "null" {
		t.Errorf("from %s to %s, want from %s", all[1].Before, all[1].After, want)
	}
	for query, want := range map[string]int{
		fmt.Sprintf("actor=%d", f.tomas.id): 1, "action=message.deleted": 1, "action=nonsense": 0, fmt.Sprintf("before_id=%d&limit=1", all[0].ID): 1,
	} {
		if got := decode[api.AuditPage](f.ada.get("/api/admin/audit?" + query)).Entries; len(got) != want {
			t.Errorf("%s: %+v", query, got)
		}
	}
	log := decode[api.AuditPage](f.tomas.get("/api/forum/moderation/log")).Entries
	if len(log) != 1 || log[0].Action != parley.ActMessageDeleted {
		t.Errorf("the team's log: %+v", log)
	}
	f.mina.get("/api/forum/moderation/log").refused(403)
}
