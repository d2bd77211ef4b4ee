package store

import (
	"slices"

	"parley"
)

// Unread is what somebody has not read.
type Unread struct {
	Total   int64
	Threads map[int64]int64 // of those threads that were asked for and that they can see, or could before
	Version CountVersion
}

// UnreadOf returns what each of many people has not read, in all and in some
// threads: what UnreadNotifications tells of each, but read of all at once. before is
// what those of the threads asked of their readers whose access has changed, or that
// are gone; who could see one is told of it, too. No id is given twice.
func (s *Snapshot) UnreadOf(userIDs, threadIDs []int64, before map[int64]parley.Access) (map[int64]Unread, error) {
	unread := make(map[int64]Unread, len(userIDs))
	shared, _, err := one(s, scalar[int64], `SELECT `+sharedVersion("$1", "$2"), parley.ForumChannel, parley.ControlChannel)
	if err != nil {
		return nil, err
	}
	versions, err := s.CountVersions(userIDs)
	if err != nil {
		return nil, err
	}
	doors, err := s.AccessTo(threadIDs)
	if err != nil {
		return nil, err
	}
	add := func(user, thread, n int64) {
		u := unread[user]
		u.Total += n
		if _, asked := u.Threads[thread]; asked {
			u.Threads[thread] += n
		}
		unread[user] = u
	}
	for batch := range slices.Chunk(userIDs, 256) {
		if err := s.readUnreaders(batch, unread, doors, before); err != nil {
			return nil, err
		}
		if err := s.addOwnUnread(batch, add); err != nil {
			return nil, err
		}
	}
	for id, u := range unread {
		u.Version = CountVersion{Own: versions[id], Shared: shared}
		unread[id] = u
	}
	return unread, s.addCallsUnread(userIDs, add)
}

func (s *Snapshot) addOwnUnread(userIDs []int64, add func(user, thread, n int64)) error {
	var args arguments
	among := in(&args, userIDs)
	may := s.accessibleTo(&args) + " AND (n.kind = 'moderation' OR " + shownTo(&args) + ")"
	_, err := list(s, func(row scanner) (struct{}, error) {
		var user, thread, n int64
		err := row.Scan(&user, &thread, &n)
		add(user, thread, n)
		return struct{}{}, err
	}, `SELECT n.user_id, n.thread_id, count(*)
		FROM users u
		JOIN notifications n ON n.user_id = u.id AND n.is_read = 0 AND n.is_deleted = 0
		JOIN messages m ON m.id = n.message_id
		JOIN threads t ON t.id = n.thread_id AND t.deleted_at IS NULL
		JOIN thread_access a ON a.thread_id = n.thread_id
		WHERE u.id IN `+among+` AND `+may+` GROUP BY n.user_id, n.thread_id`, args...)
	return err
}

// CountVersions returns what belongs to each of many people alone of their
// CountVersion, and nothing of those whose counts never changed.
func (s *Snapshot) CountVersions(userIDs []int64) (map[int64]int64, error) {
	versions := make(map[int64]int64, len(userIDs))
	for batch := range slices.Chunk(userIDs, 256) {
		var args arguments
		_, err := list(s, func(row scanner) (struct{}, error) {
			var user, version int64
			err := row.Scan(&user, &version)
			versions[user] = version
			return struct{}{}, err
		}, `SELECT user_id, version FROM count_versions WHERE user_id IN `+in(&args, batch), args...)
		if err != nil {
			return nil, err
		}
	}
	return versions, nil
}

// AccessTo returns what threads ask of their readers, of those that are there.
func (s *Snapshot) AccessTo(threadIDs []int64) (map[int64]parley.Access, error) {
	doors := make(map[int64]parley.Access, len(threadIDs))
	for batch := range slices.Chunk(threadIDs, 256) {
		var args arguments
		_, err := list(s, func(row scanner) (struct{}, error) {
			var id int64
			var access parley.Access
			err := row.Scan(&id, &access.Private, &access.MinTierCents)
			doors[id] = access
			return struct{}{}, err
		}, `SELECT a.thread_id, a.is_private, a.min_tier_cents FROM threads t JOIN thread_access a ON a.thread_id = t.id
			WHERE t.id IN `+in(&args, batch)+` AND t.deleted_at IS NULL`, args...)
		if err != nil {
			return nil, err
		}
	}
	return doors, nil
}

// readUnreaders puts people into unread who have read all there is so far, each with
// those of the threads that some door lets them see: of another one even a nought would
// tell that something happened there.
func (s *Snapshot) readUnreaders(userIDs []int64, unread map[int64]Unread, doors ...map[int64]parley.Access) error {
	var args arguments
	among, active := in(&args, userIDs), s.active(&args, "u.")
	_, err := list(s, func(row scanner) (struct{}, error) {
		var v parley.Viewer
		u := Unread{Threads: map[int64]int64{}}
		err := row.Scan(&v.ID, &v.Role, &v.AmountCents, &v.Active)
		for _, of := range doors {
			for thread, access := range of {
				if access.Admits(v) {
					u.Threads[thread] = 0
				}
			}
		}
		unread[v.ID] = u
		return struct{}{}, err
	}, `SELECT u.id, u.role, u.amount_cents, CASE WHEN `+active+` THEN 1 ELSE 0 END FROM users u WHERE u.id IN `+among, args...)
	return err
}

func (s *Snapshot) addCallsUnread(userIDs []int64, add func(user, thread, n int64)) error {
	calls, err := s.callsAfter(0, 0, callsKept)
	if err != nil || len(calls) == 0 {
		return err
	}
	listeners, err := s.Listeners(userIDs, 0)
	for id, l := range listeners {
		for _, c := range l.Unread(calls) {
			add(id, c.ThreadID, 1)
		}
	}
	return err
}
