-- +goose Up

-- When everyone was mentioned, for limits and statistics.
CREATE TABLE everyone_uses (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id       INTEGER NOT NULL REFERENCES users (id),
    thread_id     INTEGER NOT NULL REFERENCES threads (id),
    message_id    INTEGER NOT NULL REFERENCES messages (id),
    notifications INTEGER NOT NULL, -- people notified, as of the commit
    created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX everyone_uses_by_user ON everyone_uses (user_id, created_at);
CREATE INDEX everyone_uses_by_time ON everyone_uses (created_at);

-- Mentions of everyone that wait for a creator.
CREATE TABLE everyone_pending (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    message_id INTEGER NOT NULL UNIQUE REFERENCES messages (id),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX everyone_pending_by_user ON everyone_pending (user_id, created_at);

-- Who may not mention everyone, or less often than others.
CREATE TABLE everyone_restrictions (
    user_id       INTEGER PRIMARY KEY REFERENCES users (id),
    reason        TEXT NOT NULL,
    until         INTEGER, -- NULL: until it is taken back
    rate_limit    INTEGER, -- NULL: not at all
    violations    INTEGER NOT NULL DEFAULT 0,
    restricted_by INTEGER NOT NULL REFERENCES users (id),
    created_at    INTEGER NOT NULL
) STRICT;
