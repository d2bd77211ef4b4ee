package store

import "parley"

// Follow makes a user follow a thread, or changes what they want to hear of.
func (tx *Tx) Follow(threadID, userID int64, f parley.Follow) error {
	n, err := tx.exec(`UPDATE follows SET new_message = $3, mention = $4, reply = $5 WHERE thread_id = $1 AND user_id = $2`,
		threadID, userID, flag(f.NewMessage), flag(f.Mention), flag(f.Reply))
	if err != nil || n > 0 {
		return err
	}
	return tx.FollowUnlessFollowing(threadID, userID, f)
}

// FollowUnlessFollowing makes a user follow a thread; who does so already keeps
// what they wanted to hear of.
func (tx *Tx) FollowUnlessFollowing(threadID, userID int64, f parley.Follow) error {
	n, err := tx.exec(`INSERT INTO follows (thread_id, user_id, new_message, mention, reply, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		threadID, userID, flag(f.NewMessage), flag(f.Mention), flag(f.Reply), tx.now)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.exec(`UPDATE threads SET follower_count = follower_count + 1 WHERE id = $1`, threadID)
	return err
}

// Unfollow makes a user follow a thread no longer.
func (tx *Tx) Unfollow(threadID, userID int64) error {
	n, err := tx.exec(`DELETE FROM follows WHERE thread_id = $1 AND user_id = $2`, threadID, userID)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.exec(`UPDATE threads SET follower_count = follower_count - 1 WHERE id = $1`, threadID)
	return err
}

// Followers returns the ids of a thread's followers, ascending.
func (s *Snapshot) Followers(threadID int64) ([]int64, error) {
	return list(s, scalar[int64], `SELECT user_id FROM follows WHERE thread_id = $1 ORDER BY user_id`, threadID)
}

// AnyListeners reports whether somebody other than one user wants to hear of new
// messages in a thread.
func (s *Snapshot) AnyListeners(threadID, except int64) (bool, error) {
	_, found, err := one(s, scalar[int64], `SELECT user_id FROM follows
		WHERE thread_id = $1 AND new_message = 1 AND user_id <> $2 LIMIT 1`, threadID, except)
	return found, err
}
