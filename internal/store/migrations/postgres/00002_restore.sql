-- +goose Up

-- The message whose deletion took this one along, itself for the one that was deleted: what is restored together.
ALTER TABLE messages ADD COLUMN deleted_with BIGINT;
-- Replies are younger than what they answer, and one deletion has one time.
UPDATE messages SET deleted_with = (SELECT min(o.id) FROM messages o
    WHERE o.thread_id = messages.thread_id AND o.deleted_at = messages.deleted_at)
WHERE deleted_at IS NOT NULL;
CREATE INDEX messages_by_deletion ON messages (deleted_with, id) WHERE deleted_with IS NOT NULL;
