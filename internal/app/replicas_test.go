package app_test

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/app"
)

// notingReplica is a replica that tells always the same of itself.
type notingReplica struct {
	redis bool

	mu      sync.Mutex
	mode    parley.BusMode
	control uint64 // that the mode was read at
}

func (r *notingReplica) Report() app.ReplicaReport {
	return app.ReplicaReport{
		Version: "v1", Connections: map[string]int{"forum_threads": 2, "forum_global": 1},
		Bus: app.BusReport{Redis: r.redis, Mode: r.busMode(), State: "ok"},
	}
}

func (r *notingReplica) SetBusMode(mode parley.BusMode, control uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mode, r.control = mode, control
}

// busMode is the one it was given; it begins in that of whoever has Redis.
func (r *notingReplica) busMode() parley.BusMode {
	r.mu.Lock()
	defer r.mu.Unlock()
	return cmp.Or(r.mode, parley.BusDual)
}

// runReplica runs use cases beside f's on the same database, as another process
// would, until the returned function is called.
func (f *forum) runReplica(r *notingReplica) (stop func()) {
	f.t.Helper()
	a := app.New(f.Store, app.Options{Logger: quiet})
	a.Reports(r)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := a.Run(ctx); err != nil {
			f.t.Error(err)
		}
	}()
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); <-ended }) }
	f.t.Cleanup(stop)
	return stop
}

// replicas waits until the creator is shown so many.
func (f *forum) replicas(n int) app.Realtime {
	f.t.Helper()
	var r app.Realtime
	f.eventually(fmt.Sprintf("%d replicas are shown", n), func() bool {
		var err error
		if r, err = f.Realtime(f.t.Context(), f.Ada); err != nil {
			f.t.Fatal(err)
		}
		return len(r.Replicas) == n
	})
	return r
}

// eventually polls until something in the background is done.
func (f *forum) eventually(what string, done func() bool) {
	f.t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatalf("waited in vain: %s", what)
		}
	}
}

func TestReplicasTellOfThemselves(t *testing.T) {
	f := openForum(t)
	if r := f.replicas(0); r.BusMode != "" {
		t.Errorf("the mode is %q before anybody chose one", r.BusMode)
	}
	f.runReplica(&notingReplica{redis: true})
	stop := f.runReplica(&notingReplica{redis: true})
	r := f.replicas(2)
	if diff := gocmp.Diff(map[string]int{"forum_threads": 4, "forum_global": 2}, r.Connections); diff != "" {
		t.Errorf("connections of both (-want +got):\n%s", diff)
	}
	if got := r.Replicas[0]; got.Version != "v1" || got.Bus.Mode != parley.BusDual || got.SeenAt == 0 || got.ID == r.Replicas[1].ID {
		t.Errorf("got %+v", got)
	}
	stop()
	f.replicas(1) // it said goodbye
	f.Clock.Pass(30*time.Second + time.Microsecond)
	f.replicas(0) // it told nothing for too long
}

func TestOnlyTheCreatorSeesAndSwitchesTheBus(t *testing.T) {
	f := openForum(t)
	for _, v := range []parley.Viewer{f.Tomas, f.Mina, f.Finn} {
		if _, err := f.Realtime(t.Context(), v); parley.KindOf(err) != parley.Forbidden {
			t.Errorf("%v may look: %v", v, err)
		}
		if err := f.SetBusMode(t.Context(), v, parley.BusLocal); parley.KindOf(err) != parley.Forbidden {
			t.Errorf("%v may switch: %v", v, err)
		}
	}
	if err := f.SetBusMode(t.Context(), f.Ada, "pigeons"); parley.KindOf(err) != parley.Unprocessable {
		t.Errorf("a mode that is none: %v", err)
	}
}

func TestTheBusModeReachesReplicas(t *testing.T) {
	f := openForum(t)
	plain := f.runReplica(&notingReplica{})
	f.replicas(1)
	if err := f.SetBusMode(t.Context(), f.Ada, parley.BusRedis); parley.KindOf(err) != parley.Conflict {
		t.Errorf("with a replica that has no Redis: %v, want a conflict", err)
	}
	plain()
	f.replicas(0)
	before, _ := f.RightsSince(t.Context(), 0)
	for range 2 { // again changes nothing
		if err := f.SetBusMode(t.Context(), f.Ada, parley.BusRedis); err != nil {
			t.Fatal(err)
		}
	}
	rights, err := f.RightsSince(t.Context(), before.Applied)
	if err != nil || !rights.BusModeChanged || rights.BusMode != parley.BusRedis || rights.Applied != before.Applied+1 {
		t.Errorf("replicas that run are told %+v, %v", rights, err)
	}
	late := &notingReplica{redis: true}
	f.runReplica(late)
	if r := f.replicas(1); r.BusMode != parley.BusRedis {
		t.Errorf("the mode is shown as %q", r.BusMode)
	}
	f.eventually("a replica that starts learns the mode", func() bool { return late.busMode() == parley.BusRedis })
}

// TestWhoChoosesABusModeIsShownItOnceItHolds: not with the next report, seconds later.
func TestWhoChoosesABusModeIsShownItOnceItHolds(t *testing.T) {
	f := openForum(t)
	f.runReplica(&notingReplica{redis: true})
	f.replicas(1)
	reported := time.Now()
	if err := f.SetBusMode(t.Context(), f.Ada, parley.BusRedis); err != nil {
		t.Fatal(err)
	}
	f.eventually("the replica tells of the mode", func() bool {
		return f.replicas(1).Replicas[0].Bus.Mode == parley.BusRedis
	})
	if late := time.Since(reported); late > 4*time.Second {
		t.Errorf("told %s later", late)
	}
}

func TestTheBusModeIsReadWithThePositionThatItHoldsFrom(t *testing.T) {
	f := openForum(t)
	r := &notingReplica{redis: true}
	f.Reports(r)
	for _, mode := range []parley.BusMode{parley.BusLocal, parley.BusDual, parley.BusRedis} {
		if err := f.SetBusMode(t.Context(), f.Ada, mode); err != nil {
			t.Fatal(err)
		}
		f.FollowBusMode(t.Context())
		rights, err := f.RightsSince(t.Context(), 0)
		if err != nil || r.mode != mode || r.control != rights.Applied {
			t.Errorf("told %s as of %d, want %s as of %d; %v", r.mode, r.control, mode, rights.Applied, err)
		}
	}
}
