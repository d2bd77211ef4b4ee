package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// postgresConns is the number of connections at most, unless the address says
	// otherwise (pool_max_conns): enough for two cores to be busy while commits wait
	// for the disk, and few enough for several servers within PostgreSQL's usual 100.
	postgresConns = 20
	// connLifetime is how long a connection is used: after a server moved, or another
	// one joined, connections follow.
	connLifetime = 30 * time.Minute

	connectTimeout     = 5 * time.Second
	acquireTimeout     = 5 * time.Second  // until one of the connections is free
	transactionTimeout = 15 * time.Second // by our clock, if the server is silent
)

// postgresSettings are those of every connection, unless the address sets them.
// Nobody may wait for long behind a statement that got stuck, or a server that
// froze within a transaction.
var postgresSettings = map[string]string{
	"application_name":                    "parley",
	"statement_timeout":                   "10s",
	"lock_timeout":                        "5s",
	"idle_in_transaction_session_timeout": "10s",
	"jit":                                 "off", // costs more than it saves for queries of milliseconds
}

// postgresEngine is a PostgreSQL database that other servers may use as well.
type postgresEngine struct {
	pool   *pgxpool.Pool
	config *pgxpool.Config
	timing *timing
	lanes  lanes

	ahead atomic.Int64 // nanoseconds that the database's clock is ahead of ours
	lost  atomic.Int64 // when a connection was lost last; older ones are tried before they are used
}

// openPostgres connects to the server, for which it waits as long as
// opts.Patience.
func openPostgres(ctx context.Context, dsn string, timing *timing, opts Options) (*postgresEngine, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	e := &postgresEngine{config: config, timing: timing}
	e.configure(config, dsn)
	if e.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	if err := e.await(ctx, opts); err != nil {
		e.pool.Close()
		return nil, e.explain(atStart(err))
	}
	return e, nil
}

// configure sets what the address leaves open.
func (e *postgresEngine) configure(config *pgxpool.Config, dsn string) {
	if !strings.Contains(dsn, "pool_max_conns=") {
		config.MaxConns = postgresConns
	}
	if !strings.Contains(dsn, "pool_max_conn_lifetime=") {
		config.MaxConnLifetime = connLifetime
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	for name, value := range postgresSettings {
		if _, set := config.ConnConfig.RuntimeParams[name]; !set {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	config.AfterConnect = e.greet
	config.ShouldPing = e.doubtful
}

// await connects, trying for as long as opts.Patience to reach a server that does
// not answer. One that answers and refuses is not asked again, nor one whose TLS is not
// what the address asks for.
func (e *postgresEngine) await(ctx context.Context, opts Options) error {
	const pause, telling = 500 * time.Millisecond, 5 * time.Second
	began := time.Now()
	told := began.Add(-telling)
	for {
		err := e.pool.Ping(ctx)
		if err == nil || !unreachable(err) || withoutTLS(err) || time.Since(began) >= opts.Patience {
			return err
		}
		if time.Since(told) >= telling {
			told = time.Now()
			opts.Logger.Warn("waiting for the database", "for_at_most", (opts.Patience - time.Since(began)).Round(time.Second), "error", reason(err))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// greet prepares a new connection, and compares the clocks.
func (e *postgresEngine) greet(ctx context.Context, conn *pgx.Conn) error {
	// Columns that are 0 or 1 are read as what they mean, as on SQLite.
	types := conn.TypeMap()
	types.TryWrapScanPlanFuncs = append([]pgtype.TryWrapScanPlanFunc{scanFlag}, types.TryWrapScanPlanFuncs...)
	e.trust(conn)
	asked := time.Now()
	var micros int64
	err := conn.QueryRow(ctx, `SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)`).Scan(&micros)
	if err != nil {
		return err
	}
	between := asked.Add(time.Since(asked) / 2)
	e.ahead.Store(int64(time.UnixMicro(micros).Sub(between)))
	return nil
}

// now is the database's time: whichever server notes it, it is the same.
func (e *postgresEngine) now() time.Time { return time.Now().Add(time.Duration(e.ahead.Load())) }

func (e *postgresEngine) dialect() *dialect { return &postgresDialect }

// trusted is the name under which a connection notes when it was last known to
// live.
const trusted = "parley.trusted"

func (e *postgresEngine) trust(conn *pgx.Conn) { conn.PgConn().CustomData()[trusted] = time.Now() }

// doubtful reports whether a connection is to be tried before it is used: when
// another one was lost, this one may have been lost with it.
func (e *postgresEngine) doubtful(_ context.Context, p pgxpool.ShouldPingParams) bool {
	since, _ := p.Conn.PgConn().CustomData()[trusted].(time.Time)
	if since.UnixNano() > e.lost.Load() {
		return p.IdleDuration > time.Minute
	}
	e.trust(p.Conn)
	return true
}

// noteLoss notes that a connection was lost, if that is what err is.
func (e *postgresEngine) noteLoss(err error) {
	if unreachable(err) {
		e.lost.Store(time.Now().UnixNano())
	}
}

// acquire returns a connection. While the server is frozen those who wait for one are
// told so, instead of standing in a line that does not move.
func (e *postgresEngine) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	conn, err := e.pool.Acquire(ctx)
	if err != nil && e.closed(err) {
		err = errClosed
	}
	return conn, err
}

// within bounds what a transaction may take. A caller who gives up is heeded
// between statements: to give up within one would cost the connection.
func within(ctx context.Context) (context.Context, context.CancelFunc) {
	end := time.Now().Add(transactionTimeout)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	return context.WithDeadline(context.WithoutCancel(ctx), end)
}

func (e *postgresEngine) view(ctx context.Context, ahead []*statement, fn func(querier) error) error {
	if len(ahead) > 0 {
		if err := e.viewAhead(ctx, ahead, fn); !errors.Is(err, errNotAhead) {
			return err
		}
	}
	t, err := e.begin(ctx, readOnly)
	if err != nil {
		return err
	}
	defer t.end()
	return fn(t)
}

// viewAhead runs fn on what some statements read. They are a transaction and a round
// trip, and one by itself needs no BEGIN.
func (e *postgresEngine) viewAhead(ctx context.Context, statements []*statement, fn func(querier) error) error {
	t, err := e.begin(ctx, readOnly)
	if err != nil {
		return err
	}
	defer t.end()
	statements, read := t.fetch(statements)
	if len(statements) == 1 {
		t.begin = ""
	} else {
		statements = append(statements, &statement{text: rollback})
	}
	t.queued = statements
	if err := t.flush(ctx); err != nil {
		return err
	}
	return fn(&read)
}

const (
	// maxAttempts bounds how often a transaction runs that others got in the way of.
	maxAttempts = 10
	// maxReconnects bounds how often it runs because its connection was lost.
	maxReconnects = 2
)

func (e *postgresEngine) update(ctx context.Context, threadID int64, fn func(context.Context, querier) (bool, error)) error {
	if threadID == 0 {
		return e.updateAlone(ctx, fn)
	}
	w := &write{ctx: ctx, fn: fn, threadID: threadID}
	return e.lanes.of(threadID).do(w, e.updateTogether)
}

// updateAlone runs a write in a transaction of its own, several times if it has to.
func (e *postgresEngine) updateAlone(ctx context.Context, fn func(context.Context, querier) (bool, error)) error {
	lost := 0
	for attempt := 1; ; attempt++ {
		err := e.attempt(ctx, fn)
		switch {
		case err == nil || attempt == maxAttempts:
			return err
		case inTheWay(err):
			// Not all at once again.
			time.Sleep(time.Duration(rand.Int64N(int64(attempt) * int64(2*time.Millisecond))))
		case lostConnection(err) && lost < maxReconnects:
			lost++
		default:
			return err
		}
	}
}

// attempt runs a write transaction once. If it returns an error, nothing was
// changed, unless it is errUnknown.
func (e *postgresEngine) attempt(ctx context.Context, fn func(context.Context, querier) (bool, error)) error {
	t, err := e.begin(ctx, readCommitted)
	if err != nil {
		return err
	}
	defer t.end()
	w := newWriter(t)
	w.await = func() { w.hand(); _ = t.flush(t.limit) }
	wrote, err := run(t.limit, w, fn)
	if err != nil {
		return err
	}
	w.hand()
	return t.commit(wrote)
}

// close waits for the reads and writes under way.
func (e *postgresEngine) close() error {
	e.pool.Close()
	return nil
}

func (e *postgresEngine) migrate(ctx context.Context, logger *slog.Logger) error {
	return e.explain(migratePostgres(ctx, e.config.ConnConfig, logger))
}

// reason is why the server could not be reached, in a few words. Each address is tried
// twice where TLS is not asked for, and fails twice for the same.
func reason(err error) string {
	var failed *pgconn.ConnectError
	if errors.As(err, &failed) {
		err = failed.Unwrap()
	}
	return strings.Join(slices.Compact(strings.Split(fmt.Sprint(err), "\n")), "; ")
}
