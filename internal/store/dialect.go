package store

import "github.com/pressly/goose/v3"

// dialect is what differs between the databases in SQL.
type dialect struct {
	goose      goose.Dialect
	migrations string // the folder of its migrations

	// operations is set where each change leaves its name, see operation.
	operations bool

	// cursor selects the position in the log, over all channels, from which a later
	// look at it has to read on; since is the condition on what is found there. The
	// two only have to agree with each other.
	cursor, since string
	// ordered says that rows of the log become visible in the order of their
	// positions: where the cursor has not moved, nothing is new.
	ordered bool
	// here is the position for something that is no event but is followed like one, and
	// position a parameter that is compared with it.
	here, position string

	// logs writes an event with the next number of its channel; "": two statements do.
	logs string

	// nextMessage selects the id of the message that is inserted next; "": the
	// insertion tells it, which costs nothing where no network is in between.
	nextMessage string

	search searching

	// mentions lists those of a message m as rows e, which have JSON in their value.
	mentions string

	// counters are those that only this database keeps.
	counters []Counter

	// countID is a statement that takes the next id of the notifications for something
	// else, empty if nextID does so; nextID is the expression for it.
	countID, nextID string
}

var sqliteDialect = dialect{
	goose:      goose.DialectSQLite3,
	migrations: "sqlite",
	cursor:     `SELECT coalesce(max(id), 0) + 1 FROM events`,
	since:      `id >= $1`,
	ordered:    true,
	search:     fts5{},
	mentions:   `json_each(m.mentions) e`,
	countID:    `UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'notifications'`,
	counters:   []Counter{fts5Messages, fts5Threads},
	nextID:     `(SELECT seq FROM sqlite_sequence WHERE name = 'notifications')`,
	here:       `(SELECT coalesce(max(id), 0) + 1 FROM events)`,
	position:   `$1`,
}

// On PostgreSQL rows become visible in another order than they are written in.
// Whatever was not visible to a snapshot was written by a transaction that was
// still under way, or had not begun: one with a number from xmin on. Some are seen
// twice, which does no harm.
var postgresDialect = dialect{
	goose:      goose.DialectPostgres,
	migrations: "postgres",
	operations: true,
	cursor:     `SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)`,
	since:      `txid >= CAST($1 AS xid8)`,
	search:     tsvector{},
	nextID:     `nextval('notifications_id_seq')`,
	// The control channel's head may be older than the channel's lock here, and is looked
	// at again before the commit, see postgresTx.catchUp.
	logs: `WITH numbered AS (` + nextNumber + ` RETURNING head)
		INSERT INTO events (channel, seq, control, kind, refs, created_at)
		SELECT $1, head, CASE WHEN $1 = $2 THEN head ELSE coalesce((SELECT head FROM channels WHERE name = $2), 0) END, $3, $4, $5
		FROM numbered RETURNING seq, control`,
	mentions: `json_array_elements(cast(m.mentions AS json)) e (value)`,
	here:     `pg_current_xact_id()`,
	position: `CAST($1 AS xid8)`,

	nextMessage: `SELECT nextval('messages_id_seq')`,
}
