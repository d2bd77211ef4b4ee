package app_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// newcomer adds somebody who pays nothing, and limits them: three posts an hour with
// one link and two mentions in each.
func (f *forum) newcomer() parley.Viewer {
	f.t.Helper()
	must[parley.Community](f.t)(f.UpdateCommunity(f.t.Context(), f.Ada, app.CommunityPatch{
		NewMemberDays: ptr(int64(7)), NewMemberPostsPerHour: ptr(int64(3)), NewMemberLinks: ptr(int64(1)), NewMemberMentions: ptr(int64(2)),
	}))
	f.logs(parley.ActCommunityUpdated)
	return storetest.Write(f.t, f.Store, func(tx *store.Tx) (parley.Viewer, error) {
		return storetest.AddPerson(tx, "Olga", parley.RoleMember, parley.Membership{})
	})
}

// logs checks what the newest act of all is.
func (f *forum) logs(want parley.Act) {
	f.t.Helper()
	entries := must[[]parley.AuditEntry](f.t)(f.AuditLog(f.t.Context(), f.Ada, app.AuditQuery{Limit: 1}))
	if len(entries) != 1 || entries[0].Action != want {
		f.t.Errorf("logged %+v, want %s", entries, want)
	}
}

const twoLinks = "https://example.com/a and https://example.com/b"

// TestNewMembersAreLimited tells the story of the limits of new members.
func TestNewMembersAreLimited(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	olga := f.newcomer()
	before := f.thread(f.Finn, f.Free.ID)
	none := app.Idempotency{}
	for what, post := range map[string]func(content string) error{
		"a message": func(content string) error { return drop(f.PostMessage(ctx, olga, f.Free.ID, content, 0, none)) },
		"a sub-thread": func(content string) error {
			return drop(f.CreateSubThread(ctx, olga, f.Free.First, "Why?", content, none))
		},
	} {
		for _, content := range []string{twoLinks, "@Mina @Finn @Tomas"} {
			f.tells(what, func() error {
				wantKind(t, post(content), parley.Forbidden)
				return nil
			})
		}
	}
	mine := f.post(olga, f.Free, "[one](https://example.com) for @Mina and @Finn").ID
	wantKind(t, drop(f.EditMessage(ctx, olga, mine, twoLinks)), parley.Forbidden)
	must[parley.Message](t)(f.EditMessage(ctx, olga, mine, "without"))
	f.post(olga, f.Free, "two")
	f.grow(olga, mine, "More", "three")
	f.tells("the fourth", func() error {
		err := drop(f.PostMessage(ctx, olga, f.Free.ID, "four", 0, none))
		var wait *parley.Error
		if !errors.As(err, &wait) || wait.Kind != parley.RateLimited || wait.RetryAfter != time.Hour-second || !strings.Contains(wait.Message, "in 60 minutes") {
			t.Errorf("she hears %v", err)
		}
		return nil
	})
	must[parley.Message](t)(f.EditMessage(ctx, olga, mine, "an edit is no post"))
	if now := f.thread(f.Finn, f.Free.ID); now.MessageCount != before.MessageCount+2 {
		t.Errorf("%d messages, want two more than %d", now.MessageCount, before.MessageCount)
	}
	f.Clock.Pass(time.Hour - second)
	f.post(olga, f.Free, "four")
	f.Clock.Pass(7 * 24 * time.Hour) // no longer new
	for range 4 {
		f.post(olga, f.Free, twoLinks)
	}
}

func TestANewMemberGainsNoPostByDeletingOne(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	olga := f.newcomer()
	for range 3 {
		must[[]int64](t)(f.DeleteMessage(ctx, olga, f.post(olga, f.Free, "look here").ID))
	}
	wantKind(t, drop(f.PostMessage(ctx, olga, f.Free.ID, "and here", 0, app.Idempotency{})), parley.RateLimited)
	f.Clock.Pass(time.Hour)
	f.post(olga, f.Free, "an hour later")
}

func TestWhoPaysOrModeratesIsNoNewMember(t *testing.T) {
	f := openForum(t)
	olga := f.newcomer()
	for _, patch := range []app.UserPatch{{AmountCents: ptr(int64(300))}, {AmountCents: ptr(int64(0)), Role: ptr(parley.RoleTeam)}} {
		must[app.AdminUser](t)(f.UpdateUser(t.Context(), f.Ada, olga.ID, patch))
		for range 4 {
			f.post(olga, f.Free, twoLinks)
		}
	}
}

func TestNobodyIsANewMemberUntilSomebodySaysSo(t *testing.T) {
	f := openForum(t)
	olga := storetest.Write(t, f.Store, func(tx *store.Tx) (parley.Viewer, error) {
		return storetest.AddPerson(tx, "Olga", parley.RoleMember, parley.Membership{})
	})
	for range 25 {
		f.post(olga, f.Free, twoLinks+" https://example.com/c")
	}
}

// TestANewMemberPostsNoMoreThanTheyMayOnWhicheverServers has Olga post at once to two
// servers, in two threads.
func TestANewMemberPostsNoMoreThanTheyMayOnWhicheverServers(t *testing.T) {
	f := openForum(t)
	olga, other := f.newcomer(), f.another()
	post := func(a *app.App, thread int64) func() {
		return func() {
			for range 3 {
				err := drop(a.PostMessage(t.Context(), olga, thread, "hi", 0, app.Idempotency{}))
				if err != nil && parley.KindOf(err) != parley.RateLimited {
					t.Error(err)
				}
			}
		}
	}
	atOnce(post(f.App, f.Free.ID), post(other, f.Sub.ID))
	if did := must[app.UserActivity](t)(f.UserActivity(t.Context(), f.Ada, olga.ID)); did.TotalMessages != 3 {
		t.Errorf("she posted %d messages, want 3", did.TotalMessages)
	}
}
