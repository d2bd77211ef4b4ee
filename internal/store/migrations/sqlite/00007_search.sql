-- +goose Up

-- What messages and titles say, by word stems. The text itself stays where it is; triggers keep the index in step
-- within the transaction that changes it, so that what was deleted or edited is found no more at once.
CREATE VIRTUAL TABLE message_search USING fts5(content, content='messages', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2', prefix='2 3');
CREATE VIRTUAL TABLE thread_search USING fts5(title, content='threads', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2', prefix='2 3');

-- +goose StatementBegin
CREATE TRIGGER message_search_insert AFTER INSERT ON messages BEGIN
    INSERT INTO message_search (rowid, content) VALUES (new.id, new.content);
END;
-- +goose StatementEnd
-- +goose StatementBegin
-- One trigger: two would run in an order that nothing promises, and the index has to be left before it is entered.
CREATE TRIGGER message_search_update AFTER UPDATE OF content, deleted_at ON messages BEGIN
    INSERT INTO message_search (message_search, rowid, content) SELECT 'delete', old.id, old.content WHERE old.deleted_at IS NULL;
    INSERT INTO message_search (rowid, content) SELECT new.id, new.content WHERE new.deleted_at IS NULL;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER thread_search_insert AFTER INSERT ON threads BEGIN
    INSERT INTO thread_search (rowid, title) VALUES (new.id, new.title);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER thread_search_update AFTER UPDATE OF title ON threads WHEN old.title <> new.title BEGIN
    INSERT INTO thread_search (thread_search, rowid, title) VALUES ('delete', old.id, old.title);
    INSERT INTO thread_search (rowid, title) VALUES (new.id, new.title);
END;
-- +goose StatementEnd

INSERT INTO message_search (rowid, content) SELECT id, content FROM messages WHERE deleted_at IS NULL;
INSERT INTO thread_search (rowid, title) SELECT id, title FROM threads;
