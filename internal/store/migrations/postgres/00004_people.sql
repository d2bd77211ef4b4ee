-- +goose Up

-- The name that somebody wants to be known by, in use or not; whom others see is display_name alone.
ALTER TABLE users ADD COLUMN alias TEXT;
ALTER TABLE users ADD COLUMN alias_fold TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN alias_skeleton TEXT COLLATE "C"; -- equal for names that look alike, see package names
ALTER TABLE users ADD COLUMN uses_alias SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN username_skeleton TEXT COLLATE "C"; -- NULL: written by an older release, filled in when the database is opened
ALTER TABLE users ADD COLUMN display_name TEXT
    GENERATED ALWAYS AS (CASE WHEN uses_alias = 1 AND alias IS NOT NULL THEN alias ELSE username END) STORED;
ALTER TABLE users ADD COLUMN display_fold TEXT COLLATE "C"
    GENERATED ALWAYS AS (CASE WHEN uses_alias = 1 AND alias IS NOT NULL THEN alias_fold ELSE username_fold END) STORED;
CREATE UNIQUE INDEX users_by_alias ON users (alias_skeleton) WHERE alias_skeleton IS NOT NULL;
CREATE INDEX users_by_display ON users (display_fold);
CREATE INDEX users_by_skeleton ON users (username_skeleton);

-- What people set for themselves; who set nothing has no row.
CREATE TABLE user_settings (
    user_id           BIGINT PRIMARY KEY REFERENCES users (id),
    quick_reply       SMALLINT NOT NULL,
    quick_mentions    SMALLINT NOT NULL,
    quick_replies     SMALLINT NOT NULL,
    dismiss_seconds   BIGINT NOT NULL,
    sound             SMALLINT NOT NULL,
    position          TEXT NOT NULL,
    show_online       SMALLINT NOT NULL,
    direct_mentions   SMALLINT NOT NULL,
    everyone_mentions SMALLINT NOT NULL
);
CREATE INDEX user_settings_without_everyone ON user_settings (user_id) WHERE everyone_mentions = 0;

-- Threads that somebody wants to hear nothing of.
CREATE TABLE thread_mutes (
    thread_id BIGINT NOT NULL REFERENCES threads (id),
    user_id   BIGINT NOT NULL REFERENCES users (id),
    until     BIGINT NOT NULL, -- the largest number: for ever
    PRIMARY KEY (thread_id, user_id)
);
CREATE INDEX thread_mutes_by_end ON thread_mutes (until);

CREATE INDEX threads_by_author ON threads (user_id, id) WHERE deleted_at IS NULL;
CREATE INDEX messages_by_user ON messages (user_id, id) WHERE deleted_at IS NULL;
CREATE INDEX messages_by_time ON messages (created_at) WHERE deleted_at IS NULL;
