package storetest

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

var keepingTests = map[string]func(*testing.T, Open){
	"replicas are known until they are silent or say farewell": replicasKnown,
	"an idempotency key stands for its first result":           keyRemembered,
	"an idempotency key is forgotten after a day":              keyExpires,
	"jobs are done in order, once, and postponed":              jobsDone,
	"a job is committed with the change that asks for it":      jobCommitted,
	"the community's settings are kept":                        communityKept,
	"whom anybody may sign in as is kept":                      demoKept,
	"a leased job is nobody else's until the lease ends":       jobLeased,
	"jobs of one kind may be run apart":                        jobsApart,
	"a page is asked by one at a time, and known for a while":  pageAsked,
}

func (c *Community) repeated(t *testing.T, v parley.Viewer, key, request string) (result int64, found bool, err error) {
	t.Helper()
	viewErr := c.Store.View(t.Context(), func(s *store.Snapshot) error {
		result, found, err = s.Repeated(v.ID, key, []byte(request))
		return nil
	})
	if viewErr != nil {
		t.Fatal(viewErr)
	}
	return result, found, err
}

func (c *Community) remember(t *testing.T, v parley.Viewer, key, request string, result int64) {
	t.Helper()
	Update(t, c.Store, func(tx *store.Tx) error { return tx.Remember(v.ID, key, []byte(request), result) })
}

func keyRemembered(t *testing.T, open Open) {
	c := community(t, open)
	if _, found, err := c.repeated(t, c.Finn, "key", "post hello"); found || err != nil {
		t.Errorf("before its use: found %v, %v", found, err)
	}
	c.remember(t, c.Finn, "key", "post hello", 9)
	if got, found, err := c.repeated(t, c.Finn, "key", "post hello"); got != 9 || !found || err != nil {
		t.Errorf("repeated: %d, %v, %v; want 9", got, found, err)
	}
	var refusal *parley.Error
	if _, found, err := c.repeated(t, c.Finn, "key", "post goodbye"); found || !errors.As(err, &refusal) || refusal.Kind != parley.Unprocessable {
		t.Errorf("for another request: found %v, %v; want Unprocessable", found, err)
	} else if got := refusal.Fields[0].Location; got != "header.Idempotency-Key" {
		t.Errorf("the error is located in %s", got)
	}
	if _, found, err := c.repeated(t, c.Mina, "key", "post hello"); found || err != nil {
		t.Errorf("by somebody else: found %v, %v", found, err)
	}
}

func keyExpires(t *testing.T, open Open) {
	c := community(t, open)
	c.remember(t, c.Finn, "key", "post hello", 9)
	c.Clock.Pass(24*time.Hour - time.Second)
	c.remember(t, c.Finn, "younger", "post hello", 10)
	if _, found, _ := c.repeated(t, c.Finn, "key", "post hello"); !found {
		t.Error("forgotten before a day was over")
	}
	c.Clock.Pass(time.Second)
	if _, found, err := c.repeated(t, c.Finn, "key", "another request"); found || err != nil {
		t.Errorf("after a day: found %v, %v", found, err)
	}
	c.remember(t, c.Finn, "key", "another request", 11)
	if got, _, err := c.repeated(t, c.Finn, "key", "another request"); got != 11 || err != nil {
		t.Errorf("used anew: %d, %v; want 11", got, err)
	}
	Update(t, c.Store, (*store.Tx).PruneIdempotencyKeys)
	if _, found, _ := c.repeated(t, c.Finn, "younger", "post hello"); !found {
		t.Error("pruning removed a key that still counts")
	}
}

type payload struct {
	Message int64 `json:"message"`
}

func (c *Community) addJob(t *testing.T, message int64) {
	t.Helper()
	Update(t, c.Store, func(tx *store.Tx) error { return tx.AddJob("notify", payload{message}) })
}

// due returns what the jobs that are due are about.
func (c *Community) due(t *testing.T, limit int) (jobs []store.Job, messages []int64) {
	t.Helper()
	jobs = Read(t, c.Store, func(s *store.Snapshot) ([]store.Job, error) { return s.DueJobs(limit, "") })
	for _, job := range jobs {
		var p payload
		if err := json.Unmarshal(job.Payload, &p); err != nil || job.Kind != "notify" {
			t.Errorf("job %+v: %v", job, err)
		}
		messages = append(messages, p.Message)
	}
	return jobs, messages
}

func jobsDone(t *testing.T, open Open) {
	c := community(t, open)
	for message := range int64(3) {
		c.addJob(t, message+1)
	}
	jobs, messages := c.due(t, 2)
	if diff := cmp.Diff([]int64{1, 2}, messages); diff != "" {
		t.Fatalf("the first two (-want +got):\n%s", diff)
	}
	for i, want := range []bool{true, false} {
		if got := Write(t, c.Store, func(tx *store.Tx) (bool, error) { return tx.TakeJob(jobs[0].ID) }); got != want {
			t.Errorf("taken by taker %d: %v, want %v", i+1, got, want)
		}
	}
	Update(t, c.Store, func(tx *store.Tx) error { return tx.PostponeJob(jobs[1].ID, time.Minute, "the disk is full") })
	if _, messages := c.due(t, 10); !cmp.Equal(messages, []int64{3}) {
		t.Errorf("due now: %v, want the third alone", messages)
	}
	c.Clock.Pass(time.Minute)
	c.addJob(t, 4)
	jobs, messages = c.due(t, 10)
	if diff := cmp.Diff([]int64{3, 2, 4}, messages); diff != "" {
		t.Fatalf("a minute later (-want +got):\n%s", diff)
	}
	if jobs[0].Attempts != 0 || jobs[1].Attempts != 1 {
		t.Errorf("failed attempts: %d and %d, want 0 and 1", jobs[0].Attempts, jobs[1].Attempts)
	}
}

func jobCommitted(t *testing.T, open Open) {
	c := community(t, open)
	failure := errors.New("changed my mind")
	_, err := c.Store.Update(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.AddJob("notify", payload{1}), failure)
	})
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	if jobs, _ := c.due(t, 10); len(jobs) != 0 {
		t.Errorf("a change that failed left %+v", jobs)
	}
}

func communityKept(t *testing.T, open Open) {
	c := community(t, open)
	read := func() parley.Community { return Read(t, c.Store, (*store.Snapshot).Community) }
	if got := read(); got != parley.DefaultCommunity() {
		t.Errorf("a new one: %+v", got)
	}
	want := parley.Community{Name: "Café", ThreadCreation: parley.CreationMembers, Registration: parley.RegistrationClosed}
	for range 2 {
		Update(t, c.Store, func(tx *store.Tx) error { return tx.SetCommunity(want) })
	}
	if got := read(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func demoKept(t *testing.T, open Open) {
	c := community(t, open)
	read := func() []store.DemoPerson { return Read(t, c.Store, (*store.Snapshot).DemoPeople) }
	if got := read(); len(got) != 0 {
		t.Errorf("not a demo, but %+v", got)
	}
	want := []store.DemoPerson{{UserID: c.Ada.ID, About: "the creator"}, {UserID: c.Finn.ID, About: "a member"}}
	Update(t, c.Store, func(tx *store.Tx) error { return tx.SetDemoPeople(want) })
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func replicasKnown(t *testing.T, open Open) {
	c := community(t, open)
	const gone = 30 * time.Second
	tell := func(id, report string) {
		t.Helper()
		Update(t, c.Store, func(tx *store.Tx) error { return tx.SaveReplica(id, report, gone) })
	}
	known := func() (ids []string) {
		t.Helper()
		replicas := Read(t, c.Store, func(s *store.Snapshot) ([]store.Replica, error) { return s.Replicas(s.Now().Add(-gone)) })
		for _, r := range replicas {
			ids = append(ids, r.ID+string(r.Report))
		}
		return ids
	}
	tell("b", "one")
	c.Clock.Pass(gone / 2)
	tell("a", "two")
	if diff := cmp.Diff([]string{`a"two"`, `b"one"`}, known()); diff != "" {
		t.Errorf("both (-want +got):\n%s", diff)
	}
	c.Clock.Pass(gone/2 + time.Second)
	if diff := cmp.Diff([]string{`a"two"`}, known()); diff != "" {
		t.Errorf("after the silence of one (-want +got):\n%s", diff)
	}
	tell("a", "three")
	Update(t, c.Store, func(tx *store.Tx) error { return tx.SaveReplica("c", "four", gone) })
	Update(t, c.Store, func(tx *store.Tx) error { return tx.RemoveReplica("c") })
	if diff := cmp.Diff([]string{`a"three"`}, known()); diff != "" {
		t.Errorf("after another one's farewell (-want +got):\n%s", diff)
	}
}
