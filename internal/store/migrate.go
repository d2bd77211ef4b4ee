package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// ErrNewerSchema means that the database was migrated by a release that this
// one cannot work beside. Nothing was changed.
var ErrNewerSchema = errors.New("the database was made by a newer release of parley that this one cannot work beside: install that release, or restore a backup")

func (e *sqliteEngine) migrate(ctx context.Context, logger *slog.Logger) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, e.writes, files)
	if err != nil {
		return err
	}
	if err := e.explain(runMigrations(ctx, provider, e.compatibleFrom, logger)); err != nil {
		return err
	}
	return e.start(ctx)
}

// runMigrations applies what is missing. A database that is ahead of this binary
// is left as it is, provided that its newest migrations bear older binaries.
func runMigrations(ctx context.Context, p *goose.Provider, compatibleFrom func(context.Context) (int64, error), logger *slog.Logger) error {
	sources := p.ListSources()
	known := sources[len(sources)-1].Version
	current, err := p.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	if current > known {
		oldest, err := compatibleFrom(ctx)
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
	logger.Info("schema migrated", "from", current, "to", known, "steps", len(results), "took", time.Since(started).Round(time.Millisecond))
	return nil
}

// compatibleFrom reads the oldest schema version whose binary works with this
// database.
func (e *sqliteEngine) compatibleFrom(ctx context.Context) (version int64, err error) {
	err = e.writes.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'compatible_from'`).Scan(&version)
	return version, err
}
