package store

import (
	"database/sql"
	"strings"

	"parley"
)

const selectKeys = `SELECT k.id, k.public_id, k.name, k.scopes, u.id, u.display_name, k.created_at, k.expires_at, k.last_used_at
	FROM api_keys k JOIN users u ON u.id = k.made_by WHERE k.revoked_at IS NULL`

func scanKey(row scanner) (k parley.APIKey, err error) {
	var scopes string
	var expires, used sql.Null[parley.Time]
	err = row.Scan(&k.ID, &k.PublicID, &k.Name, &scopes, &k.MadeBy.ID, &k.MadeBy.Username, &k.CreatedAt, &expires, &used)
	k.ExpiresAt, k.LastUsedAt = pointer(expires), pointer(used)
	for _, scope := range strings.Fields(scopes) {
		k.Scopes = append(k.Scopes, parley.Scope(scope))
	}
	return k, err
}

// KeyByHash returns the API key with this hash, unless it has expired or was
// revoked.
func (s *Snapshot) KeyByHash(hash []byte) (parley.APIKey, bool, error) {
	return one(s, scanKey, selectKeys+` AND k.hash = $1 AND (k.expires_at IS NULL OR k.expires_at > $2)`, hash, s.now)
}

// Key returns the API key with an id, unless it has expired or was revoked. A
// transaction that goes by it runs Alone, as those do that revoke keys.
func (s *Snapshot) Key(id int64) (parley.APIKey, bool, error) {
	args := arguments{}
	where := ` AND k.id = ` + args.id(id) + ` AND (k.expires_at IS NULL OR k.expires_at > ` + args.add(s.now) + `)`
	return one(s, scanKey, selectKeys+where, args...)
}

// Keys returns up to limit API keys that were not revoked, the newest first.
func (s *Snapshot) Keys(limit int) ([]parley.APIKey, error) {
	return list(s, scanKey, selectKeys+` ORDER BY k.id DESC LIMIT $1`, limit)
}

// CreateKey adds an API key with this hash and returns its id; k.ID and k.CreatedAt
// are not read.
func (tx *Tx) CreateKey(k parley.APIKey, hash []byte) (int64, error) {
	scopes := make([]string, len(k.Scopes))
	for i, scope := range k.Scopes {
		scopes[i] = string(scope)
	}
	return tx.insert(`INSERT INTO api_keys (public_id, hash, name, scopes, made_by, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		k.PublicID, hash, k.Name, strings.Join(scopes, " "), k.MadeBy.ID, tx.now, k.ExpiresAt)
}

// RevokeKey ends what an API key may do, and returns it; false if it was revoked
// before.
func (tx *Tx) RevokeKey(id int64) (parley.APIKey, bool, error) {
	args := arguments{}
	key, found, err := one(&tx.Snapshot, scanKey, selectKeys+` AND k.id = `+args.id(id), args...)
	if err == nil && found {
		err = tx.write(`UPDATE api_keys SET revoked_at = $2 WHERE id = $1`, id, tx.now)
	}
	return key, found, err
}

// TouchKey notes that an API key was used now, unless that was noted after the time
// given.
func (tx *Tx) TouchKey(id int64, since parley.Time) error {
	return tx.write(`UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)`, id, tx.now, since)
}
