package store

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"parley"
)

// Store is an open database. Its methods may be called concurrently.
type Store struct {
	engine     engine
	generation string
	now        func() time.Time
}

// engine is what differs between the databases beyond their SQL: how
// transactions are made, and what errors mean.
type engine interface {
	// dialect is what differs in their SQL.
	dialect() *dialect
	// now is the time by the clock that all who use the database share.
	now() time.Time
	// view runs fn on a read transaction, one snapshot for all it reads. ahead, if
	// any, is all that it is expected to read; if it reads more, it may be run again.
	view(ctx context.Context, ahead []*statement, fn func(querier) error) error
	// update runs fn on a write transaction and commits it if fn succeeds. fn
	// may be run again on a fresh one. It reports through its return value
	// whether it wrote anything. threadID is the one thread that it is about, 0 if it
	// is not about one.
	update(ctx context.Context, threadID int64, fn func(context.Context, querier) (wrote bool, err error)) error
	// migrate brings the schema to this binary's, or refuses.
	migrate(ctx context.Context, logger *slog.Logger) error
	// explain turns errors of the driver into what a person can act on.
	explain(err error) error
	close() error
}

// Options adjusts a Store; the zero value is right outside tests.
type Options struct {
	Now    func() time.Time // the clock; nil: the database's
	Logger *slog.Logger     // nil: slog.Default()

	// Patience is how long Open waits for a database server that cannot be reached.
	Patience time.Duration

	// Observe is told how long each statement took, reading its rows included, and
	// each commit. The queries have few names: what they do and the table they are
	// about, as in insert_messages. It may be called concurrently. nil: nobody is
	// told.
	Observe func(query string, took time.Duration)
}

// Open opens the database that dsn names: the address of a PostgreSQL database,
// postgres://user@host/name, or the path of an SQLite file, which is created if
// it is not there. It migrates the schema forwards; a database that this binary
// is too old for is refused with ErrNewerSchema and left alone.
func Open(ctx context.Context, dsn string, opts Options) (*Store, error) {
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	e, err := connect(ctx, dsn, opts)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", Name(dsn), err)
	}
	s := &Store{engine: e, now: opts.Now}
	if s.now == nil {
		s.now = e.now
	}
	if err = e.migrate(ctx, opts.Logger); err == nil {
		s.generation, err = s.loadGeneration(ctx)
	}
	if err == nil {
		err = s.fillSkeletons(ctx)
	}
	if err != nil {
		e.close()
		return nil, fmt.Errorf("database %s: %w", Name(dsn), err)
	}
	return s, nil
}

func connect(ctx context.Context, dsn string, opts Options) (engine, error) {
	timing := &timing{observe: opts.Observe}
	switch scheme, _, isURL := strings.Cut(dsn, "://"); {
	case !isURL:
		return openSQLite(ctx, dsn, timing)
	case scheme == "postgres" || scheme == "postgresql":
		return openPostgres(ctx, dsn, timing, opts)
	default:
		return nil, fmt.Errorf("there is no kind of database called %s: give postgres://… or the path of an SQLite file", scheme)
	}
}

// Name is a database's path or address as a person may see it, in a log or a
// message: without its password.
func Name(dsn string) string {
	scheme, _, isURL := strings.Cut(dsn, "://")
	if !isURL {
		return dsn
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return scheme + "://…"
	}
	u.RawQuery, u.Fragment = "", "" // the driver takes passwords from there too
	return u.Redacted()
}

// Close waits for the reads and writes under way and closes the database; it
// must not be called from within one. Whatever comes later is refused.
func (s *Store) Close() error { return s.engine.close() }

// Generation names this life of the database: restoring a backup changes it,
// and with it every event id given out before loses its meaning.
func (s *Store) Generation() string { return s.generation }

// Snapshot is a read transaction: everything read through it belongs to one
// state of the database. It is for one goroutine and one function call.
type Snapshot struct {
	ctx     context.Context
	q       querier
	now     parley.Time
	dialect *dialect
	held    *held // what a write transaction has locked; nil: this one locks nothing
}

// Now returns when the transaction began, by the clock that decides for this
// database.
func (s *Snapshot) Now() parley.Time { return s.now }

// View calls fn with a snapshot, which ends with the call.
func (s *Store) View(ctx context.Context, fn func(*Snapshot) error) error {
	return s.ViewAhead(ctx, func(*Snapshot) {}, fn)
}

// ViewAhead is View for what is read often, and is known before: reads names all
// of it by calling the methods that read it, and gets nothing from them. Where the
// database is on the other side of a network it takes one round trip. If fn reads
// something else after all it is called once more, to read everything anew.
func (s *Store) ViewAhead(ctx context.Context, reads func(*Snapshot), fn func(*Snapshot) error) error {
	var wanted wishes
	snapshot := Snapshot{ctx: ctx, q: &wanted, now: parley.At(s.now()), dialect: s.engine.dialect()}
	reads(&snapshot)
	err := s.engine.view(ctx, wanted.statements, func(q querier) error {
		snapshot.q = q
		return look(&snapshot, fn)
	})
	return s.engine.explain(err)
}

// look calls the function of a read. A panic in it is its error, as it is in a write: much
// is read on goroutines of the hub's own, and would end the process with all sockets.
func look(s *Snapshot, fn func(*Snapshot) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	return fn(s)
}

// Tx is a write transaction. What it appends to the log is committed with its
// changes, or not at all. It is for one goroutine and one function call.
type Tx struct {
	Snapshot
	events   []parley.Event
	wrote    bool
	promised bool  // a job
	key      int64 // the API key that acts; 0: none
}

// Update calls fn with a transaction and commits what it did unless it fails.
// It returns the events that were logged.
//
// fn may be called more than once, each time on a fresh transaction: it must
// have no effect outside of it but to set variables of its caller anew. The
// caller's ctx decides whether fn still starts; once it runs, it is finished.
// Concurrent calls may be committed together.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) ([]Logged, error) {
	return s.UpdateIn(ctx, 0, fn)
}

// UpdateIn is Update for a change within one thread. Those that come together are
// committed together, where each would have to wait for the one before it.
func (s *Store) UpdateIn(ctx context.Context, threadID int64, fn func(*Tx) error) ([]Logged, error) {
	var logged []Logged
	err := s.engine.update(ctx, threadID, func(ctx context.Context, q querier) (bool, error) {
		tx := &Tx{Snapshot: Snapshot{ctx: ctx, q: q, now: parley.At(s.now()), dialect: s.engine.dialect(), held: q.held()}}
		err := fn(tx)
		if err == nil {
			logged, err = tx.log()
		}
		return tx.wrote, err
	})
	if err != nil {
		return nil, s.engine.explain(err)
	}
	return logged, nil
}
