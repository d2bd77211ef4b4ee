package store

import "parley"

// Like is one person's like of a message.
type Like struct {
	ID        int64
	User      parley.Author
	CreatedAt parley.Time
}

// AddLike stores a like and reports whether it is new.
func (tx *Tx) AddLike(messageID, userID int64) (bool, error) {
	n, err := tx.exec(`INSERT INTO likes (message_id, user_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		messageID, userID, tx.now)
	if err != nil || n == 0 {
		return false, err
	}
	return true, tx.write(`UPDATE messages SET like_count = like_count + 1 WHERE id = $1`, messageID)
}

// RemoveLike deletes a like and reports whether there was one.
func (tx *Tx) RemoveLike(messageID, userID int64) (bool, error) {
	n, err := tx.exec(`DELETE FROM likes WHERE message_id = $1 AND user_id = $2`, messageID, userID)
	if err != nil || n == 0 {
		return false, err
	}
	return true, tx.write(`UPDATE messages SET like_count = like_count - 1 WHERE id = $1`, messageID)
}

// LikedAmong returns which of some messages, few, somebody likes.
func (s *Snapshot) LikedAmong(userID int64, messageIDs []int64) (map[int64]bool, error) {
	if len(messageIDs) == 0 {
		return nil, nil
	}
	args := arguments{userID}
	ids, err := list(s, scalar[int64], `SELECT message_id FROM likes WHERE user_id = $1 AND message_id IN `+in(&args, messageIDs), args...)
	liked := make(map[int64]bool, len(ids))
	for _, id := range ids {
		liked[id] = true
	}
	return liked, err
}

// Likes returns the likes of a message after an id, oldest first.
func (s *Snapshot) Likes(messageID, after int64, limit, offset int) ([]Like, error) {
	return list(s, func(row scanner) (l Like, err error) {
		var by author
		err = row.Scan(append([]any{&l.ID, &l.CreatedAt}, by.columns()...)...)
		l.User = by.shown()
		return l, err
	}, `SELECT l.id, l.created_at, u.id, u.display_name, u.role, u.amount_cents, u.source
		FROM likes l JOIN users u ON u.id = l.user_id
		WHERE l.message_id = cast($1 AS BIGINT) AND l.id > $2 ORDER BY l.id LIMIT $3 OFFSET $4`, messageID, after, limit, offset)
}
