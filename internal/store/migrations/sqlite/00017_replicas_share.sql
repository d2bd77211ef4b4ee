-- +goose Up

-- Of which thread (0: of all) somebody's counts last changed, for servers that nobody told: no more rows than
-- there are people and threads of their notifications.
CREATE TABLE recounts (
    user_id   INTEGER NOT NULL,
    thread_id INTEGER NOT NULL,
    version   INTEGER NOT NULL, -- count_versions.version, with it
    changed   INTEGER NOT NULL, -- the id of the next event: whoever follows the log reads on from there
    PRIMARY KEY (user_id, thread_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recounts_by_change ON recounts (changed);

-- What is done now and then, by one of the servers.
CREATE TABLE chores (
    name   TEXT PRIMARY KEY,
    due_at INTEGER NOT NULL, -- of one under way: when it is taken for lost
    result TEXT NOT NULL DEFAULT '' -- of the last time, for all servers
) STRICT, WITHOUT ROWID;
