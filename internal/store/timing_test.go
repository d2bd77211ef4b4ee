package store

import (
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"parley"
)

func TestStatementsAreNamedByWhatTheyDoAndTheirTable(t *testing.T) {
	for text, want := range map[string]string{
		threadState:                 "select_threads",
		threadRows(parley.Viewer{}): "select_threads",
		(&Snapshot{dialect: &sqliteDialect}).messageRows(parley.Viewer{}):                                               "select_messages",
		`INSERT INTO channels (name, head) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET head = 2`:                    "insert_channels",
		`UPDATE threads SET last_message_at = (SELECT max(m.created_at) FROM messages m)`:                               "update_threads",
		`DELETE FROM events WHERE id IN (SELECT e.id FROM events e)`:                                                    "delete_events",
		`SELECT coalesce((SELECT min(seq) FROM events), (SELECT head + 1 FROM channels), 1)`:                            "select_events",
		`WITH RECURSIVE below (id) AS (SELECT id FROM messages UNION SELECT m.id FROM messages m) SELECT id FROM below`: "select_messages",
		`WITH n AS (INSERT INTO channels (name) VALUES ($1) RETURNING head) INSERT INTO events SELECT head FROM n`:      "insert_events",
		"SELECT u.id FROM (SELECT id FROM users) c\n\t\tJOIN users u ON u.id = c.id":                                    "select_users",
		"COMMIT": "commit",
	} {
		if got := queryName(text); got != want {
			t.Errorf("%.60q is named %s, want %s", text, got, want)
		}
	}
}

func TestStatementsAndCommitsAreTimed(t *testing.T) {
	var seen []string // the group's goroutine and this one take turns
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "parley.db"), Options{
		Logger: slog.New(slog.DiscardHandler),
		Observe: func(query string, took time.Duration) {
			if took < 0 {
				t.Errorf("%s took %v", query, took)
			}
			seen = append(seen, query)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	seen = nil
	_, err = s.Update(t.Context(), func(tx *Tx) error { return tx.PruneIdempotencyKeys() })
	if err == nil {
		err = s.View(t.Context(), func(s *Snapshot) error {
			_, err := s.CountUsers()
			return err
		})
	}
	if want := []string{"delete_idempotency_keys", "commit", "select_users"}; err != nil || !slices.Equal(seen, want) {
		t.Errorf("timed %q, %v, want %q", seen, err, want)
	}
}
