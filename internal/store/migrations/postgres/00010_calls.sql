-- +goose Up

-- Mentions of everyone: one row notifies all whom it reaches, see parley.Call. Ids are of the same sequence as those of
-- notifications.
CREATE TABLE calls (
    id             BIGINT PRIMARY KEY,
    sender_id      BIGINT NOT NULL REFERENCES users (id),
    thread_id      BIGINT NOT NULL REFERENCES threads (id),
    message_id     BIGINT NOT NULL UNIQUE REFERENCES messages (id),
    called_in      BIGINT NOT NULL, -- the thread that it was in then
    is_private     SMALLINT NOT NULL, -- what the thread asked of its readers then
    min_tier_cents BIGINT NOT NULL,
    last_member    BIGINT NOT NULL, -- the newest member's id then
    is_late        SMALLINT NOT NULL, -- the message was there before: some may have been notified of it already
    is_withdrawn   SMALLINT NOT NULL DEFAULT 0, -- the message no longer mentions everyone
    created_at     BIGINT NOT NULL
);
CREATE INDEX calls_by_thread ON calls (thread_id, id);

-- Up to which call each member has read all; who never read one has no row.
CREATE TABLE call_reads (
    user_id BIGINT PRIMARY KEY REFERENCES users (id),
    up_to   BIGINT NOT NULL
);
-- And what they did with single ones beyond, or deleted.
CREATE TABLE call_marks (
    user_id    BIGINT NOT NULL REFERENCES users (id),
    call_id    BIGINT NOT NULL,
    is_read    SMALLINT NOT NULL,
    is_deleted SMALLINT NOT NULL,
    PRIMARY KEY (user_id, call_id)
);
CREATE INDEX call_marks_by_call ON call_marks (call_id);

-- When somebody did not want to hear of calls: in one thread, or in all (0).
CREATE TABLE deaf_spells (
    user_id   BIGINT NOT NULL REFERENCES users (id),
    thread_id BIGINT NOT NULL,
    reason    TEXT COLLATE "C" NOT NULL,    -- setting, mute, follow or suspension
    after     BIGINT NOT NULL,
    until     BIGINT NOT NULL, -- the largest number: for ever
    PRIMARY KEY (user_id, thread_id, reason, after)
);
CREATE INDEX deaf_spells_by_thread ON deaf_spells (thread_id, reason, until);
CREATE INDEX deaf_spells_by_end ON deaf_spells (until);
INSERT INTO deaf_spells SELECT user_id, 0, 'setting', 0, 9223372036854775807 FROM user_settings WHERE everyone_mentions = 0;
INSERT INTO deaf_spells SELECT user_id, thread_id, 'mute', 0, until - 1 FROM thread_mutes;
INSERT INTO deaf_spells SELECT user_id, thread_id, 'follow', 0, 9223372036854775807 FROM follows WHERE mention = 0;
INSERT INTO deaf_spells SELECT id, 0, 'suspension', 0,
    CASE WHEN suspended_until = 9223372036854775807 THEN suspended_until ELSE suspended_until - 1 END FROM users WHERE suspended_until > 0;

-- What people were before their rights changed, for as long as a call may ask.
CREATE TABLE past_rights (
    user_id      BIGINT NOT NULL REFERENCES users (id),
    until        BIGINT NOT NULL,
    role         TEXT COLLATE "C" NOT NULL,
    amount_cents BIGINT NOT NULL,
    is_active    SMALLINT NOT NULL,
    PRIMARY KEY (user_id, until)
);
CREATE INDEX past_rights_by_time ON past_rights (until);

-- How many active members there are with the same rights, of those who want to hear of calls and those who do not:
-- whom a call reaches is counted with every call.
CREATE TABLE member_counts (
    role         TEXT COLLATE "C" NOT NULL,
    amount_cents BIGINT NOT NULL,
    hears        SMALLINT NOT NULL,
    members      BIGINT NOT NULL,
    PRIMARY KEY (role, amount_cents, hears)
);
INSERT INTO member_counts
SELECT u.role, u.amount_cents, coalesce(s.everyone_mentions, 1), count(*)
FROM users u LEFT JOIN user_settings s ON s.user_id = u.id
WHERE u.is_active = 1 GROUP BY 1, 2, 3;
