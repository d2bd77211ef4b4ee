package app_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/app"
)

// acts returns what the audit log holds, oldest first, without those of the
// fixture.
func (f *forum) acts() (acts []parley.Act) {
	f.t.Helper()
	for _, e := range slices.Backward(must[[]parley.AuditEntry](f.t)(f.AuditLog(f.t.Context(), f.Ada, app.AuditQuery{Limit: 100}))) {
		acts = append(acts, e.Action)
	}
	return acts
}

func (f *forum) wantActs(want ...parley.Act) {
	f.t.Helper()
	if diff := cmp.Diff(want, f.acts()); diff != "" {
		f.t.Errorf("audited (-want +got):\n%s", diff)
	}
}

func TestAChangeOfAPersonTakesEffectAtOnceAndIsAudited(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	team, cents, email, source := parley.RoleTeam, int64(700), "mina@example.org", "kofi"
	f.tells("her role", func() error { return drop(f.UpdateUser(ctx, f.Ada, f.Mina.ID, app.UserPatch{Role: &team})) },
		parley.MembershipChanged{UserID: f.Mina.ID}, parley.UserRightsChanged{UserID: f.Mina.ID})
	f.tells("her role as it is", func() error { return drop(f.UpdateUser(ctx, f.Ada, f.Mina.ID, app.UserPatch{Role: &team})) })
	f.tells("what she pays", func() error {
		return drop(f.UpdateUser(ctx, f.Ada, f.Mina.ID, app.UserPatch{AmountCents: &cents, Source: &source}))
	}, parley.MembershipChanged{UserID: f.Mina.ID}, parley.UserRightsChanged{UserID: f.Mina.ID})
	f.tells("her address", func() error { return drop(f.UpdateUser(ctx, f.Ada, f.Mina.ID, app.UserPatch{Email: &email})) })
	mina := must[app.AdminUser](t)(f.User(ctx, f.Ada, f.Mina.ID))
	if mina.Role != team || mina.AmountCents != 700 || mina.Source != "kofi" || mina.Email == nil || *mina.Email != email {
		t.Errorf("Mina is %+v", mina)
	}
	f.wantActs(parley.ActUserUpdated, parley.ActUserUpdated, parley.ActUserUpdated)
	first := must[[]parley.AuditEntry](t)(f.AuditLog(ctx, f.Ada, app.AuditQuery{Limit: 100}))[2]
	if first.Actor.Username != "Ada" || first.SubjectID != f.Mina.ID ||
		string(first.Before) != `{"username":"Mina","role":"member","amount_cents":500,"tier_id":1,"source":"patreon"}` ||
		string(first.After) != `{"username":"Mina","role":"team","amount_cents":500,"tier_id":1,"source":"patreon"}` {
		t.Errorf("audited %+v from %s to %s", first, first.Before, first.After)
	}
}

func TestAMemberGetsTheAmountOfTheirTier(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	tier, none, unknown := f.Silver.ID, int64(0), int64(4711)
	finn := must[app.AdminUser](t)(f.UpdateUser(ctx, f.Ada, f.Finn.ID, app.UserPatch{TierID: &tier}))
	if finn.AmountCents != 500 || *finn.TierID != tier || finn.Source != "manual" {
		t.Errorf("Finn is %+v", finn)
	}
	if _, err := f.Thread(ctx, f.now(f.Finn), f.Paid.ID); err != nil {
		t.Errorf("the tier gives no access: %v", err)
	}
	_, err := f.UpdateUser(ctx, f.Ada, f.Finn.ID, app.UserPatch{TierID: &unknown})
	wantKind(t, err, parley.Invalid)
	finn = must[app.AdminUser](t)(f.UpdateUser(ctx, f.Ada, f.Finn.ID, app.UserPatch{TierID: &none, AmountCents: &none}))
	if finn.AmountCents != 0 || finn.TierID != nil {
		t.Errorf("without a tier Finn is %+v", finn)
	}
}

func TestWhatIsWrongWithAChangeOfAPersonIsSaid(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	member, owner, negative, address, source, taken := parley.RoleMember, parley.Role("owner"), int64(-1), "nowhere", "My Shop", "tomas@example.org"
	must[app.AdminUser](t)(f.UpdateUser(ctx, f.Ada, f.Tomas.ID, app.UserPatch{Email: &taken}))
	for _, tc := range []struct {
		name  string
		id    int64
		patch app.UserPatch
		want  parley.Kind
	}{
		{"the last creator", f.Ada.ID, app.UserPatch{Role: &member}, parley.Conflict},
		{"an unknown role", f.Mina.ID, app.UserPatch{Role: &owner}, parley.Unprocessable},
		{"a negative amount", f.Mina.ID, app.UserPatch{AmountCents: &negative}, parley.Unprocessable},
		{"no address", f.Mina.ID, app.UserPatch{Email: &address}, parley.Unprocessable},
		{"no source", f.Mina.ID, app.UserPatch{Source: &source}, parley.Unprocessable},
		{"another's address", f.Mina.ID, app.UserPatch{Email: &taken}, parley.Conflict},
		{"nobody", 4711, app.UserPatch{}, parley.NotFound},
	} {
		if _, err := f.UpdateUser(ctx, f.Ada, tc.id, tc.patch); parley.KindOf(err) != tc.want {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

func TestDeactivationShutsOutAndReactivationLetsInAgain(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	rights := parley.UserRightsChanged{UserID: f.Mina.ID}
	f.tells("deactivated", func() error { return drop(f.DeactivateUser(ctx, f.Ada, f.Mina.ID, "spam")) }, rights)
	f.tells("once more", func() error { return drop(f.DeactivateUser(ctx, f.Ada, f.Mina.ID, "spam")) })
	if _, err := f.PostMessage(ctx, f.Mina, f.Free.ID, "still here", 0, app.Idempotency{}); parley.KindOf(err) != parley.Unauthenticated {
		t.Errorf("Mina writes: %v", err)
	}
	f.tells("reactivated", func() error { return drop(f.ReactivateUser(ctx, f.Ada, f.Mina.ID)) }, rights)
	f.post(f.Mina, f.Free, "back again")
	f.wantActs(parley.ActUserDeactivated, parley.ActUserReactivated)
	if _, err := f.DeactivateUser(ctx, f.Ada, f.Ada.ID, ""); parley.KindOf(err) != parley.Conflict {
		t.Errorf("the last creator: %v", err)
	}
}

func TestACreatorMayLeaveWhenThereIsAnother(t *testing.T) {
	f := openForum(t)
	creator := parley.RoleCreator
	must[app.AdminUser](t)(f.UpdateUser(t.Context(), f.Ada, f.Tomas.ID, app.UserPatch{Role: &creator}))
	left := must[app.AdminUser](t)(f.DeactivateUser(t.Context(), f.Ada, f.Ada.ID, ""))
	if left.IsActive {
		t.Errorf("Ada is %+v", left)
	}
}

func TestACreatorWhoStepsDownIsToldThatItIsDone(t *testing.T) {
	f := openForum(t)
	creator, team := parley.RoleCreator, parley.RoleTeam
	must[app.AdminUser](t)(f.UpdateUser(t.Context(), f.Ada, f.Tomas.ID, app.UserPatch{Role: &creator}))
	ada := must[app.AdminUser](t)(f.UpdateUser(t.Context(), f.Ada, f.Ada.ID, app.UserPatch{Role: &team}))
	if ada.Role != parley.RoleTeam || ada.UserRole != "Team" {
		t.Errorf("Ada is %+v", ada)
	}
}

func TestATierInUseIsRetiredAndAnotherDeleted(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	gold := must[app.AdminTier](t)(f.CreateTier(ctx, f.Ada, parley.Tier{Title: " Gold ", AmountCents: 1000}, app.Idempotency{}))
	if gold.Title != "Gold" || gold.Color != "#6b7280" || !gold.IsActive {
		t.Errorf("created %+v", gold)
	}
	if retired := must[bool](t)(f.DeleteTier(ctx, f.Ada, gold.ID)); retired {
		t.Error("a tier that nobody has was retired")
	}
	if retired := must[bool](t)(f.DeleteTier(ctx, f.Ada, f.Silver.ID)); !retired {
		t.Error("a tier in use was deleted")
	}
	paid := must[parley.Thread](t)(f.Thread(ctx, f.Mina, f.Paid.ID))
	if paid.MinTierCents != 500 || paid.TierInfo.TierTitle != "Silver" {
		t.Errorf("the thread asks for %+v", paid.TierInfo)
	}
	_, err := f.SetTier(ctx, f.Ada, f.Free.ID, f.Silver.ID)
	wantKind(t, err, parley.Invalid)
	f.wantActs(parley.ActTierCreated, parley.ActTierDeleted, parley.ActTierRetired)
}

func TestANewPriceShutsNobodyOut(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	cents := int64(900)
	must[app.AdminTier](t)(f.UpdateTier(ctx, f.Ada, f.Silver.ID, app.TierPatch{AmountCents: &cents}))
	if _, err := f.Thread(ctx, f.Mina, f.Paid.ID); err != nil {
		t.Errorf("Mina lost the thread: %v", err)
	}
}

func TestANewTitleOfATierIsToldOfTheThreadsThatShowIt(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	tier, title := f.Silver.ID, "Sterling"
	f.edit(f.Free, app.ThreadPatch{TierID: &tier}) // with its sub-thread
	f.tells("the change itself", func() error { return drop(f.UpdateTier(ctx, f.Ada, tier, app.TierPatch{Title: &title})) })
	paid := parley.Access{MinTierCents: 500}
	f.tells("its job", func() error { f.RunJobs(ctx); return nil },
		parley.ThreadUpdated{ThreadID: f.Free.ID}, parley.ThreadUpdated{ThreadID: f.Paid.ID}, parley.ThreadUpdated{ThreadID: f.Sub.ID},
		parley.ThreadsChanged{ThreadIDs: []int64{f.Free.ID}, Access: paid}, parley.ThreadsChanged{ThreadIDs: []int64{f.Sub.ID}, Access: paid},
		parley.ThreadsChanged{ThreadIDs: []int64{f.Paid.ID}, Access: paid})
}

func TestMembershipIsNamedByWhatItReaches(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	odd := int64(300)
	for _, tc := range []struct {
		v      parley.Viewer
		title  string
		amount int64
		tiers  int
	}{
		{f.Ada, "Creator", 999_999_999, 2}, {f.Tomas, "Team", 999_999_999, 2}, {f.Mina, "Silver", 500, 2}, {f.Finn, "Free Access", 0, 1},
	} {
		got := must[app.TierStanding](t)(f.TierStanding(ctx, tc.v))
		if got.UserID != tc.v.ID || got.CurrentTierTitle != tc.title || got.CurrentTierAmount != tc.amount || len(got.CanAccessTiers) != tc.tiers {
			t.Errorf("%d: %+v", tc.v.ID, got)
		}
	}
	must[app.AdminUser](t)(f.UpdateUser(ctx, f.Ada, f.Finn.ID, app.UserPatch{AmountCents: &odd}))
	if got := must[app.TierStanding](t)(f.TierStanding(ctx, f.Finn)); got.CurrentTierTitle != "$3.00" || got.IsPatreon {
		t.Errorf("below the lowest tier: %+v", got)
	}
}

func TestModeratingActsAreAudited(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	yes, name := true, "The workshop"
	own := f.post(f.Mina, f.Free, "mine").ID
	must[[]int64](t)(f.DeleteMessage(ctx, f.Mina, own)) // no act of a moderator
	spam := f.post(f.Finn, f.Free, "spam").ID
	must[[]int64](t)(f.DeleteMessage(ctx, f.Tomas, spam))
	must[[]int64](t)(f.RestoreMessage(ctx, f.Tomas, spam))
	must[parley.Thread](t)(f.UpdateThread(ctx, f.Tomas, f.Free.ID, app.ThreadPatch{Locked: &yes}))
	must[int](t)(f.DeleteThread(ctx, f.Tomas, f.Sub.ID))
	must[parley.Community](t)(f.UpdateCommunity(ctx, f.Ada, app.CommunityPatch{Name: &name}))
	f.wantActs(parley.ActMessageDeleted, parley.ActMessageRestored, parley.ActThreadUpdated, parley.ActThreadDeleted, parley.ActCommunityUpdated)

	log := must[[]parley.AuditEntry](t)(f.ModerationLog(ctx, f.Tomas, 0, 100))
	if len(log) != 4 || log[0].Action != parley.ActThreadDeleted || log[0].Actor.Username != "Tomas" {
		t.Errorf("the team reads %+v", log)
	}
	if _, err := f.ModerationLog(ctx, f.Mina, 0, 100); parley.KindOf(err) != parley.Forbidden {
		t.Errorf("Mina reads the log: %v", err)
	}
}

func TestARefusedActIsNotAudited(t *testing.T) {
	f := openForum(t)
	member, empty := parley.RoleMember, " "
	_, err := f.UpdateUser(t.Context(), f.Ada, f.Ada.ID, app.UserPatch{Role: &member})
	wantKind(t, err, parley.Conflict)
	_, err = f.UpdateUser(t.Context(), f.Tomas, f.Finn.ID, app.UserPatch{Role: &member})
	wantKind(t, err, parley.Forbidden)
	_, err = f.UpdateCommunity(t.Context(), f.Ada, app.CommunityPatch{Name: &empty})
	wantKind(t, err, parley.Unprocessable)
	f.wantActs()
}
