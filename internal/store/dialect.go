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

	search searching
}

var sqliteDialect = dialect{
	goose:      goose.DialectSQLite3,
	migrations: "sqlite",
	cursor:     `SELECT coalesce(max(id), 0) + 1 FROM events`,
	since:      `id >= $1`,
	ordered:    true,
	search:     fts5{},
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
}
