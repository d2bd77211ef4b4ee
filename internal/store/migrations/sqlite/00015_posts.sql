-- +goose Up

-- What somebody wrote, deleted messages included: the limit of new members counts those, too.
DROP INDEX messages_by_user;
CREATE INDEX messages_by_user ON messages (user_id, id);
