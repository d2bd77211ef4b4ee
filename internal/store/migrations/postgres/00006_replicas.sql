-- +goose Up

-- The processes that serve the forum, as they last told of themselves.
CREATE TABLE replicas (
    id      TEXT COLLATE "C" PRIMARY KEY,
    seen_at BIGINT NOT NULL,
    report  TEXT NOT NULL -- JSON: app.ReplicaReport
);
