package store

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/store/pgtest"
)

func TestAPanicInALaneKeepsNobodyWaiting(t *testing.T) {
	var l lane
	err := l.do(&write{}, func([]*write) { panic("a bug") })
	if err == nil || !strings.Contains(err.Error(), "a bug") {
		t.Errorf("got %v, want the panic as an error", err)
	}
	if err := l.do(&write{}, func([]*write) {}); err != nil { // or it waits for ever
		t.Error(err)
	}
}

// TestAWriterWhoPanicsOverARowFailsAlone has three writers share a transaction, one of
// which panics while rows are read for all.
func TestAWriterWhoPanicsOverARowFailsAlone(t *testing.T) {
	s, err := Open(t.Context(), pgtest.Database(t), Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	lane := s.engine.(*postgresEngine).lanes.of(1)
	first := lane.enter(&write{})
	var writing sync.WaitGroup
	failures := make([]error, 3)
	for i := range failures {
		writing.Go(func() {
			_, failures[i] = s.UpdateIn(t.Context(), int64(1+2*i), func(tx *Tx) error {
				_, _, err := one(&tx.Snapshot, func(row scanner) (string, error) {
					if i == 1 {
						panic("a bug")
					}
					return scalar[string](row)
				}, `SELECT value FROM meta WHERE name = 'generation'`)
				if err != nil {
					return err
				}
				return tx.setMeta(string(rune('a'+i)), "kept")
			})
		})
	}
	for waiting := 0; waiting < len(failures); time.Sleep(time.Millisecond) {
		lane.mu.Lock()
		waiting = len(lane.waiting)
		lane.mu.Unlock()
	}
	lane.lead(first, func([]*write) {})
	writing.Wait()
	if failures[0] != nil || failures[2] != nil || failures[1] == nil || !strings.Contains(failures[1].Error(), "a bug") {
		t.Errorf("failed with %v", failures)
	}
}
