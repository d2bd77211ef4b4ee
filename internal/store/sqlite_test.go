package store_test

import (
	"testing"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

// openFile opens an SQLite file; it is closed when the test ends.
func openFile(t testing.TB, file string, opts store.Options) *store.Store {
	t.Helper()
	opts.Logger = quiet.Logger
	s, err := store.Open(t.Context(), file, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T, opts store.Options) *store.Store {
		return openFile(t, storetest.NewSQLite(t), opts)
	})
}
