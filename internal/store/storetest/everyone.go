package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

var everyoneTests = map[string]func(*testing.T, Open){
	"settings of everyone are the defaults until set":       everyoneSettings,
	"uses are counted by person and time, waiting ones too": usesCounted,
	"a mention waits until it is settled, or goes":          pendingKept,
	"a restriction is in force until its time":              restrictionsKept,
	"uses are summed by person and day":                     usesSummed,
}

func everyoneSettings(t *testing.T, open Open) {
	c := community(t, open)
	read := func() parley.EveryoneSettings {
		return Read(t, c.Store, func(s *store.Snapshot) (parley.EveryoneSettings, error) { return s.EveryoneSettings() })
	}
	if diff := cmp.Diff(parley.DefaultEveryoneSettings(), read()); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	hour, reason := int64(22), "because"
	want := parley.EveryoneSettings{WindowHours: 1, QuietStart: &hour, Timezone: "Europe/Berlin", Disabled: true, DisableReason: &reason, AllowedThreadTypes: []parley.ThreadType{"sub"}}
	Update(t, c.Store, func(tx *store.Tx) error { return tx.SetEveryoneSettings(want) })
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
}

func usesCounted(t *testing.T, open Open) {
	c := community(t, open)
	nth := func(v parley.Viewer, n int64, since parley.Time) parley.Time {
		return Read(t, c.Store, func(s *store.Snapshot) (parley.Time, error) { return s.NthEveryoneUse(v.ID, n, since) })
	}
	last := func() parley.Time {
		return Read(t, c.Store, func(s *store.Snapshot) (parley.Time, error) { return s.LastEveryoneUse() })
	}
	if at, by := last(), nth(c.Tomas, 1, 0); at != 0 || by != 0 {
		t.Errorf("before the first use there was one at %v, of Tomas at %v", at, by)
	}
	start := parley.At(c.Clock.Now())
	use := func(v parley.Viewer) {
		Update(t, c.Store, func(tx *store.Tx) error { return tx.UseEveryone(v.ID, c.Free.ID, c.Free.First, 3) })
		c.Clock.Pass(time.Hour)
	}
	use(c.Tomas)
	use(c.Ada)
	for range 2 { // the second one of a message is the first
		Update(t, c.Store, func(tx *store.Tx) error { return tx.AwaitApproval(c.Tomas.ID, c.Paid.First) })
	}
	c.Clock.Pass(time.Hour)
	use(c.Tomas)
	hour := func(n int) parley.Time { return start.Add(time.Duration(n) * time.Hour) }
	for _, tc := range []struct {
		n           int64
		since, want parley.Time
	}{{1, 0, hour(3)}, {2, 0, hour(2)}, {3, 0, start}, {4, 0, 0}, {2, start, hour(2)}, {3, start, 0}, {2, hour(2), 0}} {
		if got := nth(c.Tomas, tc.n, tc.since); got != tc.want {
			t.Errorf("use %d from the end since %v was at %v, want %v", tc.n, tc.since, got, tc.want)
		}
	}
	Update(t, c.Store, func(tx *store.Tx) error { return tx.PruneEveryoneUses(hour(1)) })
	if got := nth(c.Tomas, 3, 0); got != 0 || last() != hour(3) {
		t.Errorf("without the old ones the third was at %v, and anybody's last at %v", got, last())
	}
}

func pendingKept(t *testing.T, open Open) {
	c := community(t, open)
	first := c.Post(t, c.Tomas, c.Free, "hello @everyone")
	second := c.Post(t, c.Tomas, c.Paid, "again @everyone")
	Update(t, c.Store, func(tx *store.Tx) error {
		if err := tx.AwaitApproval(c.Tomas.ID, first); err != nil {
			return err
		}
		return tx.AwaitApproval(c.Tomas.ID, second)
	})
	list := func(after int64) []store.Pending {
		return Read(t, c.Store, func(s *store.Snapshot) ([]store.Pending, error) { return s.PendingApprovals(after, 10) })
	}
	all := list(0)
	if len(all) != 2 || all[0].MessageID != first || all[0].ThreadTitle != "Welcome" || all[0].Author.Name != "Tomas" || all[0].Content != "hello @everyone" {
		t.Fatalf("waiting: %+v", all)
	}
	if rest := list(all[0].ID); len(rest) != 1 || rest[0] != all[1] {
		t.Errorf("after the first: %+v", rest)
	}
	one := Found(t, c.Store, func(s *store.Snapshot) (store.Pending, bool, error) { return s.PendingApproval(all[1].ID) })
	if one != all[1] {
		t.Errorf("the second: %+v", one)
	}
	for i, want := range []bool{true, false} {
		if mine := Write(t, c.Store, func(tx *store.Tx) (bool, error) { return tx.SettlePending(all[1].ID) }); mine != want {
			t.Errorf("settled the %d. time: %v", i+1, mine)
		}
	}
	c.Delete(t, first)
	if left := list(0); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
}

func restrictionsKept(t *testing.T, open Open) {
	c := community(t, open)
	until, limit := parley.At(c.Clock.Now().Add(time.Hour)), int64(1)
	want := parley.EveryoneRestriction{UserID: c.Tomas.ID, Reason: "Too loud.", Until: &until, RateLimit: &limit, By: c.Ada.ID}
	read := func(v parley.Viewer) *parley.EveryoneRestriction {
		return Read(t, c.Store, func(s *store.Snapshot) (*parley.EveryoneRestriction, error) { return s.Restriction(v.ID) })
	}
	Update(t, c.Store, func(tx *store.Tx) error {
		if err := tx.Restrict(parley.EveryoneRestriction{UserID: c.Finn.ID, By: c.Ada.ID}); err != nil {
			return err
		}
		if err := tx.Restrict(want); err != nil {
			return err
		}
		return tx.NoteViolation(c.Tomas.ID)
	})
	want.Violations = 1
	if diff := cmp.Diff(&want, read(c.Tomas)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	all := Read(t, c.Store, func(s *store.Snapshot) ([]parley.EveryoneRestriction, error) { return s.Restrictions(10) })
	if len(all) != 2 || all[0].UserID != c.Tomas.ID || all[1].Until != nil || all[1].RateLimit != nil {
		t.Errorf("all: %+v", all)
	}
	c.Clock.Pass(time.Hour)
	if got := read(c.Tomas); got != nil {
		t.Errorf("after an hour: %+v", got)
	}
	if all = Read(t, c.Store, func(s *store.Snapshot) ([]parley.EveryoneRestriction, error) { return s.Restrictions(10) }); len(all) != 1 {
		t.Errorf("after an hour all are %+v", all)
	}
	want.Violations, want.Until = 0, nil
	Update(t, c.Store, func(tx *store.Tx) error { return tx.Restrict(want) })
	if diff := cmp.Diff(&want, read(c.Tomas)); diff != "" {
		t.Errorf("anew (-want +got):\n%s", diff)
	}
	Update(t, c.Store, func(tx *store.Tx) error { return tx.Unrestrict(c.Tomas.ID) })
	if got := read(c.Tomas); got != nil {
		t.Errorf("taken back: %+v", got)
	}
}

func usesSummed(t *testing.T, open Open) {
	c := community(t, open)
	start := parley.At(c.Clock.Now())
	use := func(v parley.Viewer, n int64) {
		Update(t, c.Store, func(tx *store.Tx) error { return tx.UseEveryone(v.ID, c.Free.ID, c.Free.First, n) })
	}
	use(c.Ada, 100)
	c.Clock.Pass(time.Hour)
	use(c.Tomas, 10)
	c.Clock.Pass(24 * time.Hour)
	use(c.Tomas, 20)
	use(c.Ada, 5)
	last := parley.At(c.Clock.Now())
	users := Read(t, c.Store, func(s *store.Snapshot) ([]store.UserUses, error) { return s.UsesByUser(start, 10) })
	wantUsers := []store.UserUses{
		{UserID: c.Tomas.ID, Username: "Tomas", Uses: 2, Last: last, Notifications: 30}, {UserID: c.Ada.ID, Username: "Ada", Uses: 1, Last: last, Notifications: 5},
	}
	if diff := cmp.Diff(wantUsers, users); diff != "" {
		t.Errorf("by person (-want +got):\n%s", diff)
	}
	days := Read(t, c.Store, func(s *store.Snapshot) ([]store.DayUses, error) { return s.UsesByDay(start) })
	first := start.Std().Unix() / (24 * 3600)
	wantDays := []store.DayUses{{Day: first, Uses: 1, Notifications: 10}, {Day: first + 1, Uses: 2, Notifications: 25}}
	if diff := cmp.Diff(wantDays, days); diff != "" {
		t.Errorf("by day (-want +got):\n%s", diff)
	}
}
