-- +goose Up

-- Every moderating or administrative act.
CREATE TABLE audit_log (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    actor_id   INTEGER REFERENCES users (id), -- NULL: an operator on the command line
    action     TEXT NOT NULL,                 -- parley.Act: what it is about, and what was done
    subject_id INTEGER NOT NULL,              -- the person, tier, thread or message; 0 for the community
    in_forum   INTEGER NOT NULL,              -- concerns what people write: for the team to see
    was        TEXT,                          -- JSON; NULL: nothing
    became     TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_by_actor ON audit_log (actor_id, id);
CREATE INDEX audit_by_action ON audit_log (action, id);
CREATE INDEX audit_of_forum ON audit_log (id) WHERE in_forum = 1;

CREATE INDEX threads_by_tier ON threads (tier_id, id) WHERE tier_id IS NOT NULL;
CREATE INDEX users_by_tier ON users (tier_id) WHERE tier_id IS NOT NULL;
