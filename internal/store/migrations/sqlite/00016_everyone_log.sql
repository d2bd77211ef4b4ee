-- +goose Up

-- Limits of @everyone concern what people write: the whole team reads what was done about them. Servers of an older
-- release, beside this one, go on noting it for creators alone.
UPDATE audit_log SET in_forum = 1 WHERE action LIKE 'everyone.%';
