package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// ErrNewerSchema means that the database was migrated by a release that this
// one cannot work beside. Nothing was changed.
var ErrNewerSchema = errors.New("the database was made by a newer release of parley that this one cannot work beside: install that release, or restore a backup")

func (e *sqliteEngine) migrate(ctx context.Context, logger *slog.Logger) error {
	if err := e.explain(migrate(ctx, e.writes, e.dialect(), logger)); err != nil {
		return err
	}
	return e.start(ctx)
}

// migratePostgres migrates on a connection of its own, which may take its time.
// Servers that start together take turns: the first one migrates, the others find
// nothing left to do.
func migratePostgres(ctx context.Context, config *pgx.ConnConfig, logger *slog.Logger) error {
	config = config.Copy()
	for _, limit := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
		delete(config.RuntimeParams, limit)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	return migrate(ctx, db, &postgresDialect, logger, goose.WithSessionLocker(migrationLock{}))
}

// migrationLock lets one connection migrate at a time.
type migrationLock struct{}

const migrationLockID = 0x7061726c6579 // "parley"

// SessionLock waits for the lock; whoever holds it and dies loses it.
func (migrationLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, migrationLockID)
	return err
}

// SessionUnlock lets the next one migrate.
func (migrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, migrationLockID)
	return err
}

// migrate applies the migrations that are missing. A database that is ahead of
// this binary is left as it is, provided that its newest migrations bear older
// binaries.
func migrate(ctx context.Context, db *sql.DB, d *dialect, logger *slog.Logger, options ...goose.ProviderOption) error {
	files, err := fs.Sub(migrations, "migrations/"+d.migrations)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(d.goose, db, files, options...)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	known := sources[len(sources)-1].Version
	current, err := p.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	if current > known {
		oldest, err := compatibleFrom(ctx, db)
		if err == nil && oldest > known {
			err = ErrNewerSchema
		}
		return err
	}
	if current == known {
		return nil
	}
	started := time.Now()
	results, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate the schema from version %d to %d: %w", current, known, err)
	}
	if len(results) == 0 {
		return nil // another server was faster
	}
	logger.Info("schema migrated", "from", current, "to", known, "steps", len(results), "took", time.Since(started).Round(time.Millisecond))
	return nil
}

// compatibleFrom reads the oldest schema version whose binary works with this
// database.
func compatibleFrom(ctx context.Context, db *sql.DB) (version int64, err error) {
	err = db.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'compatible_from'`).Scan(&version)
	return version, err
}
