-- +goose Up

-- What machines act by in the administration. A revoked key stays: the audit log names it.
CREATE TABLE api_keys (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id    TEXT NOT NULL UNIQUE, -- the part of the key that may be shown
    hash         BLOB NOT NULL UNIQUE, -- SHA-256 of the whole key, which is kept nowhere
    name         TEXT NOT NULL,
    scopes       TEXT NOT NULL,        -- parley.Scope, separated by spaces
    made_by      INTEGER NOT NULL REFERENCES users (id),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,              -- NULL: never
    last_used_at INTEGER,              -- to about a minute; NULL: never
    revoked_at   INTEGER
) STRICT;
CREATE INDEX api_keys_in_use ON api_keys (id) WHERE revoked_at IS NULL;

ALTER TABLE audit_log ADD COLUMN key_id INTEGER REFERENCES api_keys (id); -- NULL: no key did it
CREATE INDEX audit_by_key ON audit_log (key_id, id) WHERE key_id IS NOT NULL;

-- Who somebody is in the app whose members are synchronised.
ALTER TABLE users ADD COLUMN external_id TEXT;
CREATE UNIQUE INDEX users_by_external_id ON users (external_id) WHERE external_id IS NOT NULL;
