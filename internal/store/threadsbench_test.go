package store_test

import (
	"testing"

	"parley"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// BenchmarkThreads measures pages of a list of 20,000 threads, of which those that are
// wanted may be few: Mina follows ten and has read all but one; Finn follows all and has
// read none, but may see only one in a thousand.
func BenchmarkThreads(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { threadLists(b, benchCommunity(b)) })
	b.Run("PostgreSQL", func(b *testing.B) { threadLists(b, durable(b), "ANALYZE") })
}

func threadLists(b *testing.B, c *storetest.Community, also ...string) {
	for _, text := range append(manyThreads[:], also...) {
		storetest.Update(b, c.Store, func(tx *store.Tx) error { return tx.Corrupt(text) })
	}
	for name, filter := range map[string]store.ThreadFilter{
		"all": {Limit: 20}, "sub": {Limit: 20, Kind: parley.SubThread}, "following": {Limit: 20, Following: true}, "unread": {Limit: 20, Unread: true},
	} {
		for reader, v := range map[string]parley.Viewer{"Mina": c.Mina, "Finn": c.Finn} {
			b.Run(reader+"/"+name, func(b *testing.B) {
				for b.Loop() {
					storetest.Read(b, c.Store, func(s *store.Snapshot) ([]parley.Thread, error) { return s.Threads(v, filter) })
				}
			})
		}
	}
}

const upTo20000 = `WITH RECURSIVE n (i) AS (SELECT 101 UNION ALL SELECT i + 1 FROM n WHERE i < 20100) `

// manyThreads makes them, with two messages of Ada's each.
var manyThreads = [...]string{
	upTo20000 + `INSERT INTO threads (id, title, user_id, is_private, min_tier_cents, last_message_at, created_at)
		SELECT i, 'Thread ' || i, 1, 0, CASE WHEN i % 1000 = 0 THEN 0 ELSE 500 END, i, i FROM n`,
	upTo20000 + `INSERT INTO messages (id, thread_id, user_id, content, content_html, mentions, created_at)
		SELECT i, i, 1, 'hello', '', '[]', i FROM n`,
	upTo20000 + `INSERT INTO messages (id, thread_id, user_id, content, content_html, mentions, created_at)
		SELECT i + 30000, i, 1, 'hello again', '', '[]', i FROM n`,
	upTo20000 + `INSERT INTO read_positions (user_id, thread_id, message_id) SELECT 3, i, i + 30000 FROM n WHERE i > 101`,
	`INSERT INTO read_positions (user_id, thread_id, message_id) SELECT 3, id, 100 FROM threads WHERE id <= 4`,
	upTo20000 + `INSERT INTO follows (thread_id, user_id, new_message, mention, reply, created_at) SELECT i, 3, 1, 1, 1, 0 FROM n WHERE i % 2000 = 0`,
	upTo20000 + `INSERT INTO follows (thread_id, user_id, new_message, mention, reply, created_at) SELECT i, 4, 1, 1, 1, 0 FROM n`,
}
