-- +goose Up

-- Images that people uploaded. The files are not here, see package storage.
CREATE TABLE uploads (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id      INTEGER NOT NULL REFERENCES users (id),
    key          TEXT NOT NULL, -- of the file
    type         TEXT NOT NULL,
    size         INTEGER NOT NULL,
    width        INTEGER NOT NULL,
    height       INTEGER NOT NULL,
    stored_at    INTEGER, -- NULL: the file is not there, or not wholly
    unused_since INTEGER, -- NULL: a message shows it
    gone_at      INTEGER, -- no message may show it again: the file is about to be removed
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX uploads_unused ON uploads (unused_since, id) WHERE unused_since IS NOT NULL;
CREATE INDEX uploads_unused_by_user ON uploads (user_id) WHERE unused_since IS NOT NULL;
CREATE INDEX uploads_gone ON uploads (id) WHERE gone_at IS NOT NULL;

-- Which messages show them.
CREATE TABLE upload_uses (
    upload_id  INTEGER NOT NULL REFERENCES uploads (id),
    message_id INTEGER NOT NULL REFERENCES messages (id),
    release_at INTEGER, -- when the message is deleted and can no longer be restored
    PRIMARY KEY (upload_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_uses_by_message ON upload_uses (message_id);
CREATE INDEX upload_uses_to_release ON upload_uses (release_at) WHERE release_at IS NOT NULL;
