package store

import "parley"

// Follow makes a user follow a thread, or changes what they want to hear of.
func (tx *Tx) Follow(threadID, userID int64, f parley.Follow) error {
	if err := tx.FollowUnlessFollowing(threadID, userID, f); err != nil {
		return err
	}
	if err := tx.hearMentions(threadID, userID, f.Mention); err != nil {
		return err
	}
	return tx.write(`UPDATE follows SET new_message = $3, mention = $4, reply = $5 WHERE thread_id = $1 AND user_id = $2`,
		threadID, userID, flag(f.NewMessage), flag(f.Mention), flag(f.Reply))
}

// FollowUnlessFollowing makes a user follow a thread; who does so already keeps
// what they wanted to hear of.
func (tx *Tx) FollowUnlessFollowing(threadID, userID int64, f parley.Follow) error {
	if err := tx.holdThread(threadID); err != nil {
		return err
	}
	if !f.Mention {
		if err := tx.deafenNewFollower(threadID, userID); err != nil {
			return err
		}
	}
	err := tx.write(`UPDATE threads SET follower_count = follower_count + 1
		WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM follows WHERE thread_id = $1 AND user_id = $2)`, threadID, userID)
	if err != nil {
		return err
	}
	return tx.write(`INSERT INTO follows (thread_id, user_id, new_message, mention, reply, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		threadID, userID, flag(f.NewMessage), flag(f.Mention), flag(f.Reply), tx.now)
}

// Follows reports whether a user follows a thread.
func (s *Snapshot) Follows(threadID, userID int64) (bool, error) {
	_, found, err := one(s, scalar[int64], `SELECT user_id FROM follows WHERE thread_id = $1 AND user_id = $2`, threadID, userID)
	return found, err
}

// Unfollow makes a user follow a thread no longer.
func (tx *Tx) Unfollow(threadID, userID int64) error {
	if err := tx.holdThread(threadID); err != nil {
		return err
	}
	if err := tx.hearMentions(threadID, userID, true); err != nil {
		return err
	}
	err := tx.write(`UPDATE threads SET follower_count = follower_count - 1
		WHERE id = $1 AND EXISTS (SELECT 1 FROM follows WHERE thread_id = $1 AND user_id = $2)`, threadID, userID)
	if err != nil {
		return err
	}
	return tx.write(`DELETE FROM follows WHERE thread_id = $1 AND user_id = $2`, threadID, userID)
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
