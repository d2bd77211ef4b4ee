package live_test

import (
	"testing"

	"parley"
	"parley/internal/app"
	"parley/internal/live"
	"parley/realtime"
)

// onABus makes a forum whose hub has a bus.
func onABus(t *testing.T) *forum {
	t.Helper()
	return open(t, settings{hub: realtime.Config{Broker: realtime.NewMemoryBus().Broker(), Mode: realtime.ModeDual}})
}

func (f *forum) mode() realtime.Mode {
	status, _ := f.hub.Bus()
	return status.Mode
}

// control is where the control channel ends.
func (f *forum) control() uint64 {
	f.t.Helper()
	rights, err := f.app.RightsSince(f.t.Context(), 0)
	must(f, err)
	return rights.Applied
}

// TestALateLookAtTheBusModeDoesNotPutTheOldOneBack has somebody read the mode before a
// change, and tell the hub of it after that was applied.
func TestALateLookAtTheBusModeDoesNotPutTheOldOneBack(t *testing.T) {
	f := onABus(t)
	f.finn.opens(globalPath) // or nothing would be applied
	before := f.control()
	must(f, f.app.SetBusMode(t.Context(), f.ada.viewer(), parley.BusLocal))
	must(f, f.hub.Sync(f.within()))
	f.authority.SetBusMode(parley.BusDual, before)
	if got := f.mode(); got != realtime.ModeLocal {
		t.Errorf("the mode is %s", got)
	}
	f.authority.SetBusMode(parley.BusDual, f.control()+1)
	if got := f.mode(); got != realtime.ModeDual {
		t.Errorf("after a later look the mode is %s", got)
	}
}

// reporting is a replica that has nothing to tell of itself.
type reporting struct{ *live.Authority }

func (reporting) Report() app.ReplicaReport { return app.ReplicaReport{} }

// TestAReplicaWithoutSocketsFollowsTheBusMode: nobody's rights are applied there.
func TestAReplicaWithoutSocketsFollowsTheBusMode(t *testing.T) {
	f := onABus(t)
	f.app.Reports(reporting{f.authority})
	f.works()
	must(f, f.app.SetBusMode(t.Context(), f.ada.viewer(), parley.BusLocal))
	must(f, f.hub.Sync(f.within()))
	f.await("the mode is followed", func() bool { return f.mode() == realtime.ModeLocal })
}
