-- Times are microseconds since the Unix epoch, UTC. Booleans are 0 or 1. Ids are never given twice (AUTOINCREMENT):
-- links, events and clients hold on to them longer than rows live.

-- +goose Up

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
-- The oldest schema whose binary still works with this database; a migration that older binaries cannot bear raises it.
INSERT INTO meta (name, value) VALUES ('compatible_from', '1');

CREATE TABLE tiers (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    title        TEXT NOT NULL,
    description  TEXT NOT NULL,
    color        TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    is_active    INTEGER NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    username      TEXT NOT NULL,
    username_fold TEXT NOT NULL UNIQUE, -- folded in Go, see parley.FoldName
    email         TEXT,
    email_fold    TEXT UNIQUE,
    password_hash TEXT NOT NULL,        -- empty: cannot sign in with a password
    role          TEXT NOT NULL,
    amount_cents  INTEGER NOT NULL,
    tier_id       INTEGER REFERENCES tiers (id),
    source        TEXT NOT NULL,
    is_active     INTEGER NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX users_by_role ON users (role);

CREATE TABLE sessions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id    TEXT NOT NULL UNIQUE,
    token_hash   BLOB NOT NULL UNIQUE,
    user_id      INTEGER NOT NULL REFERENCES users (id),
    user_agent   TEXT NOT NULL,
    address      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE threads (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    title             TEXT NOT NULL,
    user_id           INTEGER NOT NULL REFERENCES users (id),
    parent_thread_id  INTEGER REFERENCES threads (id),
    parent_message_id INTEGER REFERENCES messages (id),
    first_message_id  INTEGER,
    is_pinned         INTEGER NOT NULL DEFAULT 0,
    is_locked         INTEGER NOT NULL DEFAULT 0,
    is_private        INTEGER NOT NULL,
    min_tier_cents    INTEGER NOT NULL,
    tier_id           INTEGER REFERENCES tiers (id),
    slow_mode_seconds INTEGER NOT NULL DEFAULT 0,
    message_count     INTEGER NOT NULL DEFAULT 0,
    follower_count    INTEGER NOT NULL DEFAULT 0,
    last_message_at   INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    deleted_at        INTEGER
) STRICT;
CREATE INDEX threads_in_list ON threads (is_pinned DESC, last_message_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX threads_by_parent ON threads (parent_thread_id) WHERE parent_thread_id IS NOT NULL;
CREATE INDEX threads_by_source ON threads (parent_message_id) WHERE parent_message_id IS NOT NULL;

-- What a thread asks of its readers: a sub-thread is never more open than its parent is now (parley.Access.Within).
CREATE VIEW thread_access AS
SELECT t.id AS thread_id,
       CASE WHEN p.is_private = 1 THEN 1 ELSE t.is_private END AS is_private,
       CASE WHEN p.min_tier_cents > t.min_tier_cents THEN p.min_tier_cents ELSE t.min_tier_cents END AS min_tier_cents,
       CASE WHEN p.min_tier_cents > t.min_tier_cents THEN p.tier_id ELSE t.tier_id END AS tier_id
FROM threads t LEFT JOIN threads p ON p.id = t.parent_thread_id;

-- Views are counted apart, so that reading a page never touches a thread's row.
CREATE TABLE thread_views (
    thread_id INTEGER PRIMARY KEY REFERENCES threads (id),
    views     INTEGER NOT NULL
) STRICT;

CREATE TABLE messages (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    thread_id            INTEGER NOT NULL REFERENCES threads (id),
    user_id              INTEGER NOT NULL REFERENCES users (id),
    content              TEXT NOT NULL,
    content_html         TEXT NOT NULL,
    mentions             TEXT NOT NULL, -- JSON: array of parley.Mention
    reply_to_id          INTEGER REFERENCES messages (id),
    reply_count          INTEGER NOT NULL DEFAULT 0,
    like_count           INTEGER NOT NULL DEFAULT 0,
    spawned_thread_count INTEGER NOT NULL DEFAULT 0,
    edited_at            INTEGER,
    created_at           INTEGER NOT NULL,
    deleted_at           INTEGER,
    deleted_by           INTEGER REFERENCES users (id)
) STRICT;
CREATE INDEX messages_in_thread ON messages (thread_id, id, user_id) WHERE deleted_at IS NULL;
CREATE INDEX messages_by_reply ON messages (reply_to_id, id) WHERE reply_to_id IS NOT NULL;
CREATE INDEX messages_by_author ON messages (thread_id, user_id, id);

CREATE TABLE message_history (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id INTEGER NOT NULL REFERENCES messages (id),
    editor_id  INTEGER NOT NULL REFERENCES users (id),
    content    TEXT NOT NULL, -- what the edit replaced
    edited_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX message_history_by_message ON message_history (message_id, id);

CREATE TABLE likes (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id INTEGER NOT NULL REFERENCES messages (id),
    user_id    INTEGER NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    UNIQUE (message_id, user_id)
) STRICT;

CREATE TABLE follows (
    thread_id   INTEGER NOT NULL REFERENCES threads (id),
    user_id     INTEGER NOT NULL REFERENCES users (id),
    new_message INTEGER NOT NULL,
    mention     INTEGER NOT NULL,
    reply       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (thread_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX follows_of_new_messages ON follows (thread_id, user_id) WHERE new_message = 1;
CREATE INDEX follows_by_user ON follows (user_id, thread_id);

CREATE TABLE read_positions (
    user_id    INTEGER NOT NULL REFERENCES users (id),
    thread_id  INTEGER NOT NULL REFERENCES threads (id),
    message_id INTEGER NOT NULL, -- the last one read
    PRIMARY KEY (user_id, thread_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE notifications (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    kind       TEXT NOT NULL,
    sender_id  INTEGER NOT NULL REFERENCES users (id),
    thread_id  INTEGER NOT NULL REFERENCES threads (id),
    message_id INTEGER NOT NULL REFERENCES messages (id),
    is_read    INTEGER NOT NULL DEFAULT 0,
    is_deleted INTEGER NOT NULL DEFAULT 0, -- by its reader; the row keeps the same message from notifying again
    created_at INTEGER NOT NULL
) STRICT;
-- One message notifies a person once, one like once for each liker.
CREATE UNIQUE INDEX notifications_once ON notifications (user_id, message_id) WHERE kind IN ('mention', 'reply', 'new_message');
CREATE UNIQUE INDEX notifications_likes_once ON notifications (user_id, message_id, sender_id) WHERE kind = 'like';
CREATE UNIQUE INDEX notifications_sub_threads_once ON notifications (user_id, thread_id) WHERE kind = 'sub_thread';
CREATE INDEX notifications_by_user ON notifications (user_id, id) WHERE is_deleted = 0;
CREATE INDEX notifications_unread ON notifications (user_id, thread_id) WHERE is_read = 0 AND is_deleted = 0;
CREATE INDEX notifications_by_thread ON notifications (thread_id, user_id) WHERE is_read = 0 AND is_deleted = 0;
CREATE INDEX notifications_by_message ON notifications (message_id);

-- Each user's part of count_version: grows with every change of what is unread.
CREATE TABLE count_versions (
    user_id INTEGER PRIMARY KEY REFERENCES users (id),
    version INTEGER NOT NULL
) STRICT;

-- The event log. A channel's row is locked while an event takes its next number, so number order is commit order.
CREATE TABLE channels (
    name TEXT PRIMARY KEY,
    head INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- commit order over all channels: there is one writer
    channel    TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    control    INTEGER NOT NULL, -- head of the control channel: to be applied before delivery
    kind       TEXT NOT NULL,
    refs       TEXT NOT NULL,    -- JSON: the event's struct
    created_at INTEGER NOT NULL,
    UNIQUE (channel, seq)
) STRICT;
CREATE INDEX events_by_age ON events (created_at);

CREATE TABLE jobs (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT NOT NULL,
    payload    TEXT NOT NULL, -- JSON
    run_at     INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    last_error TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_due ON jobs (run_at, id);

CREATE TABLE idempotency_keys (
    user_id     INTEGER NOT NULL REFERENCES users (id),
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL, -- SHA-256 of operation and body
    result_id   INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
