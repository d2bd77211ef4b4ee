-- +goose Up

-- The processes that serve the forum, as they last told of themselves.
CREATE TABLE replicas (
    id      TEXT PRIMARY KEY,
    seen_at INTEGER NOT NULL,
    report  TEXT NOT NULL -- JSON: app.ReplicaReport
) STRICT, WITHOUT ROWID;
