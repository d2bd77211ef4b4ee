package matrix

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"parley/internal/store/pgtest"
)

// TestNobodySeesWhatTheyMayNotAndEverybodyWhatTheyMay walks everybody through every
// route, each on a copy of one world of their own: what one does is not in the way of
// the others.
func TestNobodySeesWhatTheyMayNotAndEverybodyWhatTheyMay(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			var cells atomic.Int64
			w := newWorld()
			w.album = t.TempDir()
			clone := database.fill(t, func(dsn string) {
				t.Run("written", func(t *testing.T) { start(t, dsn, w, &cells).build() })
			})
			t.Run("people", func(t *testing.T) {
				for _, p := range w.people {
					t.Run(p.name, func(t *testing.T) {
						t.Parallel()
						f := start(t, clone(t), w, &cells)
						for _, r := range routes {
							if database.writes || strings.HasPrefix(r.name, "GET ") {
								r.probe(f, p, r)
							}
						}
					})
				}
			})
			if database.writes {
				t.Run("feeds", func(t *testing.T) { testFeeds(t, start(t, clone(t), w, &cells)) })
			}
			t.Logf("%d threads, %d people, %d routes: %d cells compared", len(w.threads), len(w.people), len(routes), cells.Load())
			if cells.Load() < 20_000 {
				t.Errorf("only %d cells were compared", cells.Load())
			}
		})
	}
}

// database makes databases with the same in them.
type database struct {
	name string
	// writes says whether everything is tried, or only what is read. The race detector
	// makes SQLite, which runs in this process, ten times slower.
	writes bool
	// fill makes one, and returns what makes copies of it.
	fill func(t *testing.T, build func(dsn string)) (clone func(*testing.T) string)
}

var databases = []database{
	{"SQLite", !raceEnabled, func(t *testing.T, build func(string)) func(*testing.T) string {
		original := filepath.Join(t.TempDir(), "parley.db")
		build(original)
		return func(t *testing.T) string {
			t.Helper()
			content, err := os.ReadFile(original)
			copied := filepath.Join(t.TempDir(), "parley.db")
			if err == nil {
				err = os.WriteFile(copied, content, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			return copied
		}
	}},
	{"PostgreSQL", true, func(t *testing.T, build func(string)) func(*testing.T) string {
		name := fmt.Sprint("matrix_", worlds.Add(1))
		clone := func(t *testing.T) string {
			t.Helper()
			return pgtest.Clone(t, name, func(dsn string) error {
				build(dsn)
				return context.Cause(t.Context())
			})
		}
		clone(t)
		return clone
	}},
}

var worlds atomic.Int64
