-- +goose Up

-- Who may not write, or not come in, until a time; the largest number: until it is taken back, 0: they may.
ALTER TABLE users ADD COLUMN silenced_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN silence_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN suspended_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN suspension_reason TEXT NOT NULL DEFAULT '';

-- A hidden message is seen by its author and the team alone.
ALTER TABLE messages ADD COLUMN hidden_at INTEGER;
ALTER TABLE messages ADD COLUMN hidden_by INTEGER REFERENCES users (id);
DROP INDEX messages_in_thread;
CREATE INDEX messages_in_thread ON messages (thread_id, id, user_id, hidden_at) WHERE deleted_at IS NULL;

-- Messages that somebody found wrong.
CREATE TABLE flags (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id  INTEGER NOT NULL REFERENCES messages (id),
    user_id     INTEGER NOT NULL REFERENCES users (id),
    reason      TEXT NOT NULL,
    note        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    resolved_at INTEGER, -- NULL: open
    resolved_by INTEGER REFERENCES users (id),
    action      TEXT NOT NULL DEFAULT '', -- that resolved it: keep, hide, delete
    answer      TEXT NOT NULL DEFAULT '', -- the note of who resolved it
    UNIQUE (message_id, user_id)
) STRICT;
CREATE INDEX flags_open ON flags (id) WHERE resolved_at IS NULL;
CREATE INDEX flags_resolved ON flags (id) WHERE resolved_at IS NOT NULL;
CREATE INDEX flags_open_by_user ON flags (user_id) WHERE resolved_at IS NULL;

-- What a moderator did, for notifications of the kind moderation.
ALTER TABLE notifications ADD COLUMN about TEXT NOT NULL DEFAULT '';

-- Older binaries would show what is hidden, and let in who is suspended.
UPDATE meta SET value = '8' WHERE name = 'compatible_from';
