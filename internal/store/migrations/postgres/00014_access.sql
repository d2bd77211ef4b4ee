-- +goose Up

-- What a thread asks of its readers, and what its parent does, each by itself: of plain
-- columns the planner knows how many rows a condition leaves, of CASE it knows nothing,
-- and read all threads to give a page of them.
CREATE OR REPLACE VIEW thread_access AS
SELECT t.id AS thread_id,
       CASE WHEN p.is_private = 1 THEN 1 ELSE t.is_private END AS is_private,
       CASE WHEN p.min_tier_cents > t.min_tier_cents THEN p.min_tier_cents ELSE t.min_tier_cents END AS min_tier_cents,
       CASE WHEN p.min_tier_cents > t.min_tier_cents THEN p.tier_id ELSE t.tier_id END AS tier_id,
       t.is_private AS own_private,
       t.min_tier_cents AS own_min_tier_cents,
       p.id AS parent_id,
       p.is_private AS parent_private,
       p.min_tier_cents AS parent_min_tier_cents
FROM threads t LEFT JOIN threads p ON p.id = t.parent_thread_id;
