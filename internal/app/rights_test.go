package app_test

import (
	"context"
	"math"
	"testing"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

const second = time.Second

// allowed means that a use case gives no error.
const allowed = parley.Kind(-1)

// useCases are all that concern a thread or its first message, as v uses them.
var useCases = map[string]func(context.Context, *forum, parley.Viewer, storetest.ThreadRef) error{
	"read the thread": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.Thread(ctx, v, t.ID)
		return err
	},
	"read its place": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.Hierarchy(ctx, v, t.ID)
		return err
	},
	"count its messages": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.MessageCount(ctx, v, t.ID)
		return err
	},
	"read its messages": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, _, err := f.Messages(ctx, v, t.ID, app.MessageQuery{Limit: 10, MarkRead: true})
		return err
	},
	"read a message": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.Message(ctx, v, t.First)
		return err
	},
	"read replies": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.Replies(ctx, v, t.First, 0, 1, 10)
		return err
	},
	"read likes": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.Likes(ctx, v, t.First, 0, 0, 10)
		return err
	},
	"list sub-threads": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.SubThreads(ctx, v, t.First)
		return err
	},
	"count sub-threads": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.SubThreadCount(ctx, v, t.First)
		return err
	},
	"follow": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.Follow(ctx, v, t.ID, parley.Follow{})
		return err
	},
	"unfollow": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.Unfollow(ctx, v, t.ID)
		return err
	},
	"mark read": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.MarkRead(ctx, v, t.ID, 0)
		return err
	},
	"write": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.PostMessage(ctx, v, t.ID, "hello", 0, app.Idempotency{})
		return err
	},
	"start a sub-thread": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.CreateSubThread(ctx, v, t.First, "Why?", "hello", app.Idempotency{})
		return err
	},
	"like Ada's message": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.Like(ctx, v, t.First)
		return err
	},
	"take the like back": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.Unlike(ctx, v, t.First)
		return err
	},
	"edit Ada's message": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.EditMessage(ctx, v, t.First, "changed")
		return err
	},
	"delete the first message": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.DeleteMessage(ctx, v, t.First)
		return err
	},
	"rename": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		title := "Renamed by " + string(v.Role)
		_, err := f.UpdateThread(ctx, v, t.ID, app.ThreadPatch{Title: &title})
		return err
	},
	"send the form unchanged": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		now, _ := storetest.Read(f.t, f.Store, func(s *store.Snapshot) (store.ThreadState, error) {
			state, _, err := s.ThreadState(t.ID)
			return state, err
		}), false
		_, err := f.UpdateThread(ctx, v, t.ID, app.ThreadPatch{
			Title: &now.Title, Pinned: &now.Pinned, Locked: &now.Locked, Private: &now.Access.Private, TierID: &now.ShownTierID, SlowModeSeconds: &now.SlowModeSeconds,
		})
		return err
	},
	"set its tier to free": func(ctx context.Context, f *forum, v parley.Viewer, t storetest.ThreadRef) error {
		_, err := f.SetTier(ctx, v, t.ID, 0)
		return err
	},
}

// TestWhoMayDoWhat tells, for every use case, how the four are answered in the
// free, the paid and the private thread, each of which Ada wrote. A private
// thread is not there for those who may not see it.
func TestWhoMayDoWhat(t *testing.T) {
	const notFound, forbidden, invalid = parley.NotFound, parley.Forbidden, parley.Invalid
	type answers struct{ ada, tomas, mina, finn parley.Kind }
	type row struct{ free, paid, private answers }
	reading := row{
		free:    answers{allowed, allowed, allowed, allowed},
		paid:    answers{allowed, allowed, allowed, forbidden},
		private: answers{allowed, allowed, notFound, notFound},
	}
	others := row{ // Ada may not like her own
		free:    answers{invalid, allowed, allowed, allowed},
		paid:    answers{invalid, allowed, allowed, forbidden},
		private: answers{invalid, allowed, notFound, notFound},
	}
	author := row{
		free:    answers{allowed, forbidden, forbidden, forbidden},
		paid:    answers{allowed, forbidden, forbidden, forbidden},
		private: answers{allowed, forbidden, notFound, notFound},
	}
	managers := row{
		free:    answers{allowed, allowed, forbidden, forbidden},
		paid:    answers{allowed, allowed, forbidden, forbidden},
		private: answers{allowed, allowed, notFound, notFound},
	}
	creator := row{
		free:    answers{allowed, forbidden, forbidden, forbidden},
		paid:    answers{allowed, forbidden, forbidden, forbidden},
		private: answers{allowed, forbidden, forbidden, forbidden},
	}
	firstStays := row{
		free:    answers{invalid, invalid, forbidden, forbidden},
		paid:    answers{invalid, invalid, forbidden, forbidden},
		private: answers{invalid, invalid, notFound, notFound},
	}
	want := map[string]row{
		"like Ada's message": others, "take the like back": others, "edit Ada's message": author, "rename": managers,
		"set its tier to free": creator, "delete the first message": firstStays,
	}
	f := openForum(t)
	for name, use := range useCases {
		rules, special := want[name]
		if !special {
			rules = reading
		}
		for _, thread := range []struct {
			name string
			ref  storetest.ThreadRef
			answers
		}{{"free", f.Free, rules.free}, {"paid", f.Paid, rules.paid}, {"private", f.Private, rules.private}} {
			for _, person := range []struct {
				name string
				v    parley.Viewer
				want parley.Kind
			}{
				// Ada last: she changes what the others are refused for.
				{"Tomas", f.Tomas, thread.tomas}, {"Mina", f.Mina, thread.mina}, {"Finn", f.Finn, thread.finn}, {"Ada", f.Ada, thread.ada},
			} {
				if name == "set its tier to free" && person.name == "Ada" {
					continue // told by TestTheCreatorDecidesWhoSeesAThread
				}
				err := use(t.Context(), f, person.v, thread.ref)
				if got := kindOf(err); got != person.want {
					t.Errorf("%s may %s in the %s thread: %v, want kind %d", person.name, name, thread.name, err, person.want)
				}
			}
		}
	}
}

func kindOf(err error) parley.Kind {
	if err == nil {
		return allowed
	}
	return parley.KindOf(err)
}

func TestWhatIsNotThereIsNotFoundForAnybody(t *testing.T) {
	f := openForum(t)
	for _, id := range []int64{1 << 40, -3, math.MinInt64} {
		nowhere := storetest.ThreadRef{ID: id, First: id}
		for name, use := range useCases {
			for _, v := range []parley.Viewer{f.Ada, f.Finn} {
				if name == "set its tier to free" && v == f.Finn {
					continue // refused before anything is looked up
				}
				if err := use(t.Context(), f, v, nowhere); parley.KindOf(err) != parley.NotFound {
					t.Errorf("%s of %d: %v, want NotFound", name, id, err)
				}
			}
		}
	}
}

// TestRightsAreThoseOfTheMomentOfTheChange has people act who were more when
// their request came in.
func TestRightsAreThoseOfTheMomentOfTheChange(t *testing.T) {
	f := openForum(t)
	was := f.Tomas
	if err := f.SetRights(t.Context(), "Tomas", parley.RoleMember, parley.Membership{}); err != nil {
		t.Fatal(err)
	}
	title := "Mine"
	_, err := f.UpdateThread(t.Context(), was, f.Free.ID, app.ThreadPatch{Title: &title})
	wantKind(t, err, parley.Forbidden)
	_, err = f.PostMessage(t.Context(), was, f.Private.ID, "still here", 0, app.Idempotency{})
	wantKind(t, err, parley.NotFound)
	_, err = f.PostMessage(t.Context(), was, f.Free.ID, "@team", 0, app.Idempotency{})
	wantKind(t, err, parley.Forbidden)
	if err := f.Deactivate(t.Context(), "Tomas"); err != nil {
		t.Fatal(err)
	}
	_, err = f.PostMessage(t.Context(), was, f.Free.ID, "still here", 0, app.Idempotency{})
	wantKind(t, err, parley.Unauthenticated)
}

// What comes with a position or a version is taken for the state there: nothing
// would ever correct it.
func TestWhatIsReadAtAPositionIsReadWithTheRightsThere(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	f.post(f.Ada, f.Paid, "@Mina")
	if err := f.SetRights(ctx, "Mina", parley.RoleMember, parley.Membership{}); err != nil {
		t.Fatal(err)
	}
	// Mina still is who her session said she was when the requests began.
	threads, _, err := f.Threads(ctx, f.Mina, everything)
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		if thread.ID == f.Paid.ID {
			t.Errorf("the list shows %q", thread.Title)
		}
	}
	if c := must[app.Count](t)(f.NotificationCount(ctx, f.Mina)); c.Count != 0 {
		t.Errorf("%d are unread", c.Count)
	}
	if page := must[app.NotificationPage](t)(f.Notifications(ctx, f.Mina, 0, 0, 10)); len(page.Notifications) != 0 || page.Total != 0 || page.UnreadCount != 0 {
		t.Errorf("the notifications are %+v", page)
	}
}

func TestTheCreatorDecidesWhoSeesAThread(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	info := must[parley.TierInfo](t)(f.SetTier(ctx, f.Ada, f.Free.ID, f.Silver.ID))
	if !info.IsRestricted || *info.TierID != f.Silver.ID || info.MinTierCents != 500 {
		t.Errorf("set to Silver: %+v", info)
	}
	_, err := f.Thread(ctx, f.Finn, f.Free.ID)
	wantKind(t, err, parley.Forbidden)
	shown, can, err := f.TierInfo(ctx, f.Finn, f.Free.ID)
	if err != nil || can || shown.TierTitle != "Silver" {
		t.Errorf("Finn is told %+v, %v, %v; want what it asks for", shown, can, err)
	}
	_, err = f.SetTier(ctx, f.Ada, f.Free.ID, f.Silver.ID+1)
	wantKind(t, err, parley.Invalid)
	if info = must[parley.TierInfo](t)(f.SetTier(ctx, f.Ada, f.Free.ID, 0)); info.IsRestricted {
		t.Errorf("set to free: %+v", info)
	}
	private := true
	f.edit(f.Free, app.ThreadPatch{Private: &private})
	for _, v := range []parley.Viewer{f.Mina, f.Finn} {
		_, err = f.Thread(ctx, v, f.Free.ID)
		wantKind(t, err, parley.NotFound)
		_, _, err = f.TierInfo(ctx, v, f.Free.ID)
		wantKind(t, err, parley.NotFound)
	}
	must[parley.Thread](t)(f.Thread(ctx, f.Tomas, f.Free.ID))
}

func TestASubThreadIsNeverMoreOpenThanItsParent(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	inPaid := f.grow(f.Mina, f.Paid.First, "About it", "hello")
	sees := func(v parley.Viewer, thread storetest.ThreadRef) bool {
		_, err := f.Thread(ctx, v, thread.ID)
		return err == nil
	}
	if sees(f.Finn, inPaid) || !sees(f.Mina, inPaid) {
		t.Error("a sub-thread of the $5 thread: want it for Mina, not for Finn")
	}
	must[parley.TierInfo](t)(f.SetTier(ctx, f.Ada, inPaid.ID, 0))
	if sees(f.Finn, inPaid) {
		t.Error("set to free, its parent is still for $5, but Finn sees it")
	}
	must[parley.TierInfo](t)(f.SetTier(ctx, f.Ada, f.Paid.ID, 0))
	if !sees(f.Finn, inPaid) {
		t.Error("both are free, but Finn does not see it")
	}
	yes := true
	f.edit(f.Free, app.ThreadPatch{Private: &yes})
	if sees(f.Mina, f.Sub) || !sees(f.Tomas, f.Sub) {
		t.Error("its parent went private: want Mina's own sub-thread for the team alone")
	}
	_, err := f.EditMessage(ctx, f.Mina, f.Sub.First, "still mine")
	wantKind(t, err, parley.NotFound)
}

func TestWhoMayStartAMainThread(t *testing.T) {
	f := openForum(t)
	start := func(v parley.Viewer, in app.NewThread) error {
		in.Title, in.Content = "New", "hello"
		_, err := f.CreateThread(t.Context(), v, in, app.Idempotency{})
		return err
	}
	for _, tc := range []struct {
		setting parley.ThreadCreation
		may     []parley.Viewer
		mayNot  []parley.Viewer
	}{
		{parley.CreationCreator, []parley.Viewer{f.Ada}, []parley.Viewer{f.Tomas, f.Mina, f.Finn}},
		{parley.CreationTeam, []parley.Viewer{f.Ada, f.Tomas}, []parley.Viewer{f.Mina, f.Finn}},
		{parley.CreationMembers, []parley.Viewer{f.Ada, f.Tomas, f.Mina, f.Finn}, nil},
	} {
		storetest.Update(t, f.Store, func(tx *store.Tx) error {
			c := parley.DefaultCommunity()
			c.ThreadCreation = tc.setting
			return tx.SetCommunity(c)
		})
		for _, v := range tc.may {
			if err := start(v, app.NewThread{}); err != nil {
				t.Errorf("%s: %s %d: %v", tc.setting, v.Role, v.ID, err)
			}
		}
		for _, v := range tc.mayNot {
			wantKind(t, start(v, app.NewThread{}), parley.Forbidden)
		}
	}
	wantKind(t, start(f.Finn, app.NewThread{Private: true}), parley.Forbidden)
	wantKind(t, start(f.Mina, app.NewThread{TierID: f.Silver.ID}), parley.Forbidden)
	wantKind(t, start(f.Ada, app.NewThread{TierID: 99}), parley.Invalid)
	if err := start(f.Tomas, app.NewThread{Private: true, TierID: f.Silver.ID}); err != nil {
		t.Error(err)
	}
}
