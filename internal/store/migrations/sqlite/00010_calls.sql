-- +goose Up

-- Mentions of everyone: one row notifies all whom it reaches, see parley.Call. Ids are of the same sequence as those of
-- notifications.
CREATE TABLE calls (
    id             INTEGER PRIMARY KEY,
    sender_id      INTEGER NOT NULL REFERENCES users (id),
    thread_id      INTEGER NOT NULL REFERENCES threads (id),
    message_id     INTEGER NOT NULL UNIQUE REFERENCES messages (id),
    called_in      INTEGER NOT NULL, -- the thread that it was in then
    is_private     INTEGER NOT NULL, -- what the thread asked of its readers then
    min_tier_cents INTEGER NOT NULL,
    last_member    INTEGER NOT NULL, -- the newest member's id then
    is_late        INTEGER NOT NULL, -- the message was there before: some may have been notified of it already
    is_withdrawn   INTEGER NOT NULL DEFAULT 0, -- the message no longer mentions everyone
    created_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX calls_by_thread ON calls (thread_id, id);
-- There is a row once something was notified; calls take their ids from it.
INSERT INTO sqlite_sequence (name, seq) SELECT 'notifications', 0
WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'notifications');

-- Up to which call each member has read all; who never read one has no row.
CREATE TABLE call_reads (
    user_id INTEGER PRIMARY KEY REFERENCES users (id),
    up_to   INTEGER NOT NULL
) STRICT;
-- And what they did with single ones beyond, or deleted.
CREATE TABLE call_marks (
    user_id    INTEGER NOT NULL REFERENCES users (id),
    call_id    INTEGER NOT NULL,
    is_read    INTEGER NOT NULL,
    is_deleted INTEGER NOT NULL,
    PRIMARY KEY (user_id, call_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX call_marks_by_call ON call_marks (call_id);

-- When somebody did not want to hear of calls: in one thread, or in all (0).
CREATE TABLE deaf_spells (
    user_id   INTEGER NOT NULL REFERENCES users (id),
    thread_id INTEGER NOT NULL,
    reason    TEXT NOT NULL,    -- setting, mute, follow or suspension
    after     INTEGER NOT NULL,
    until     INTEGER NOT NULL, -- the largest number: for ever
    PRIMARY KEY (user_id, thread_id, reason, after)
) STRICT, WITHOUT ROWID;
CREATE INDEX deaf_spells_by_thread ON deaf_spells (thread_id, reason, until);
CREATE INDEX deaf_spells_by_end ON deaf_spells (until);
INSERT INTO deaf_spells SELECT user_id, 0, 'setting', 0, 9223372036854775807 FROM user_settings WHERE everyone_mentions = 0;
INSERT INTO deaf_spells SELECT user_id, thread_id, 'mute', 0, until - 1 FROM thread_mutes;
INSERT INTO deaf_spells SELECT user_id, thread_id, 'follow', 0, 9223372036854775807 FROM follows WHERE mention = 0;
INSERT INTO deaf_spells SELECT id, 0, 'suspension', 0,
    CASE WHEN suspended_until = 9223372036854775807 THEN suspended_until ELSE suspended_until - 1 END FROM users WHERE suspended_until > 0;

-- What people were before their rights changed, for as long as a call may ask.
CREATE TABLE past_rights (
    user_id      INTEGER NOT NULL REFERENCES users (id),
    until        INTEGER NOT NULL,
    role         TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    is_active    INTEGER NOT NULL,
    PRIMARY KEY (user_id, until)
) STRICT, WITHOUT ROWID;
CREATE INDEX past_rights_by_time ON past_rights (until);

-- How many active members there are with the same rights, of those who want to hear of calls and those who do not:
-- whom a call reaches is counted with every call.
CREATE TABLE member_counts (
    role         TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    hears        INTEGER NOT NULL,
    members      INTEGER NOT NULL,
    PRIMARY KEY (role, amount_cents, hears)
) STRICT, WITHOUT ROWID;
INSERT INTO member_counts
SELECT u.role, u.amount_cents, coalesce(s.everyone_mentions, 1), count(*)
FROM users u LEFT JOIN user_settings s ON s.user_id = u.id
WHERE u.is_active = 1 GROUP BY 1, 2, 3;
