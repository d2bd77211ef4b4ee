package storetest

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"parley/internal/store"
)

// migrated is an empty SQLite database with this release's schema. To migrate one takes
// most of a second under the race detector.
var migrated = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "parley")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "parley.db")
	s, err := store.Open(context.Background(), file, store.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// NewSQLite returns the path of an empty SQLite database for one test, with this
// release's schema.
func NewSQLite(t testing.TB) (file string) {
	t.Helper()
	database, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "parley.db")
	if err := os.WriteFile(file, database, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
