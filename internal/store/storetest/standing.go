package storetest

import (
	"fmt"
	"testing"
	"time"

	"parley"
	"parley/internal/store"
)

var standingTests = map[string]func(*testing.T, Open){
	"what somebody wrote is shown and counted to those who may see it": writtenBy,
	"totals are of what somebody may see":                              totals,
}

func writtenBy(t *testing.T, open Open) {
	c := community(t, open)
	free := c.Post(t, c.Ada, c.Free, "free")
	paid := c.Post(t, c.Ada, c.Paid, "paid")
	c.Delete(t, c.Post(t, c.Ada, c.Free, "gone"))
	c.Post(t, c.Mina, c.Free, "Mina's")
	for _, tc := range []struct {
		v                 parley.Viewer
		messages, threads string
		count, started    int64
	}{
		{c.Tomas, fmt.Sprint([]int64{paid, free, c.Private.First, c.Paid.First, c.Free.First}), fmt.Sprint([]int64{c.Private.ID, c.Paid.ID, c.Free.ID}), 5, 3},
		{c.Mina, fmt.Sprint([]int64{paid, free, c.Paid.First, c.Free.First}), fmt.Sprint([]int64{c.Paid.ID, c.Free.ID}), 4, 2},
		{c.Finn, fmt.Sprint([]int64{free, c.Free.First}), fmt.Sprint([]int64{c.Free.ID}), 2, 1},
		{parley.Viewer{}, "[]", "[]", 0, 0},
	} {
		messages := Read(t, c.Store, func(s *store.Snapshot) ([]parley.Message, error) { return s.MessagesBy(tc.v, c.Ada.ID, 10) })
		threads := []int64{}
		for _, thread := range Read(t, c.Store, func(s *store.Snapshot) ([]parley.Thread, error) { return s.ThreadsBy(tc.v, c.Ada.ID, 10) }) {
			threads = append(threads, thread.ID)
		}
		var count, started int64
		Read(t, c.Store, func(s *store.Snapshot) (_ int, err error) {
			count, started, err = s.CountBy(tc.v, c.Ada.ID)
			return 0, err
		})
		if fmt.Sprint(messageIDs(messages)) != tc.messages || fmt.Sprint(threads) != tc.threads || count != tc.count || started != tc.started {
			t.Errorf("to %d: messages %v of %d, threads %v of %d; want %s of %d, %s of %d",
				tc.v.ID, messageIDs(messages), count, threads, started, tc.messages, tc.count, tc.threads, tc.started)
		}
	}
	if last := Read(t, c.Store, func(s *store.Snapshot) ([]parley.Message, error) { return s.MessagesBy(c.Tomas, c.Ada.ID, 1) }); len(last) != 1 || last[0].ID != paid {
		t.Errorf("the last one is %v", messageIDs(last))
	}
}

func totals(t *testing.T, open Open) {
	c := community(t, open)
	c.Clock.Pass(25 * time.Hour)
	c.Post(t, c.Ada, c.Paid, "paid")
	c.Post(t, c.Ada, c.Private, "private")
	c.Post(t, c.Ada, c.Private, "private")
	c.Delete(t, c.Post(t, c.Finn, c.Free, "gone"))
	for _, tc := range []struct {
		v       parley.Viewer
		want    store.ThreadTotals
		recent  int64
		busiest int64
	}{
		{c.Tomas, store.ThreadTotals{Main: 3, Sub: 1, Messages: 7}, 3, c.Private.ID},
		{c.Mina, store.ThreadTotals{Main: 2, Sub: 1, Messages: 4}, 1, c.Paid.ID},
		{c.Finn, store.ThreadTotals{Main: 1, Sub: 1, Messages: 2}, 0, c.Sub.ID},
	} {
		got := Read(t, c.Store, func(s *store.Snapshot) (store.ThreadTotals, error) { return s.Totals(tc.v) })
		recent := Read(t, c.Store, func(s *store.Snapshot) (int64, error) { return s.CountSince(tc.v, 24*time.Hour) })
		busiest := Found(t, c.Store, func(s *store.Snapshot) (store.Busiest, bool, error) { return s.Busiest(tc.v) })
		if got != tc.want || recent != tc.recent || busiest.ID != tc.busiest {
			t.Errorf("to %d: %+v, %d recent, busiest %+v; want %+v, %d, %d", tc.v.ID, got, recent, busiest, tc.want, tc.recent, tc.busiest)
		}
	}
	if Read(t, c.Store, func(s *store.Snapshot) (bool, error) { _, found, err := s.Busiest(parley.Viewer{}); return found, err }) {
		t.Error("a stranger is shown the busiest thread")
	}
}
