package store

import (
	"bytes"
	"time"

	"parley"
)

// idempotencyRetention is how long a key stands for its first result.
const idempotencyRetention = 24 * time.Hour

// errKeyReused tells a client that its key is not unique.
var errKeyReused = &parley.Error{
	Kind:    parley.Unprocessable,
	Message: "This Idempotency-Key was used before for a different request: use a new key for every new request.",
	Fields:  []parley.FieldError{{Location: "header.Idempotency-Key", Message: "was used before for a different request"}},
}

// Repeated looks an idempotency key up. If userID used it within the retention
// for a request with the same fingerprint, it returns the id of what that
// request created; a different fingerprint is an error.
func (s *Snapshot) Repeated(userID int64, key string, fingerprint []byte) (resultID int64, found bool, err error) {
	type use struct {
		fingerprint []byte
		result      int64
	}
	u, found, err := one(s, func(row scanner) (u use, err error) {
		err = row.Scan(&u.fingerprint, &u.result)
		return u, err
	}, `SELECT fingerprint, result_id FROM idempotency_keys WHERE user_id = $1 AND key = $2 AND created_at > $3`,
		userID, key, s.now.Add(-idempotencyRetention))
	if found && !bytes.Equal(u.fingerprint, fingerprint) {
		return 0, false, errKeyReused
	}
	return u.result, found, err
}

// Remember stores what a request with an idempotency key created. Of two requests
// with one key that did not find each other, as they reached different servers at
// the same time, the second one waits here for the first, fails (a result cannot be
// NULL), and is run again: it finds what the first one made.
func (tx *Tx) Remember(userID int64, key string, fingerprint []byte, resultID int64) error {
	return tx.write(`INSERT INTO idempotency_keys (user_id, key, fingerprint, result_id, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id, key) DO UPDATE
		SET fingerprint = excluded.fingerprint, created_at = excluded.created_at,
			result_id = CASE WHEN idempotency_keys.created_at <= $6 THEN excluded.result_id END`,
		userID, key, fingerprint, resultID, tx.now, tx.now.Add(-idempotencyRetention))
}

// PruneIdempotencyKeys deletes the keys that no longer count.
func (tx *Tx) PruneIdempotencyKeys() error {
	return tx.write(`DELETE FROM idempotency_keys WHERE created_at <= $1`, tx.now.Add(-idempotencyRetention))
}
