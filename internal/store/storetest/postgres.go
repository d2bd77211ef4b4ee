package storetest

import (
	"context"
	"log/slog"
	"testing"

	"parley/internal/store"
	"parley/internal/store/pgtest"
)

// Postgres opens an empty PostgreSQL database for one test, on the server that the
// tests of this process share.
func Postgres(t testing.TB, opts store.Options) *store.Store {
	t.Helper()
	dsn := pgtest.Clone(t, "migrated", func(dsn string) error {
		s, err := store.Open(context.Background(), dsn, store.Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		return s.Close()
	})
	s, err := store.Open(t.Context(), dsn, opts)
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
