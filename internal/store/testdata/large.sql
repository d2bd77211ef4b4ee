-- Makes a community large enough that a plan which reads a whole table shows: 20,000
-- rows of whatever grows, beside those that are there. They say nothing and may
-- contradict each other; only how many there are of what matters to the planner.
SET session_replication_role = replica; -- foreign keys are not checked

INSERT INTO users (id, username, username_fold, email, email_fold, password_hash, role, amount_cents, tier_id, source, is_active, created_at,
    username_skeleton, external_id)
SELECT i, 'user' || i, 'user' || i, 'user' || i || '@example.org', 'user' || i || '@example.org', '', CASE WHEN i % 2000 = 0 THEN 'team' ELSE 'member' END,
    i % 9 * 100, NULL, '', 1, i, 'user' || i, 'other' || i
FROM generate_series(1001, 21000) i;
INSERT INTO user_settings SELECT i, 1, 1, 1, 5, 1, '', 1, 1, CASE WHEN i % 50 = 0 THEN 0 ELSE 1 END FROM generate_series(1001, 21000) i;
INSERT INTO sessions (id, public_id, token_hash, user_id, user_agent, address, created_at, last_seen_at, expires_at)
SELECT i, 'id' || i, ('token' || i)::BYTEA, i, '', '', i, i, 1800000000000000 + i FROM generate_series(1001, 21000) i;
INSERT INTO count_versions SELECT i, i FROM generate_series(1001, 21000) i;
INSERT INTO recounts SELECT i, i, i, CAST(CAST(i AS TEXT) AS xid8) FROM generate_series(1001, 21000) i;
INSERT INTO call_reads SELECT i, 1 FROM generate_series(1001, 21000) i;
INSERT INTO past_rights SELECT i, i, 'member', 500, 1 FROM generate_series(1001, 21000) i;
INSERT INTO idempotency_keys SELECT i, 'key', '', i, i FROM generate_series(1001, 21000) i;

INSERT INTO threads (id, title, user_id, parent_thread_id, parent_message_id, first_message_id, is_private, min_tier_cents, last_message_at, created_at, deleted_at)
SELECT i, 'thread number ' || i, i, CASE WHEN i % 4 = 0 THEN i - 1 END, CASE WHEN i % 4 = 0 THEN i - 1 END, i, i % 2, i % 9 * 100, i, i, CASE WHEN i % 10 = 0 THEN i END
FROM generate_series(1001, 21000) i;
INSERT INTO thread_views SELECT i, i FROM generate_series(1001, 21000) i;
INSERT INTO messages (id, thread_id, user_id, content, content_html, mentions, reply_to_id, created_at, deleted_at, deleted_with)
SELECT i, 1 + i % 20000, 1 + i * 7 % 20000, 'message number ' || i, '', '[]', CASE WHEN i % 3 = 0 THEN i - 1 END, i, CASE WHEN i % 10 = 0 THEN i END, CASE WHEN i % 10 = 0 THEN i END
FROM generate_series(1001, 41000) i;
INSERT INTO message_history (id, message_id, editor_id, content, edited_at) SELECT i, i, i, '', i FROM generate_series(1001, 21000) i;
INSERT INTO likes (id, message_id, user_id, created_at) SELECT i, i, i, i FROM generate_series(1001, 21000) i;
INSERT INTO follows SELECT i, 1 + i * 7 % 20000, i % 2, 1, 1, i FROM generate_series(1001, 21000) i;
INSERT INTO read_positions SELECT i, 1 + i * 7 % 20000, i FROM generate_series(1001, 21000) i;
INSERT INTO thread_mutes SELECT i, 1 + i * 7 % 20000, i FROM generate_series(1001, 21000) i;
INSERT INTO deaf_spells SELECT i, i % 2 * i, 'mute', 0, 1900000000000000 + i FROM generate_series(1001, 21000) i;
INSERT INTO notifications (id, user_id, kind, sender_id, thread_id, message_id, is_read, created_at)
SELECT i, 1 + i % 20000, 'mention', 1001 + i * 11 % 20000, 1 + i * 7 % 20000, i, i % 2, i FROM generate_series(1001, 41000) i;
INSERT INTO call_marks SELECT i, 1 + i % 1000, 1, 0 FROM generate_series(1001, 21000) i;
INSERT INTO everyone_uses (id, user_id, thread_id, message_id, notifications, created_at) SELECT i, i, i, i, 1, i FROM generate_series(1001, 21000) i;
INSERT INTO everyone_pending (id, user_id, message_id, created_at) SELECT i, i, i, i FROM generate_series(1001, 21000) i;
INSERT INTO flags (id, message_id, user_id, reason, note, created_at, resolved_at)
SELECT i, i, i, 'spam', '', i, CASE WHEN i % 2 = 0 THEN i END FROM generate_series(1001, 21000) i;
INSERT INTO uploads (id, user_id, key, type, size, width, height, stored_at, unused_since, gone_at, created_at)
SELECT i, i, '', 'image/png', 1, 1, 1, i, CASE WHEN i % 9 = 0 THEN 1900000000000000 + i END, CASE WHEN i % 900 = 0 THEN i END, i FROM generate_series(1001, 21000) i;
INSERT INTO upload_uses SELECT i, i, CASE WHEN i % 9 = 0 THEN 1900000000000000 + i END FROM generate_series(1001, 21000) i;
INSERT INTO linked_pages (url, until) SELECT 'https://example.org/' || i, 1900000000000000 + i FROM generate_series(1001, 21000) i;

INSERT INTO channels SELECT 't' || i, i FROM generate_series(1001, 21000) i;
INSERT INTO events (channel, seq, control, kind, refs, created_at) SELECT 't' || 1 + i % 1000, i, 1, '', '{}', i FROM generate_series(1001, 21000) i;
INSERT INTO jobs (id, kind, payload, run_at, created_at) SELECT i, 'notify', '{}', 1900000000000000 + i, i FROM generate_series(1001, 21000) i;
INSERT INTO operations SELECT gen_random_uuid() FROM generate_series(1001, 21000) i;
INSERT INTO audit_log (id, actor_id, action, subject_id, in_forum, created_at) SELECT i, i, 'tier.created' || i % 20, i, i % 20, i FROM generate_series(1001, 21000) i;
ANALYZE;
