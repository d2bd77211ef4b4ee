package store

import (
	"log/slog"
	"testing"

	"parley"
	"parley/internal/store/pgtest"
)

// TestASnapshotThatLosesItsConnectionAmongRowsHasNoneOfThemTwice cuts the connection
// when the first row of many has been taken.
func TestASnapshotThatLosesItsConnectionAmongRowsHasNoneOfThemTwice(t *testing.T) {
	s, err := Open(t.Context(), pgtest.Database(t), Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var rows []string
	err = s.View(t.Context(), func(s *Snapshot) (err error) {
		cut := false
		rows, err = list(s, func(row scanner) (string, error) {
			if !cut {
				cut = true
				s.q.(*postgresTx).conn.Conn().PgConn().Conn().Close()
			}
			return scalar[string](row)
		}, `SELECT repeat('x', 1000) FROM generate_series(1, 1000)`)
		return err
	})
	if parley.KindOf(err) != parley.Unavailable || len(rows) != 0 {
		t.Errorf("%d rows, and the error %v", len(rows), err)
	}
}
