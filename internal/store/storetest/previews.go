package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

func jobLeased(t *testing.T, open Open) {
	c := community(t, open)
	c.addJob(t, 1)
	jobs, _ := c.due(t, 1)
	lease := func() bool {
		return Write(t, c.Store, func(tx *store.Tx) (bool, error) { return tx.LeaseJob(jobs[0].ID, time.Minute) })
	}
	if !lease() || lease() {
		t.Error("want the first of two to have it")
	}
	if due, _ := c.due(t, 1); len(due) != 0 {
		t.Errorf("leased and due: %+v", due)
	}
	c.Clock.Pass(time.Minute)
	if due, _ := c.due(t, 1); len(due) != 1 || due[0].Attempts != 1 {
		t.Errorf("due when the lease ended: %+v, want the job with an attempt", due)
	}
	if !lease() {
		t.Error("not to be had when the lease ended")
	}
	for i, want := range []bool{true, false} {
		if got := Write(t, c.Store, func(tx *store.Tx) (bool, error) { return tx.EndJob(jobs[0].ID) }); got != want {
			t.Errorf("ended by %d: %v, want %v", i+1, got, want)
		}
	}
}

func jobsApart(t *testing.T, open Open) {
	c := community(t, open)
	Update(t, c.Store, func(tx *store.Tx) error { return tx.AddJob("preview", payload{1}) })
	c.addJob(t, 2)
	kinds := func(jobs []store.Job) (kinds []string) {
		for _, j := range jobs {
			kinds = append(kinds, j.Kind)
		}
		return kinds
	}
	all := Read(t, c.Store, func(s *store.Snapshot) ([]store.Job, error) { return s.DueJobs(9, "") })
	others := Read(t, c.Store, func(s *store.Snapshot) ([]store.Job, error) { return s.DueJobs(9, "preview") })
	apart := Read(t, c.Store, func(s *store.Snapshot) ([]store.Job, error) { return s.DueJobsOf("preview", 9) })
	want := [][]string{{"preview", "notify"}, {"notify"}, {"preview"}}
	if diff := cmp.Diff(want, [][]string{kinds(all), kinds(others), kinds(apart)}); diff != "" {
		t.Errorf("all, others, apart (-want +got):\n%s", diff)
	}
}

func pageAsked(t *testing.T, open Open) {
	c := community(t, open)
	const page = "https://wood.example/joints"
	ask := func() bool {
		return Write(t, c.Store, func(tx *store.Tx) (bool, error) { return tx.AskPage(page, time.Minute) })
	}
	type known struct {
		parley.Preview
		Found bool
	}
	read := func() known {
		return Read(t, c.Store, func(s *store.Snapshot) (k known, err error) {
			k.Preview, k.Found, err = s.LinkedPage(page)
			return k, err
		})
	}
	if !ask() || ask() {
		t.Error("want the first of two to ask")
	}
	if k := read(); k.Found {
		t.Errorf("known before it answered: %+v", k)
	}
	c.Clock.Pass(time.Minute)
	if !ask() {
		t.Error("who asks and does not come back keeps others from asking")
	}
	says := parley.Preview{Title: "Joints", Description: "How they hold.", Site: "Wood"}
	Update(t, c.Store, func(tx *store.Tx) error { return tx.KeepPage(page, says, time.Hour) })
	if k := read(); k != (known{says, true}) || ask() {
		t.Errorf("knows %+v, want %+v and nobody to ask", k, says)
	}
	c.Clock.Pass(time.Hour)
	if k := read(); k.Found {
		t.Errorf("still believed: %+v", k)
	}
	if !ask() || read().Found {
		t.Error("want somebody to ask again, and nothing known until then")
	}
	Update(t, c.Store, func(tx *store.Tx) error { return tx.ForgetPage(page) })
	if !ask() {
		t.Error("not to be asked though forgotten")
	}
	c.Clock.Pass(time.Minute)
	Update(t, c.Store, (*store.Tx).PrunePages)
	if !ask() {
		t.Error("not to be asked though pruned")
	}
}
