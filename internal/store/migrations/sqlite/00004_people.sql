-- +goose Up

-- The name that somebody wants to be known by, in use or not; whom others see is display_name alone.
ALTER TABLE users ADD COLUMN alias TEXT;
ALTER TABLE users ADD COLUMN alias_fold TEXT;
ALTER TABLE users ADD COLUMN alias_skeleton TEXT; -- equal for names that look alike, see package names
ALTER TABLE users ADD COLUMN uses_alias INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN username_skeleton TEXT; -- NULL: written by an older release, filled in when the database is opened
ALTER TABLE users ADD COLUMN display_name TEXT
    GENERATED ALWAYS AS (CASE WHEN uses_alias = 1 AND alias IS NOT NULL THEN alias ELSE username END) VIRTUAL;
ALTER TABLE users ADD COLUMN display_fold TEXT
    GENERATED ALWAYS AS (CASE WHEN uses_alias = 1 AND alias IS NOT NULL THEN alias_fold ELSE username_fold END) VIRTUAL;
CREATE UNIQUE INDEX users_by_alias ON users (alias_skeleton) WHERE alias_skeleton IS NOT NULL;
CREATE INDEX users_by_display ON users (display_fold);
CREATE INDEX users_by_skeleton ON users (username_skeleton);

-- What people set for themselves; who set nothing has no row.
CREATE TABLE user_settings (
    user_id           INTEGER PRIMARY KEY REFERENCES users (id),
    quick_reply       INTEGER NOT NULL,
    quick_mentions    INTEGER NOT NULL,
    quick_replies     INTEGER NOT NULL,
    dismiss_seconds   INTEGER NOT NULL,
    sound             INTEGER NOT NULL,
    position          TEXT NOT NULL,
    show_online       INTEGER NOT NULL,
    direct_mentions   INTEGER NOT NULL,
    everyone_mentions INTEGER NOT NULL
) STRICT;
CREATE INDEX user_settings_without_everyone ON user_settings (user_id) WHERE everyone_mentions = 0;

-- Threads that somebody wants to hear nothing of.
CREATE TABLE thread_mutes (
    thread_id INTEGER NOT NULL REFERENCES threads (id),
    user_id   INTEGER NOT NULL REFERENCES users (id),
    until     INTEGER NOT NULL, -- the largest number: for ever
    PRIMARY KEY (thread_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX thread_mutes_by_end ON thread_mutes (until);

CREATE INDEX threads_by_author ON threads (user_id, id) WHERE deleted_at IS NULL;
CREATE INDEX messages_by_user ON messages (user_id, id) WHERE deleted_at IS NULL;
CREATE INDEX messages_by_time ON messages (created_at) WHERE deleted_at IS NULL;
