package app_test

import (
	"fmt"
	"testing"
	"time"

	"parley"
	"parley/internal/app"
)

// audited checks what the newest entry of the audit log says.
func (f *forum) audited(act parley.Act, before, after string) {
	f.t.Helper()
	e := must[[]parley.AuditEntry](f.t)(f.AuditLog(f.t.Context(), f.Ada, app.AuditQuery{Limit: 1}))[0]
	if e.Action != act || string(e.Before) != before || string(e.After) != after {
		f.t.Errorf("audited %s from %s to %s, want %s from %s to %s", e.Action, e.Before, e.After, act, before, after)
	}
}

func (f *forum) restricts(v parley.Viewer, in app.NewRestriction) {
	f.t.Helper()
	if err := f.RestrictEveryone(f.t.Context(), f.Ada, v.ID, in); err != nil {
		f.t.Fatal(err)
	}
}

func TestTheAuditLogSaysWhatARestrictionReplacesAndWhatIsTakenBack(t *testing.T) {
	f := openForum(t)
	loud, one := `{"reason":"Too loud."}`, `{"custom_rate_limit":1}`
	f.restricts(f.Tomas, app.NewRestriction{Reason: "Too loud."})
	f.audited(parley.ActEveryoneRestricted, "null", loud)
	f.restricts(f.Tomas, app.NewRestriction{RateLimit: ptr(int64(1))})
	f.audited(parley.ActEveryoneRestricted, loud, one)
	if err := f.UnrestrictEveryone(t.Context(), f.Ada, f.Tomas.ID); err != nil {
		t.Fatal(err)
	}
	f.audited(parley.ActEveryoneUnrestricted, one, "null")
}

func TestARestrictionThatHasEndedIsNotReplacedAndNotTakenBack(t *testing.T) {
	f := openForum(t)
	f.restricts(f.Tomas, app.NewRestriction{Reason: "Too loud.", Hours: ptr(int64(1))})
	f.Clock.Pass(time.Hour)
	wantKind(t, f.UnrestrictEveryone(t.Context(), f.Ada, f.Tomas.ID), parley.NotFound)
	f.restricts(f.Tomas, app.NewRestriction{Reason: "Again."})
	f.audited(parley.ActEveryoneRestricted, "null", `{"reason":"Again."}`)
}

func TestTheAuditLogSaysWhoCouldComeInBefore(t *testing.T) {
	f := openForum(t)
	in := `{"username":"Mina","is_active":true}`
	must[app.AdminUser](t)(f.DeactivateUser(t.Context(), f.Ada, f.Mina.ID, "spam"))
	f.audited(parley.ActUserDeactivated, in, `{"username":"Mina","is_active":false,"reason":"spam"}`)
	must[app.AdminUser](t)(f.ReactivateUser(t.Context(), f.Ada, f.Mina.ID))
	f.audited(parley.ActUserReactivated, `{"username":"Mina","is_active":false}`, in)
}

// TestADeletionThatSettlesAFlagIsAudited: whoever deletes what they wrote moderates
// nothing, unless it settles what somebody else found wrong with it.
func TestADeletionThatSettlesAFlagIsAudited(t *testing.T) {
	f := openForum(t)
	id := f.post(f.Tomas, f.Free, "my opinion").ID
	f.resolved(f.flag(f.Finn, id), parley.FlagDelete)
	f.logged(parley.ActMessageDeleted)
	f.audited(parley.ActMessageDeleted, fmt.Sprintf(`{"thread_id":%d,"author_id":%d,"message_ids":[%d]}`, f.Free.ID, f.Tomas.ID, id), "null")
	if got := f.notices(f.Tomas); len(got) != 0 {
		t.Errorf("Tomas is told of what he did: %v", got)
	}
	must[[]int64](t)(f.DeleteMessage(t.Context(), f.Tomas, f.post(f.Tomas, f.Free, "my other opinion").ID))
	f.wantActs(parley.ActMessageDeleted)
}

func TestTheTeamReadsHowEveryoneWasLimited(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	f.setEveryone(app.EveryonePatch{RequireApproval: ptr(true)})
	f.mayCall(f.Tomas)
	f.mayCall(f.Tomas)
	waiting := must[[]app.PendingEveryone](t)(f.PendingEveryone(ctx, f.Ada, 0, 2))
	for _, err := range []error{
		f.ApproveEveryone(ctx, f.Ada, waiting[0].ID),
		f.RejectEveryone(ctx, f.Ada, waiting[1].ID),
		f.RestrictEveryone(ctx, f.Ada, f.Tomas.ID, app.NewRestriction{}),
		f.UnrestrictEveryone(ctx, f.Ada, f.Tomas.ID),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	f.logged(parley.ActEveryoneUnrestricted, parley.ActEveryoneRestricted, parley.ActEveryoneRejected, parley.ActEveryoneApproved, parley.ActEveryoneSettings)
}
