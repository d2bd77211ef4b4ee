-- +goose Up

-- What messages and titles say, by word stems.
ALTER TABLE messages ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('english', content)) STORED;
ALTER TABLE threads ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('english', title)) STORED;
CREATE INDEX messages_by_word ON messages USING gin (search) WHERE deleted_at IS NULL;
CREATE INDEX threads_by_word ON threads USING gin (search) WHERE deleted_at IS NULL;
