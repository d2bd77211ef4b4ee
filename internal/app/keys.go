package app

import (
	"context"
	"fmt"
	"time"

	"parley"
	"parley/internal/auth"
	"parley/internal/store"
)

const (
	// keyNoted is how much later than the last time a key's use is noted again: noting
	// it is a write, and every request is a use.
	keyNoted = time.Minute
	// maxKeys bounds how many keys there are, so that somebody can still look through them.
	maxKeys = 100
)

// errWrongKey tells alike what is no key, what never was one, and what is one no
// longer.
var errWrongKey = parley.Errorf(parley.Unauthenticated, "This API key is unknown, has expired or was revoked.")

// errNotForKeys keeps keys from making others, or they could not be revoked.
var errNotForKeys = parley.Errorf(parley.Forbidden, "API keys may not do this: a creator has to sign in.")

// AuthenticateKey returns the principal that an API key stands for, and notes its use
// once in a while. Wrong keys are a parley.Unauthenticated, or a parley.RateLimited
// when too many come from a client's address.
func (a *App) AuthenticateKey(ctx context.Context, token string, c Client) (Principal, error) {
	var key parley.APIKey
	var now parley.Time
	found := false
	if auth.IsKey(token) {
		err := a.store.View(ctx, func(s *store.Snapshot) (err error) {
			now = s.Now()
			key, found, err = s.KeyByHash(auth.HashToken(token))
			return err
		})
		if err != nil {
			return Principal{}, err
		}
	}
	if !found {
		if err := a.attempts.WrongKey(ctx, c.Address); err != nil {
			return Principal{}, err
		}
		return Principal{}, errWrongKey
	}
	if key.LastUsedAt == nil || *key.LastUsedAt <= now.Add(-keyNoted) {
		a.noteKeyUse(ctx, key)
	}
	return Principal{Key: key}, nil
}

// noteKeyUse notes that a key was used. It does not matter to the request whether it
// can.
func (a *App) noteKeyUse(ctx context.Context, key parley.APIKey) {
	err := a.update(ctx, func(tx *store.Tx) error { return tx.TouchKey(key.ID, tx.Now().Add(-keyNoted)) })
	if err != nil {
		a.warn(ctx, err, "an API key's use was not noted", "key", key.ID)
	}
}

// holdingKey returns the key that acts, if it still holds.
func holdingKey(s *store.Snapshot, id int64) (parley.APIKey, error) {
	key, found, err := s.Key(id)
	if err == nil && !found {
		err = errWrongKey
	}
	return key, err
}

// byKey runs fn in a transaction in which an API key acts that still holds.
func (a *App) byKey(ctx context.Context, v parley.Viewer, fn func(*store.Tx, parley.Viewer) error) error {
	return a.update(ctx, func(tx *store.Tx) error {
		if err := tx.Alone(); err != nil {
			return err
		}
		if _, err := holdingKey(&tx.Snapshot, v.KeyID); err != nil {
			return err
		}
		tx.ActBy(v.KeyID)
		return fn(tx, v)
	})
}

// createAsAdministrator is administrate for what creates something, once for each
// idempotency key.
func (a *App) createAsAdministrator(ctx context.Context, v parley.Viewer, idem Idempotency, fn func(*store.Tx, parley.Viewer) (int64, error)) (id int64, err error) {
	err = a.administrate(ctx, v, func(tx *store.Tx, v parley.Viewer) error {
		actor, own := v.ID, idem
		if v.KeyID != 0 && idem.Key != "" { // kept with its maker's, apart from them
			key, err := holdingKey(&tx.Snapshot, v.KeyID)
			if err != nil {
				return err
			}
			actor, own.Key = key.MadeBy.ID, fmt.Sprintf("key %d: %s", key.ID, idem.Key)
		}
		id, _, err = once(tx, actor, own, func() (int64, error) { return fn(tx, v) })
		return err
	})
	return id, err
}

// NewKey is an API key that a creator wants.
type NewKey struct {
	Name      string
	Scopes    []parley.Scope
	ExpiresAt *parley.Time // nil: never
}

// CreatedKey is an API key that was made just now.
type CreatedKey struct {
	parley.APIKey
	Key *string `json:"key" doc:"Send it as Authorization: Bearer. It is shown this once; null where a repeated request (Idempotency-Key) finds it made: revoke it and make another one." example:"parley_k3v7q2mdr5xw4hfa_…"`
}

// Keys returns the API keys that were not revoked to a creator, the newest first.
func (a *App) Keys(ctx context.Context, v parley.Viewer) (keys []parley.APIKey, err error) {
	if v.KeyID != 0 {
		return nil, errNotForKeys
	}
	err = a.inspect(ctx, v, func(s *store.Snapshot) error {
		keys, err = s.Keys(maxKeys)
		return err
	})
	return keys, err
}

// CreateKey makes an API key.
func (a *App) CreateKey(ctx context.Context, v parley.Viewer, in NewKey, idem Idempotency) (made CreatedKey, err error) {
	if v.KeyID != 0 {
		return made, errNotForKeys
	}
	token, publicID := auth.NewKey()
	id, err := a.createAsAdministrator(ctx, v, idem, func(tx *store.Tx, v parley.Viewer) (int64, error) {
		name, scopes, err := parley.CheckAPIKey(in.Name, in.Scopes)
		if err != nil {
			return 0, err
		}
		if in.ExpiresAt != nil && *in.ExpiresAt <= tx.Now() {
			return 0, parley.InvalidField("expires_at", "must be in the future")
		}
		if there, err := tx.Keys(maxKeys); err != nil {
			return 0, err
		} else if len(there) == maxKeys {
			return 0, parley.Errorf(parley.Conflict, "There are %d API keys already: revoke those that are not used.", maxKeys)
		}
		key := parley.APIKey{PublicID: publicID, Name: name, Scopes: scopes, MadeBy: parley.PersonRef{ID: v.ID}, ExpiresAt: in.ExpiresAt}
		id, err := tx.CreateKey(key, auth.HashToken(token))
		if err != nil {
			return 0, err
		}
		return id, tx.Audit(v.ID, parley.ActKeyCreated, id, nil, auditedKey(key))
	})
	if err != nil {
		return made, err
	}
	err = a.inspect(ctx, v, func(s *store.Snapshot) error {
		var found bool
		if made.APIKey, found, err = s.Key(id); err == nil && !found {
			err = parley.Errorf(parley.Conflict, "The key that this request made was revoked, or has expired.")
		}
		return err
	})
	if made.PublicID == publicID {
		made.Key = &token
	}
	return made, err
}

// RevokeKey ends what an API key may do, on all replicas with their next request.
func (a *App) RevokeKey(ctx context.Context, v parley.Viewer, id int64) error {
	if v.KeyID != 0 {
		return errNotForKeys
	}
	return a.administrate(ctx, v, func(tx *store.Tx, v parley.Viewer) error {
		key, found, err := tx.RevokeKey(id)
		if err != nil {
			return err
		}
		if !found {
			return parley.Errorf(parley.NotFound, "There is no such API key: it may have been revoked already.")
		}
		return tx.Audit(v.ID, parley.ActKeyRevoked, id, auditedKey(key), nil)
	})
}

// auditKey is what the audit log keeps of an API key.
type auditKey struct {
	Name      string         `json:"name"`
	PublicID  string         `json:"public_id"`
	Scopes    []parley.Scope `json:"scopes"`
	ExpiresAt *parley.Time   `json:"expires_at,omitempty"`
}

func auditedKey(k parley.APIKey) auditKey {
	return auditKey{k.Name, k.PublicID, k.Scopes, k.ExpiresAt}
}
