package store

import (
	"encoding/json"
	"time"

	"parley"
)

// Replica is what a process that serves the forum last told of itself.
type Replica struct {
	ID     string // of the process, chosen at its start
	SeenAt parley.Time
	Report json.RawMessage
}

// SaveReplica stores what a replica tells of itself, and forgets those that have
// told nothing for the time given: they are gone.
func (tx *Tx) SaveReplica(id string, report any, forget time.Duration) error {
	text, err := json.Marshal(report)
	if err != nil {
		return err
	}
	if err := tx.write(`DELETE FROM replicas WHERE seen_at < $1`, tx.now.Add(-forget)); err != nil {
		return err
	}
	return tx.write(`INSERT INTO replicas (id, seen_at, report) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, report = excluded.report`, id, tx.now, string(text))
}

// RemoveReplica forgets a replica that says goodbye.
func (tx *Tx) RemoveReplica(id string) error {
	return tx.write(`DELETE FROM replicas WHERE id = $1`, id)
}

// Replicas returns the replicas that told something since a time, by id.
func (s *Snapshot) Replicas(since parley.Time) ([]Replica, error) {
	return list(s, func(row scanner) (r Replica, err error) {
		var report string
		err = row.Scan(&r.ID, &r.SeenAt, &report)
		r.Report = json.RawMessage(report)
		return r, err
	}, `SELECT id, seen_at, report FROM replicas WHERE seen_at >= $1 ORDER BY id`, since)
}
