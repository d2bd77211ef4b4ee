package store

import (
	"context"
	"database/sql"

	"parley"
	"parley/internal/names"
)

// Settings reads what somebody set for themselves.
func (s *Snapshot) Settings(userID int64) (parley.Settings, error) {
	if err := s.inTurn(userID); err != nil { // who changes them changes what is read here
		return parley.Settings{}, err
	}
	settings, found, err := one(s, scanSettings, `SELECT quick_reply, quick_mentions, quick_replies, dismiss_seconds, sound, position,
		show_online, direct_mentions, everyone_mentions FROM user_settings WHERE user_id = $1`, userID)
	if err != nil {
		return settings, err
	}
	if !found {
		settings = parley.DefaultSettings()
	}
	err = s.readAlias(userID, &settings)
	return settings, err
}

// ShowsOnline reports whether somebody may be counted among those who are here.
func (s *Snapshot) ShowsOnline(userID int64) (bool, error) {
	shows, found, err := one(s, scalar[bool], `SELECT show_online FROM user_settings WHERE user_id = $1`, userID)
	return shows || !found, err
}

func scanSettings(row scanner) (s parley.Settings, err error) {
	err = row.Scan(&s.QuickReply, &s.QuickReplyMentions, &s.QuickReplyReplies, &s.DismissSeconds, &s.Sound, &s.Position,
		&s.ShowOnline, &s.DirectMentions, &s.EveryoneMentions)
	return s, err
}

func (s *Snapshot) readAlias(userID int64, settings *parley.Settings) error {
	_, _, err := one(s, func(row scanner) (struct{}, error) {
		var alias sql.Null[string]
		err := row.Scan(&alias, &settings.UseAlias)
		settings.DisplayAlias = pointer(alias)
		return struct{}{}, err
	}, `SELECT alias, uses_alias FROM users WHERE id = $1`, userID)
	return err
}

// SetSettings stores what somebody set for themselves. The alias must be free.
func (tx *Tx) SetSettings(userID int64, s parley.Settings) error {
	hears, found, err := one(&tx.Snapshot, scalar[bool], `SELECT everyone_mentions FROM user_settings WHERE user_id = $1`, userID)
	if err != nil {
		return err
	}
	if hears = hears || !found; hears == s.EveryoneMentions {
		return tx.setSettings(userID, s)
	}
	if err := tx.countMember(userID, -1); err != nil {
		return err
	}
	if err := tx.setSettings(userID, s); err != nil {
		return err
	}
	if err := tx.countMember(userID, 1); err != nil {
		return err
	}
	if s.EveryoneMentions {
		return tx.endDeafness(userID, 0, deafBySetting)
	}
	return tx.deafen(userID, 0, deafBySetting, forEver)
}

func (tx *Tx) setSettings(userID int64, s parley.Settings) error {
	_, err := tx.exec(`INSERT INTO user_settings (user_id, quick_reply, quick_mentions, quick_replies, dismiss_seconds, sound, position,
			show_online, direct_mentions, everyone_mentions)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (user_id) DO UPDATE
		SET quick_reply = excluded.quick_reply, quick_mentions = excluded.quick_mentions, quick_replies = excluded.quick_replies,
			dismiss_seconds = excluded.dismiss_seconds, sound = excluded.sound, position = excluded.position,
			show_online = excluded.show_online, direct_mentions = excluded.direct_mentions, everyone_mentions = excluded.everyone_mentions`,
		userID, flag(s.QuickReply), flag(s.QuickReplyMentions), flag(s.QuickReplyReplies), s.DismissSeconds, flag(s.Sound), s.Position,
		flag(s.ShowOnline), flag(s.DirectMentions), flag(s.EveryoneMentions))
	if err != nil {
		return err
	}
	var fold, skeleton sql.Null[string]
	if s.DisplayAlias != nil {
		fold, skeleton = null(parley.FoldName(*s.DisplayAlias)), null(names.Skeleton(*s.DisplayAlias))
	}
	_, err = tx.exec(`UPDATE users SET alias = $2, alias_fold = $3, alias_skeleton = $4, uses_alias = $5 WHERE id = $1`,
		userID, s.DisplayAlias, fold, skeleton, flag(s.UseAlias))
	return err
}

// AliasTaken reports whether somebody else has an alias or a username that a name
// looks like. A transaction that goes by it runs Alone.
func (s *Snapshot) AliasTaken(name string, userID int64) (bool, error) {
	_, taken, err := one(s, scalar[int64], `SELECT id FROM users WHERE alias_skeleton = $1 AND id <> $2
		UNION ALL SELECT id FROM users WHERE username_skeleton = $1 AND id <> $2 LIMIT 1`, names.Skeleton(name), userID)
	return taken, err
}

// resemblesAlias reports whether a new username looks like somebody's alias.
func (s *Snapshot) resemblesAlias(username string) (bool, error) {
	_, found, err := one(s, scalar[int64], `SELECT id FROM users WHERE alias_skeleton = $1`, names.Skeleton(username))
	return found, err
}

// fillSkeletons gives usernames that an older release wrote what they are compared
// by.
func (s *Store) fillSkeletons(ctx context.Context) error {
	for more := true; more; {
		_, err := s.Update(ctx, func(tx *Tx) (err error) {
			more, err = tx.fillSkeletons()
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// skeletonBatch is how many usernames are looked at in one transaction.
const skeletonBatch = 500

func (tx *Tx) fillSkeletons() (more bool, err error) {
	type user struct {
		id   int64
		name string
	}
	users, err := list(&tx.Snapshot, func(row scanner) (u user, err error) {
		err = row.Scan(&u.id, &u.name)
		return u, err
	}, `SELECT id, username FROM users WHERE username_skeleton IS NULL LIMIT $1`, skeletonBatch)
	if err != nil {
		return false, err
	}
	for _, u := range users {
		if _, err := tx.exec(`UPDATE users SET username_skeleton = $2 WHERE id = $1`, u.id, names.Skeleton(u.name)); err != nil {
			return false, err
		}
	}
	return len(users) == skeletonBatch, nil
}

// Mute keeps notifications of a thread from a user until a time; 0 is for ever.
func (tx *Tx) Mute(threadID, userID int64, until parley.Time) error {
	if until == 0 {
		until = forEver
	}
	if err := tx.deafen(userID, threadID, deafByMute, until); err != nil {
		return err
	}
	_, err := tx.exec(`INSERT INTO thread_mutes (thread_id, user_id, until) VALUES ($1, $2, $3)
		ON CONFLICT (thread_id, user_id) DO UPDATE SET until = excluded.until`, threadID, userID, until)
	return err
}

// Unmute lets a user hear of a thread again.
func (tx *Tx) Unmute(threadID, userID int64) error {
	if err := tx.endDeafness(userID, threadID, deafByMute); err != nil {
		return err
	}
	_, err := tx.exec(`DELETE FROM thread_mutes WHERE thread_id = $1 AND user_id = $2`, threadID, userID)
	return err
}

// Muted reports whether a user wants to hear nothing of a thread now.
func (s *Snapshot) Muted(threadID, userID int64) (bool, error) {
	_, muted, err := one(s, scalar[int64], `SELECT until FROM thread_mutes WHERE thread_id = $1 AND user_id = $2 AND until > $3`,
		threadID, userID, s.now)
	return muted, err
}

// PruneMutes deletes the mutes that have ended.
func (tx *Tx) PruneMutes() error {
	_, err := tx.exec(`DELETE FROM thread_mutes WHERE until <= $1`, tx.now)
	return err
}
