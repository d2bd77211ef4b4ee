package store

import (
	"time"

	"parley"
)

// Chore is work that comes again and again, and that one of all servers does each
// time. Unlike a Job it is never done for good.
type Chore struct {
	DueAt  parley.Time // of one under way: when it is due again unless it has ended
	Result string      // of the last time
}

// Chore returns what is known of a chore, false before its first TakeChore.
func (s *Snapshot) Chore(name string) (Chore, bool, error) {
	return one(s, func(row scanner) (c Chore, err error) {
		err = row.Scan(&c.DueAt, &c.Result)
		return c, err
	}, `SELECT due_at, result FROM chores WHERE name = $1`, name)
}

// TakeChore reports whether a chore is due and the caller's to do. Nobody else takes it
// for the time of the lease; if the process dies it is due again then. A chore that
// nobody has heard of is due after the time that is first.
func (tx *Tx) TakeChore(name string, lease, first time.Duration) (bool, error) {
	err := tx.write(`INSERT INTO chores (name, due_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, tx.now.Add(first))
	if err != nil {
		return false, err
	}
	n, err := tx.exec(`UPDATE chores SET due_at = $2 WHERE name = $1 AND due_at <= $3`, name, tx.now.Add(lease), tx.now)
	return n == 1, err
}

// EndChore notes that a chore was done, with what it came to. It is due again in a
// period.
func (tx *Tx) EndChore(name string, period time.Duration, result string) error {
	return tx.write(`UPDATE chores SET due_at = $2, result = $3 WHERE name = $1`, name, tx.now.Add(period), result)
}
