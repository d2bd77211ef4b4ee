-- +goose Up

-- Of which thread (0: of all) somebody's counts last changed, for servers that nobody told: no more rows than
-- there are people and threads of their notifications.
CREATE TABLE recounts (
    user_id   BIGINT NOT NULL,
    thread_id BIGINT NOT NULL,
    version   BIGINT NOT NULL, -- count_versions.version, with it
    changed   XID8 NOT NULL,   -- as events.txid
    PRIMARY KEY (user_id, thread_id)
);
CREATE INDEX recounts_by_change ON recounts (changed);

-- What is done now and then, by one of the servers.
CREATE TABLE chores (
    name   TEXT PRIMARY KEY,
    due_at BIGINT NOT NULL, -- of one under way: when it is taken for lost
    result TEXT NOT NULL DEFAULT '' -- of the last time, for all servers
);
