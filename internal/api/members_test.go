package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley"
	"parley/internal/api"
	"parley/internal/app"
)

func TestAnotherAppKeepsItsMembersHere(t *testing.T) {
	f := open(t, api.Config{})
	shop := f.key(parley.ScopeMembersWrite)
	put := func(id, body string, args ...any) api.SyncedMember {
		t.Helper()
		return decode[api.SyncedMember](shop.call("PUT", "/api/admin/members/"+id, fmt.Sprintf(body, args...)))
	}
	made := put("shop%2F7", `{"username":"Olga","role":"member","amount_cents":"500","tier_id":%d,"source":"shop","is_active":true}`, f.supporters)
	if made.Outcome != app.MemberCreated || made.User.Username != "Olga" || *made.User.ExternalID != "shop/7" || *made.User.TierID != f.supporters || made.User.UserRole != parley.DisplaySupporter || !made.User.IsActive {
		t.Fatalf("made %+v", made)
	}
	if again := put("shop%2F7", `{"username":"Olga","role":"member","amount_cents":500,"tier_id":%d,"source":"shop","is_active":true}`, f.supporters); again.Outcome != app.MemberUnchanged || again.User.ID != made.User.ID || again.User.CreatedAt == 0 {
		t.Errorf("again: %+v", again)
	}
	if got := decode[app.AdminUser](f.ada.get(fmt.Sprintf("/api/admin/users/%d", made.User.ID))); *got.ExternalID != "shop/7" || got.Username != "Olga" || got.AmountCents != 500 {
		t.Errorf("got %+v", got)
	}
	left := put("shop%2F7", `{"username":"Helga","role":"member","amount_cents":0,"is_active":false}`)
	if left.Outcome != app.MemberUpdated || left.User.Username != "Helga" || left.User.DisplayName != "Helga" || left.User.IsActive || left.User.AmountCents != 0 || left.User.TierID != nil {
		t.Errorf("left %+v", left)
	}
	f.ada.call("PUT", "/api/admin/members/1", bodies["sync-member"]).ok() // creators may, too
}

func TestWhatIsWrongWithAMemberIsSaid(t *testing.T) {
	f := open(t, api.Config{})
	shop := f.key(parley.ScopeMembersWrite)
	for body, location := range map[string]string{
		`{"role":"member","amount_cents":1,"is_active":true}`:                                      "body.username",
		`{"username":"Olga","amount_cents":1,"is_active":true}`:                                    "body.role",
		`{"username":"Olga","role":"boss","amount_cents":1,"is_active":true}`:                      "body.role",
		`{"username":"Olga","role":"member","is_active":true}`:                                     "body.amount_cents",
		`{"username":"Olga","role":"member","amount_cents":null,"is_active":true}`:                 "body.amount_cents",
		`{"username":"Olga","role":"member","amount_cents":"much","is_active":true}`:               "body.amount_cents",
		`{"username":"Olga","role":"member","amount_cents":-1,"is_active":true}`:                   "body.amount_cents",
		`{"username":"Olga","role":"member","amount_cents":1,"is_active":"yes"}`:                   "body.is_active",
		`{"username":"Olga","role":"member","amount_cents":1}`:                                     "body.is_active",
		`{"username":"Olga","role":"member","amount_cents":1,"source":"My Shop","is_active":true}`: "body.source",
		`{"username":"Jürgen","role":"member","amount_cents":1,"is_active":true}`:                  "body.username",
		`{"username":"everyone","role":"member","amount_cents":1,"is_active":true}`:                "body.username",
	} {
		if p := shop.call("PUT", "/api/admin/members/7", body).refused(422); len(p.Errors) != 1 || p.Errors[0].Location != location {
			t.Errorf("%s: %+v", body, p)
		}
		item := strings.Replace(body, "{", `{"external_id":"7",`, 1)
		one := decode[api.SyncedMembers](shop.call("POST", "/api/admin/members/bulk", `{"members":[`+item+`]}`)).Results[0]
		if one.Outcome != app.MemberFailed || one.ExternalID != "7" || one.Error == nil || one.Error.Status != 422 || len(one.Error.Errors) != 1 || one.Error.Errors[0].Location != location {
			t.Errorf("%s among others: %+v %+v", body, one, one.Error)
		}
	}
	shop.call("PUT", "/api/admin/members/a%20b", bodies["sync-member"]).refused(422)
	shop.call("PUT", "/api/admin/members/"+strings.Repeat("x", 201), bodies["sync-member"]).refused(422)
	shop.call("PUT", "/api/admin/members/7", `{"username":"Olga","role":"member","amount_cents":1,"tier_id":4711,"is_active":true}`).refused(400)
	shop.call("PUT", "/api/admin/members/7", `{"username":"mina","role":"member","amount_cents":1,"is_active":true}`).refused(409)
}

func TestOneBadMemberDoesNotKeepTheOthersOut(t *testing.T) {
	f := open(t, api.Config{})
	shop := f.key(parley.ScopeMembersWrite)
	var items []string
	for i := range 120 { // more than one transaction
		items = append(items, fmt.Sprintf(`{"external_id":"%d","username":"olga%d","role":"member","amount_cents":500,"source":"shop","is_active":true}`, i, i))
	}
	items[3], items[60] = `7`, `{"external_id":"60","username":"Mina","role":"member","amount_cents":1,"is_active":true}`
	items[119] = strings.Replace(items[119], "olga119", "olga118", 1)
	send := func() api.SyncedMembers {
		return decode[api.SyncedMembers](shop.call("POST", "/api/admin/members/bulk", `{"members":[`+strings.Join(items, ",")+`]}`))
	}
	first := send()
	if first.Success || first.Created != 117 || first.Failed != 3 || len(first.Results) != 120 {
		t.Fatalf("%d created, %d failed: %s", first.Created, first.Failed, first.Message)
	}
	for i, r := range first.Results {
		if failed := slices.Contains([]int{3, 60, 119}, i); failed != (r.Error != nil) || failed != (r.UserID == nil) {
			t.Errorf("%d: %+v %v", i, r, r.Error)
		}
	}
	if e := first.Results[3].Error; e.Status != 422 || e.Detail != "The body must be an object." {
		t.Errorf("no object: %+v", e)
	}
	if e := first.Results[60].Error; e.Status != 409 || !strings.Contains(e.Detail, fmt.Sprintf("PATCH /api/admin/users/%d", f.mina.id)) {
		t.Errorf("a taken name: %+v", e)
	}
	items[3], items[60], items[119] = items[0], items[1], items[2]
	if second := send(); !second.Success || second.Unchanged != 120 || *second.Results[5].Username != "olga5" {
		t.Errorf("again: %+v", second)
	}
	if page := decode[app.UserPage](f.ada.get("/api/admin/users?limit=1")); page.Total != 4+117 {
		t.Errorf("there are %d people", page.Total)
	}
}

func TestAThousandMembersAreSynchronisedAtMost(t *testing.T) {
	f := open(t, api.Config{})
	shop := f.key(parley.ScopeMembersWrite)
	many := `{"members":[` + strings.Repeat("7,", 1000) + `7]}`
	if p := shop.call("POST", "/api/admin/members/bulk", many).refused(422); p.Detail != "The field members must have at most 1000 elements." {
		t.Errorf("too many: %q", p.Detail)
	}
	shop.call("POST", "/api/admin/members/bulk", `{"members":[]}`).refused(422)
	for _, body := range []string{bodies["sync-members"], `{"members":[7]}`} {
		f.mina.call("POST", "/api/admin/members/bulk", body).refused(403)
	}
	if all := decode[api.SyncedMembers](shop.call("POST", "/api/admin/members/bulk", `{"members":[`+strings.Repeat("7,", 999)+`7]}`)); all.Failed != 1000 {
		t.Errorf("%d failed", all.Failed)
	}
}
