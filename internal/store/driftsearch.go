package store

// What is deleted is in no index of words, everything else is. Whether the words
// themselves are right SQLite alone could tell, and only of an index that holds what
// is deleted, too.
var (
	fts5Messages = Counter{
		name: "message_search", walked: "messages",
		find: `SELECT x.id, 0, d.id IS NOT NULL, x.deleted_at IS NULL FROM messages x LEFT JOIN message_search_docsize d ON d.id = x.id
			WHERE x.id > $1 AND x.id <= $2 AND (x.deleted_at IS NULL) <> (d.id IS NOT NULL)`,
		says: "whether message %[1]d can be found by its words is %[3]d, and should be %[4]d",
		fix: func(tx *Tx, d Drift) error {
			if d.there == 0 {
				return tx.write(`INSERT INTO message_search (message_search, rowid, content)
					SELECT 'delete', id, content FROM messages WHERE id = $1 AND deleted_at IS NOT NULL`, d.id)
			}
			return tx.write(`INSERT INTO message_search (rowid, content) SELECT id, content FROM messages WHERE id = $1 AND deleted_at IS NULL`, d.id)
		},
	}
	fts5Threads = Counter{
		name: "thread_search", walked: "threads",
		find: `SELECT x.id, 0, 0, 1 FROM threads x LEFT JOIN thread_search_docsize d ON d.id = x.id
			WHERE x.id > $1 AND x.id <= $2 AND d.id IS NULL`,
		says: "thread %[1]d cannot be found by its title",
		fix: func(tx *Tx, d Drift) error {
			return tx.write(`INSERT INTO thread_search (rowid, title) SELECT id, title FROM threads WHERE id = $1`, d.id)
		},
	}
)
