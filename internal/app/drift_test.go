package app_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// crowd does all sorts of things at once, on several servers, by chance.
type crowd struct {
	f       *forum
	servers []*app.App
	people  []parley.Viewer
	done    atomic.Int64 // that changed something
	refused atomic.Int64
}

// act does something and notes what came of it: a refusal changes nothing.
func (c *crowd) act(r *rand.Rand) {
	ctx := c.f.t.Context()
	err := c.deed(ctx, c.servers[r.IntN(len(c.servers))], c.people[r.IntN(len(c.people))], r)
	switch {
	case err == nil:
		c.done.Add(1)
	case parley.KindOf(err) == parley.Internal:
		c.f.t.Error(err)
	default:
		c.refused.Add(1)
	}
}

// deed does one of all things that change what is kept.
func (c *crowd) deed(ctx context.Context, a *app.App, v parley.Viewer, r *rand.Rand) error {
	thread := []storetest.ThreadRef{c.f.Free, c.f.Free, c.f.Sub, c.f.Paid}[r.IntN(4)].ID
	message, other := 1+r.Int64N(150), c.people[r.IntN(len(c.people))]
	on, cents, none := r.IntN(2) == 0, r.Int64N(3)*250, app.Idempotency{}
	text := fmt.Sprintf("%s said %d", []string{"", "@Ada", "@Mina @Finn", "@team", "@everyone"}[r.IntN(5)], r.IntN(1000))
	deeds := []func() error{
		func() error { return drop(a.PostMessage(ctx, v, thread, text, 0, none)) },
		func() error { return drop(a.PostMessage(ctx, v, thread, text, 0, none)) },
		func() error { return drop(a.PostMessage(ctx, v, thread, text, message, none)) },
		func() error { return drop(a.EditMessage(ctx, v, message, text)) },
		func() error { return drop(a.DeleteMessage(ctx, v, message)) },
		func() error { return drop(a.RestoreMessage(ctx, v, message)) },
		func() error { return drop(a.Like(ctx, v, message)) },
		func() error { return drop(a.Unlike(ctx, v, message)) },
		func() error {
			return drop(a.Follow(ctx, v, thread, parley.Follow{NewMessage: on, Mention: r.IntN(2) == 0}))
		},
		func() error { return drop(a.Unfollow(ctx, v, thread)) },
		func() error { return drop(a.MarkRead(ctx, v, thread, message)) },
		func() error { return drop(a.ReadAllNotifications(ctx, v)) },
		func() error { return drop(a.DeleteNotification(ctx, v, message)) },
		func() error { return a.Mute(ctx, v, thread, 0) },
		func() error { return a.Unmute(ctx, v, thread) },
		func() error { return drop(a.UpdateSettings(ctx, v, app.SettingsPatch{EveryoneMentions: &on})) },
		func() error { return drop(a.UpdateUser(ctx, c.f.Ada, other.ID, app.UserPatch{AmountCents: &cents})) },
		func() error { return drop(a.DeactivateUser(ctx, c.f.Ada, other.ID, "")) },
		func() error { return drop(a.ReactivateUser(ctx, c.f.Ada, other.ID)) },
		func() error { return a.Suspend(ctx, c.f.Ada, other.ID, app.NewSanction{Reason: "noise"}) },
		func() error { return a.Unsuspend(ctx, c.f.Ada, other.ID) },
		func() error { return drop(a.CreateSubThread(ctx, v, message, "Why?", text, none)) },
		func() error { return drop(a.DeleteThread(ctx, v, 5+r.Int64N(20))) },
		func() error { return drop(a.UpdateThread(ctx, c.f.Ada, thread, app.ThreadPatch{Private: &on})) },
		func() error { return drop(a.SetTier(ctx, c.f.Ada, thread, r.Int64N(2)*c.f.Silver.ID)) },
		func() error { return drop(a.UpdateEveryone(ctx, c.f.Ada, app.EveryonePatch{RequireApproval: &on})) },
		func() error { return a.ApproveEveryone(ctx, c.f.Ada, 1+r.Int64N(30)) },
		func() error { return a.RejectEveryone(ctx, c.f.Ada, 1+r.Int64N(30)) },
		func() error { return drop(a.FlagMessage(ctx, v, message, parley.FlagSpam, "", none)) },
		func() error {
			return a.ResolveFlag(ctx, c.f.Ada, 1+r.Int64N(30), []parley.FlagAction{parley.FlagKeep, parley.FlagHide, parley.FlagDelete}[r.IntN(3)], "")
		},
		func() error { return drop(a.MoveMessage(ctx, v, message, thread)) },
		func() error { a.RunJobs(ctx); return nil },
		func() error { a.Prune(ctx); return nil },
	}
	return deeds[r.IntN(len(deeds))]()
}

// TestNothingDriftsWhateverHappensAtOnce has six people at a time do all sorts of
// things on two servers, and looks whether anything differs.
func TestNothingDriftsWhateverHappensAtOnce(t *testing.T) {
	f := openForum(t)
	c := &crowd{f: f, servers: []*app.App{f.App, f.another()}, people: []parley.Viewer{f.Ada, f.Tomas, f.Mina, f.Finn}}
	const rounds, at, each = 3, 6, 100
	for round := range rounds {
		var doing []func()
		for i := range at {
			r := rand.New(rand.NewPCG(uint64(round), uint64(i)))
			doing = append(doing, func() {
				for range each {
					f.Clock.Pass(second)
					c.act(r)
				}
			})
		}
		atOnce(doing...)
		f.RunJobs(t.Context())
		c.examine()
	}
	t.Logf("%d operations, and %d that were refused: nothing differs", c.done.Load(), c.refused.Load())
}

func (c *crowd) examine() {
	c.f.t.Helper()
	_, err := c.f.Examine(c.f.t.Context(), app.Doctor{Found: func(d app.Finding) { c.f.t.Errorf("%s: %s", d.Counter, d.Says) }})
	if err != nil {
		c.f.t.Fatal(err)
	}
}

func TestWhatDiffersIsToldAndSetRight(t *testing.T) {
	f := openForum(t)
	drifted := map[string]int{}
	a := app.New(f.Store, app.Options{Logger: quiet, Drifted: func(counter string, places int) { drifted[counter] = places }})
	storetest.Update(t, f.Store, func(tx *store.Tx) error { return tx.MoveReadPosition(f.Mina.ID, f.Free.ID, 4711) })
	a.WatchDrift(t.Context())
	if drifted["read_positions"] != 1 || drifted["message_count"] != 0 || len(drifted) < 15 {
		t.Errorf("told of %v", drifted)
	}
	var found []app.Finding
	examine := func(fix bool) int {
		found = nil
		looked := map[string]bool{}
		all, err := a.Examine(t.Context(), app.Doctor{
			Fix: fix, Found: func(f app.Finding) { found = append(found, f) },
			Progress: func(counter string, _ store.Progress) { looked[counter] = true },
		})
		if err != nil || !looked["message_count"] {
			t.Fatal(err, looked)
		}
		return all["read_positions"]
	}
	if n := examine(true); n != 1 || len(found) != 1 || !found[0].Fixed || found[0].Counter != "read_positions" {
		t.Errorf("%d set right, told of %+v", n, found)
	}
	if n := examine(false); n != 0 || len(found) != 0 {
		t.Errorf("%d are left, %+v", n, found)
	}
}
