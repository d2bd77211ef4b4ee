package app_test

import (
	"math/rand/v2"
	"testing"

	"parley"
	"parley/internal/app"
	"parley/internal/storage"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// TestNothingDriftsWhateverHappensAtOnce has six people at a time do all sorts of
// things on two servers, and looks whether anything differs.
func TestNothingDriftsWhateverHappensAtOnce(t *testing.T) {
	a := openAlbum(t)
	other := a.another()
	folder := storage.NewFolder(a.dir)
	t.Cleanup(func() { folder.Close() })
	other.StoreUploads(folder)
	c := &crowd{f: a.forum, servers: []*app.App{a.App, other}, people: []parley.Viewer{a.Ada, a.Tomas, a.Mina, a.Finn}, picture: drawing(t, 5)}
	const rounds, at, each = 3, 6, 90
	for round := range rounds {
		var doing []func()
		for i := range at {
			r := rand.New(rand.NewPCG(uint64(round), uint64(i)))
			doing = append(doing, func() {
				for range each {
					a.Clock.Pass(second)
					c.act(r)
				}
			})
		}
		atOnce(doing...)
		a.RunJobs(t.Context())
		c.examine()
	}
	c.report()
}

func (c *crowd) examine() {
	c.f.t.Helper()
	_, err := c.f.Examine(c.f.t.Context(), app.Doctor{Found: func(d app.Finding) { c.f.t.Errorf("%s: %s", d.Counter, d.Says) }})
	if err != nil {
		c.f.t.Fatal(err)
	}
}

func TestWhatDiffersIsSetRight(t *testing.T) {
	f := openForum(t)
	storetest.Update(t, f.Store, func(tx *store.Tx) error { return tx.MoveReadPosition(f.Mina.ID, f.Free.ID, 4711) })
	var found []app.Finding
	examine := func(fix bool) int {
		found = nil
		looked := map[string]bool{}
		all, err := f.Examine(t.Context(), app.Doctor{
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
