package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"parley"
)

// sqliteReaders is the number of connections that read at a time. Readers never
// wait for the writer (WAL), and more than a few only compete for the cores.
const sqliteReaders = 8

// sqliteEngine is one SQLite file: a single writing connection, whose work is
// committed in groups, and a few reading ones.
type sqliteEngine struct {
	file    string
	writes  *sql.DB
	readers *readers
	group   *group
	timing  *timing
}

func (e *sqliteEngine) dialect() *dialect { return &sqliteDialect }

func (e *sqliteEngine) now() time.Time { return time.Now() }

// openSQLite opens the file, creating it if need be.
func openSQLite(ctx context.Context, file string, timing *timing) (*sqliteEngine, error) {
	if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("the folder %s does not exist: create it, or name another file with --db", filepath.Dir(file))
	}
	writes, err := sql.Open("sqlite", sqliteDSN(file, "_txlock=immediate"))
	if err != nil {
		return nil, err
	}
	writes.SetMaxOpenConns(1)
	reads, err := sql.Open("sqlite", sqliteDSN(file, "_query_only=1"))
	if err != nil {
		return nil, errors.Join(err, writes.Close())
	}
	e := &sqliteEngine{file: file, timing: timing, writes: writes, readers: newReaders(reads, sqliteReaders, timing)}
	if err := e.connect(ctx); err != nil {
		e.close()
		return nil, e.explain(err)
	}
	return e, nil
}

// sqliteDSN says how every connection to the file is set up. FULL makes a commit
// survive a power cut; group commit is what makes it affordable.
func sqliteDSN(file, more string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath()}).String() +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&" + more
}

// connect looks at the file. The first connection that opens it puts it into WAL
// mode, so the writer comes first.
func (e *sqliteEngine) connect(ctx context.Context) error {
	conn, err := e.writes.Conn(ctx)
	if err != nil {
		return err
	}
	// Opening is lazy: look at the file, so that what is wrong with it shows now.
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return errors.Join(err, conn.Close())
	}
	if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		return errors.Join(err, conn.Close())
	}
	if err := conn.Close(); err != nil {
		return err
	}
	c, err := e.readers.take(ctx)
	if err == nil {
		e.readers.put(c)
	}
	return err
}

// start begins to accept writes; it follows the migration, which needs the
// writing connection for itself.
func (e *sqliteEngine) start(ctx context.Context) error {
	conn, err := e.writes.Conn(ctx)
	if err != nil {
		return err
	}
	e.group = startGroup(newSQLiteConn(conn, e.timing))
	return nil
}

func (e *sqliteEngine) update(ctx context.Context, _ int64, fn func(context.Context, querier) (bool, error)) error {
	return e.group.do(ctx, fn)
}

func (e *sqliteEngine) view(ctx context.Context, _ []*statement, fn func(querier) error) error {
	c, err := e.readers.take(ctx)
	if err != nil {
		return err
	}
	defer e.readers.put(c)
	// Begun and ended whatever happens to ctx. A cancelled BEGIN may have begun,
	// and the connection would be of no use to anybody; a snapshot left open would
	// keep the write-ahead log from being checkpointed for ever.
	always := context.WithoutCancel(ctx)
	if err := c.exec(always, "BEGIN"); err != nil {
		return err
	}
	defer c.exec(always, "ROLLBACK")
	return fn(c)
}

// close waits for the writes and reads under way and closes the connections.
func (e *sqliteEngine) close() error {
	if e.group != nil {
		e.group.stop()
	}
	return errors.Join(e.readers.close(), e.writes.Close())
}

// retryWrites is how long clients are asked to wait when the database cannot be
// written.
const retryWrites = 5 * time.Second

// explain tells what a person can do about the failures that are not the
// program's: a locked, full, read-only or damaged file.
func (e *sqliteEngine) explain(err error) error {
	var failure *sqlite.Error
	if err == nil || !errors.As(err, &failure) {
		return err
	}
	message := ""
	switch failure.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		message = "The database is locked by another process: try again shortly."
	case sqlite3.SQLITE_FULL:
		message = "The database's disk is full: free some space, then try again."
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		message = "The database cannot be written: check the permissions of its file and folder."
	case sqlite3.SQLITE_CANTOPEN:
		message = "The database's file cannot be opened: check that it exists and may be read."
	case sqlite3.SQLITE_IOERR:
		message = "The database's disk failed: see the server's log."
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		message = "The database's file is damaged, or no database: restore a backup."
	default:
		return err
	}
	return &parley.Error{Kind: parley.Unavailable, Message: message, RetryAfter: retryWrites, Err: err}
}

// failedStatement reports whether err comes from a statement: SQLite may have
// ended the transaction by itself then.
func failedStatement(err error) bool {
	var failure *sqlite.Error
	return errors.As(err, &failure)
}

// sqliteConn is one connection and the statements prepared on it. Statements stay
// prepared as long as it is open: their texts must not vary without bound. It is
// for one goroutine at a time.
type sqliteConn struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
	timing     *timing
}

func newSQLiteConn(conn *sql.Conn, timing *timing) *sqliteConn {
	return &sqliteConn{conn: conn, statements: map[string]*sql.Stmt{}, timing: timing}
}

func (c *sqliteConn) prepare(text string) (*sql.Stmt, error) {
	if stmt, ok := c.statements[text]; ok {
		return stmt, nil
	}
	stmt, err := c.conn.PrepareContext(context.Background(), text)
	if err == nil {
		c.statements[text] = stmt
	}
	return stmt, err
}

// exec runs a statement that is about the transaction itself.
func (c *sqliteConn) exec(ctx context.Context, text string) error {
	stmt, err := c.begin(ctx, text)
	if err == nil {
		_, err = stmt.ExecContext(context.Background())
	}
	return err
}

// queue runs the statement: the database is in this process, and nothing would be
// gained by waiting.
//
// It refuses to begin when ctx has ended, but is not cut short by it. For a context
// that may end, the driver and database/sql start a goroutine each for every
// statement: that was half of what a short one costs, and all of ours are short.
func (c *sqliteConn) queue(ctx context.Context, s *statement) error {
	defer c.timing.ran(s.text, time.Now())
	stmt, err := c.begin(ctx, s.text)
	if err == nil && s.row == nil {
		err = change(stmt, s)
	} else if err == nil {
		err = query(stmt, s)
	}
	return inQuery(err, s.text)
}

func (c *sqliteConn) flush(context.Context) error { return nil }

func (c *sqliteConn) held() *held { return nil }

// begin returns the statement to run for a caller who still waits for it.
func (c *sqliteConn) begin(ctx context.Context, text string) (*sql.Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.prepare(text)
}

func change(stmt *sql.Stmt, s *statement) error {
	result, err := stmt.ExecContext(context.Background(), s.args...)
	if err == nil {
		s.changed, err = result.RowsAffected()
	}
	return err
}

func query(stmt *sql.Stmt, s *statement) error {
	rows, err := stmt.QueryContext(context.Background(), s.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := s.row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (c *sqliteConn) close() error {
	var errs []error
	for _, stmt := range c.statements {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, c.conn.Close())...)
}
