package app_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// TestWhatIsDoneNowAndThenIsDoneByOneReplica has three replicas look at once what is due.
func TestWhatIsDoneNowAndThenIsDoneByOneReplica(t *testing.T) {
	f := openForum(t)
	replicas := []*app.App{f.App}
	for range 2 {
		s := openStore(t, f.dsn, store.Options{Now: f.Clock.Now})
		replicas = append(replicas, app.New(s, app.Options{Logger: quiet}))
	}
	look := func() []string {
		var mu sync.Mutex
		var all []string
		var looking sync.WaitGroup
		for _, a := range replicas {
			looking.Go(func() {
				done := a.DoChores(t.Context())
				mu.Lock()
				defer mu.Unlock()
				all = append(all, done...)
			})
		}
		looking.Wait()
		slices.Sort(all)
		return all
	}
	for _, step := range []struct {
		passed time.Duration
		want   []string
	}{
		{0, nil}, // the first periods begin
		{time.Minute - second, nil},
		{second, []string{"drift"}},
		{time.Hour - time.Minute - second, nil},
		{second, []string{"prune"}},
		{0, nil},
		{time.Hour, []string{"prune"}},
		{4*time.Hour + time.Minute, []string{"drift", "prune"}},
		{0, nil},
		{6 * time.Hour, []string{"drift", "prune"}},
	} {
		f.Clock.Pass(step.passed)
		if diff := cmp.Diff(step.want, look()); diff != "" {
			t.Errorf("after another %s (-want +done):\n%s", step.passed, diff)
		}
	}
}

// TestWhatAReplicaLeavesUndoneIsDoneByAnother: one takes what is due, and dies.
func TestWhatAReplicaLeavesUndoneIsDoneByAnother(t *testing.T) {
	f := openForum(t)
	f.DoChores(t.Context())
	f.Clock.Pass(time.Hour)
	taken := storetest.Write(t, f.Store, func(tx *store.Tx) (bool, error) { return tx.TakeChore("prune", 10*time.Minute, time.Hour) })
	if got := f.DoChores(t.Context()); !taken || slices.Contains(got, "prune") {
		t.Errorf("taken: %v; %v was done beside it", taken, got)
	}
	f.Clock.Pass(10 * time.Minute)
	if got := f.DoChores(t.Context()); !slices.Equal(got, []string{"prune"}) {
		t.Errorf("%v was done afterwards", got)
	}
}

// TestEveryReplicaTellsWhatOneOfThemFound: the metrics of each say the same, and soon after
// the first start.
func TestEveryReplicaTellsWhatOneOfThemFound(t *testing.T) {
	f := openForum(t)
	told := make([]map[string]int, 2)
	var replicas []*app.App
	for i := range told {
		told[i] = map[string]int{}
		replicas = append(replicas, app.New(f.Store, app.Options{Logger: quiet, Drifted: func(counter string, places int) { told[i][counter] = places }}))
	}
	storetest.Update(t, f.Store, func(tx *store.Tx) error { return tx.MoveReadPosition(f.Mina.ID, f.Free.ID, 4711) })
	for _, passed := range []time.Duration{0, time.Minute} {
		f.Clock.Pass(passed)
		for _, a := range replicas {
			a.DoChores(t.Context())
		}
	}
	for i, drifted := range told {
		if drifted["read_positions"] != 1 || drifted["message_count"] != 0 || len(drifted) < 15 {
			t.Errorf("replica %d tells of %v", i, drifted)
		}
	}
}
