-- +goose Up

-- What pages that messages link to say that they are about.
CREATE TABLE linked_pages (
    url         TEXT PRIMARY KEY,
    title       TEXT NOT NULL DEFAULT '', -- empty: the page says nothing, or did not answer
    description TEXT NOT NULL DEFAULT '',
    site        TEXT NOT NULL DEFAULT '',
    is_known    INTEGER NOT NULL DEFAULT FALSE, -- else somebody is about to ask
    until       INTEGER NOT NULL -- then it may be asked again
) STRICT, WITHOUT ROWID;
CREATE INDEX linked_pages_by_end ON linked_pages (until);

-- What is shown below a message of the page that it links to; empty: nothing.
ALTER TABLE messages ADD COLUMN preview_html TEXT NOT NULL DEFAULT '';
