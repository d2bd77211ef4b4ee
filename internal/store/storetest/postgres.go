package storetest

import (
	"context"
	"log/slog"
	"testing"

	"parley/internal/store"
	"parley/internal/store/pgtest"
)

// NewPostgres returns the address of an empty PostgreSQL database for one test, with
// this release's schema, on the server that the tests of this process share.
func NewPostgres(t testing.TB) (dsn string) {
	t.Helper()
	return pgtest.Clone(t, "migrated", func(dsn string) error {
		s, err := store.Open(context.Background(), dsn, store.Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		return s.Close()
	})
}
