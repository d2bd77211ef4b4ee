package store

import (
	"cmp"

	"parley"
	"parley/internal/names"
)

// UserByExternalID returns the person who has this id in the app whose members are
// synchronised.
func (s *Snapshot) UserByExternalID(id string) (parley.User, bool, error) {
	return one(s, s.scanUser, `SELECT `+userColumns+` FROM users u WHERE u.external_id = $1`+s.locking("FOR KEY SHARE"), id)
}

// HoldMembers keeps everybody from acting for the people with these external ids
// until the transaction ends. Who changes several of them calls it first: one after
// the other they would be locked in another order than everybody locks people in.
func (tx *Tx) HoldMembers(externalIDs []string) error {
	if len(externalIDs) == 0 {
		return nil
	}
	var args arguments
	return tx.lock(`SELECT id FROM users WHERE external_id IN `+in(&args, externalIDs)+` ORDER BY id FOR UPDATE`, args...)
}

// NameHolder returns who keeps a person (0: somebody new) from having a username: who
// has it, or an alias that it looks like.
func (s *Snapshot) NameHolder(username string, userID int64) (parley.User, bool, error) {
	args := arguments{parley.FoldName(username), names.Skeleton(username)}
	other := args.id(userID)
	return one(s, s.scanUser, `SELECT `+userColumns+` FROM users u WHERE u.username_fold = $1 AND u.id <> `+other+`
		UNION ALL SELECT `+userColumns+` FROM users u WHERE u.alias_skeleton = $2 AND u.id <> `+other+` LIMIT 1`, args...)
}

// SetUsername gives a person another username, which must be free.
func (tx *Tx) SetUsername(id int64, username string) error {
	return tx.write(`UPDATE users SET username = $2, username_fold = $3, username_skeleton = $4 WHERE id = $1`,
		id, username, parley.FoldName(username), names.Skeleton(username))
}

// SetExternalID makes a person known by an id to the app whose members are
// synchronised; empty: by none. One that somebody has already is a parley.Conflict.
func (tx *Tx) SetExternalID(id int64, externalID string) error {
	other, taken, err := tx.UserByExternalID(externalID)
	if err != nil || taken && other.ID != id {
		return cmp.Or(err, error(parley.Errorf(parley.Conflict, "The account %d (%s) has this external id: take it from there first.", other.ID, other.Username)))
	}
	return tx.write(`UPDATE users SET external_id = $2 WHERE id = $1`, id, null(externalID))
}
