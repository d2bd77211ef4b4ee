package app_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/app"
)

// TestTheForumTellsOnlyThoseWhoMaySeeAThread walks a thread of every access
// through its life, and watches what reaches whom.
func TestTheForumTellsOnlyThoseWhoMaySeeAThread(t *testing.T) {
	f := openForum(t)
	yes := true
	for _, kind := range []struct {
		name   string
		thread app.NewThread
		access parley.Access
	}{
		{"free", app.NewThread{}, parley.Access{}},
		{"paid", app.NewThread{TierID: f.Silver.ID}, parley.Access{MinTierCents: 500}},
		{"private", app.NewThread{Private: true}, parley.Access{Private: true}},
	} {
		kind.thread.Title, kind.thread.Content = "Plans of the "+kind.name, "hello"
		desks := map[parley.Viewer]*stream{}
		told := map[parley.Viewer][]string{}
		for _, v := range []parley.Viewer{f.Ada, f.Tomas, f.Mina, f.Finn} {
			desks[v] = f.sitDown(v).stream
		}
		var id int64
		for _, change := range []func(context.Context) error{
			func(ctx context.Context) error {
				made, err := f.CreateThread(ctx, f.Ada, kind.thread, app.Idempotency{})
				id = made.ID
				return err
			},
			func(ctx context.Context) error {
				return drop(f.UpdateThread(ctx, f.Ada, id, app.ThreadPatch{Pinned: &yes}))
			},
			func(ctx context.Context) error {
				return drop(f.PostMessage(ctx, f.Ada, id, "@team", 0, app.Idempotency{}))
			},
			func(ctx context.Context) error { return drop(f.DeleteThread(ctx, f.Ada, id)) },
		} {
			if err := change(t.Context()); err != nil {
				t.Fatal(err)
			}
			for v, desk := range desks {
				for _, frame := range desk.frames() {
					told[v] = append(told[v], frameType(t, frame))
				}
			}
		}
		all := []string{"new_thread_created", "threads_changed", "team_mention", "thread_deleted"}
		for v := range desks {
			want := all
			if !kind.access.Admits(v) {
				want = nil
			}
			if diff := cmp.Diff(want, told[v]); diff != "" {
				t.Errorf("%s %d is told of the %s thread (-want +got):\n%s", v.Role, v.ID, kind.name, diff)
			}
		}
	}
}

// TestASubThreadIsAnnouncedToItsParentsFollowers and not to those of them who
// may not see it.
func TestASubThreadIsAnnouncedToItsParentsFollowers(t *testing.T) {
	f := openForum(t)
	f.followed(f.Paid, allNews, f.Tomas, f.Mina)
	desks := map[parley.Viewer]*stream{}
	for _, v := range []parley.Viewer{f.Ada, f.Tomas, f.Mina, f.Finn} {
		desks[v] = f.sitDown(v).stream
	}
	f.grow(f.Tomas, f.Paid.First, "Behind the scenes", "hello")
	for v, desk := range desks {
		announced := false
		for _, frame := range desk.frames() {
			announced = announced || frameType(t, frame) == "new_sub_thread_created"
		}
		if want := v == f.Tomas || v == f.Mina; announced != want {
			t.Errorf("%s %d is told: %v, want %v", v.Role, v.ID, announced, want)
		}
	}
}

// TestWhatBecamePrivateIsNotReplayed has people come back who were away while a
// thread that they could see when they left lived on without them.
func TestWhatBecamePrivateIsNotReplayed(t *testing.T) {
	f := openForum(t)
	yes := true
	desk := f.sitDown(f.Finn).stream
	parent := f.enter(f.Finn, f.Free.ID).stream
	made := must[parley.Thread](t)(f.CreateThread(t.Context(), f.Ada, app.NewThread{Title: "Secret plans", Content: "@Finn"}, app.Idempotency{}))
	f.RunJobs(t.Context())
	sub := f.grow(f.Mina, f.Free.First, "Secret thoughts", "hello")
	for _, id := range []int64{made.ID, sub.ID} {
		must[parley.Thread](t)(f.UpdateThread(t.Context(), f.Ada, id, app.ThreadPatch{Private: &yes}))
	}
	for _, frame := range append(desk.frames(), parent.frames()...) {
		if bytes.Contains(frame, []byte("Secret")) {
			t.Errorf("Finn is told: %s", frame)
		}
	}
	count := must[parley.Message](t)(f.Message(t.Context(), f.Finn, f.Free.First)).SpawnedThreadCount
	visible := must[int64](t)(f.SubThreadCount(t.Context(), f.Finn, f.Free.First))
	if count != 1 || visible != 1 { // Mina's other one
		t.Errorf("the message counts %d sub-threads, Finn sees %d; want 1", count, visible)
	}
}

// TestAudiencesAreDecidedByTheSeat has somebody's rights change between an
// event and its delivery: what counts is who they are then.
func TestAudiencesAreDecidedByTheSeat(t *testing.T) {
	f := openForum(t)
	desk := f.sitDown(f.Mina).stream
	must[parley.Thread](t)(f.CreateThread(t.Context(), f.Ada, app.NewThread{Title: "For some", Content: "hello", TierID: f.Silver.ID}, app.Idempotency{}))
	poor := f.Mina
	poor.AmountCents = 0
	desk.seat = app.Seat{Viewer: poor}
	if frames := desk.frames(); len(frames) != 0 {
		t.Errorf("without her tier Mina is told: %s", frames[0])
	}
}
