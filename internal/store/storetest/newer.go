package storetest

import (
	"context"
	"database/sql"
	"errors"
)

// MakeNewer makes an SQLite database look as if a much later release had migrated
// it, beside which this one cannot work. It must not be open.
func MakeNewer(ctx context.Context, file string) (err error) {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `UPDATE meta SET value = '9999' WHERE name = 'compatible_from'`)
	return err
}
