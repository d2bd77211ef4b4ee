package store

import "parley"

const tierRows = `SELECT id, title, description, color, amount_cents, is_active FROM tiers `

func scanTier(row scanner) (t parley.Tier, err error) {
	err = row.Scan(&t.ID, &t.Title, &t.Description, &t.Color, &t.AmountCents, &t.Active)
	return t, err
}

// Tier returns a tier; false if there is none.
func (s *Snapshot) Tier(id int64) (parley.Tier, bool, error) {
	return one(s, scanTier, tierRows+`WHERE id = $1`, id)
}

// Tiers returns all tiers, retired ones included, the cheapest first.
func (s *Snapshot) Tiers() ([]parley.Tier, error) {
	return list(s, scanTier, tierRows+`ORDER BY amount_cents, id`)
}

// TierTitle names the highest active tier that an amount reaches, empty if none.
func (s *Snapshot) TierTitle(amountCents int64) (string, error) {
	title, _, err := one(s, scalar[string], `SELECT title FROM tiers WHERE is_active = 1 AND amount_cents <= $1
		ORDER BY amount_cents DESC, id LIMIT 1`, amountCents)
	return title, err
}

// InsertTier stores a tier and returns its id.
func (tx *Tx) InsertTier(t parley.Tier) (int64, error) {
	return tx.insert(`INSERT INTO tiers (title, description, color, amount_cents, is_active, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`, t.Title, t.Description, t.Color, t.AmountCents, flag(t.Active), tx.now)
}

// SetTier stores a changed tier. Threads keep the amount that it had when it was
// set for them.
func (tx *Tx) SetTier(t parley.Tier) error {
	return tx.write(`UPDATE tiers SET title = $2, description = $3, color = $4, amount_cents = $5, is_active = $6 WHERE id = $1`,
		t.ID, t.Title, t.Description, t.Color, t.AmountCents, flag(t.Active))
}

// TierInUse reports whether a thread, deleted ones included, or a member has a
// tier.
func (s *Snapshot) TierInUse(id int64) (bool, error) {
	_, found, err := one(s, scalar[int64], `SELECT id FROM threads WHERE tier_id = $1
		UNION ALL SELECT id FROM users WHERE tier_id = $1 LIMIT 1`, id)
	return found, err
}

// DeleteTier deletes a tier that is not in use.
func (tx *Tx) DeleteTier(id int64) error {
	return tx.write(`DELETE FROM tiers WHERE id = $1`, id)
}

// ThreadsOfTier reads the states of the next limit threads after an id that a tier
// was set for.
func (s *Snapshot) ThreadsOfTier(tierID, after int64, limit int) ([]ThreadState, error) {
	return list(s, scanThreadState, threadState+` WHERE t.tier_id = cast($1 AS BIGINT) AND t.id > $2 AND t.deleted_at IS NULL
		ORDER BY t.id LIMIT $3`, tierID, after, limit)
}
