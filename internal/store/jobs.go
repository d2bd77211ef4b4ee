package store

import (
	"encoding/json"
	"time"

	"parley"
)

// Job is work that was committed with the change that asked for it, and is done
// after it: it survives the process, and its own changes are one transaction
// with its removal, so that it is done once.
type Job struct {
	ID       int64
	Kind     string
	Payload  json.RawMessage
	Attempts int64 // that failed
}

// AddJob adds a job that is due at once; payload is stored as JSON.
func (tx *Tx) AddJob(kind string, payload any) error {
	tx.promised = true
	text, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	return tx.write(`INSERT INTO jobs (kind, payload, run_at, created_at) VALUES ($1, $2, $3, $3)`, kind, string(text), tx.now)
}

// AddedJob reports whether the transaction adds a job.
func (tx *Tx) AddedJob() bool { return tx.promised }

// DueJobs returns up to limit jobs that are due, oldest first, without those of a kind;
// empty: of all kinds.
func (s *Snapshot) DueJobs(limit int, without string) ([]Job, error) {
	return list(s, scanJob, selectJobs+` AND kind <> $2 ORDER BY run_at, id LIMIT $3`, s.now, without, limit)
}

// DueJobsOf returns up to limit jobs of a kind that are due, oldest first.
func (s *Snapshot) DueJobsOf(kind string, limit int) ([]Job, error) {
	return list(s, scanJob, selectJobs+` AND kind = $2 ORDER BY run_at, id LIMIT $3`, s.now, kind, limit)
}

const selectJobs = `SELECT id, kind, payload, attempts FROM jobs WHERE run_at <= $1`

func scanJob(row scanner) (j Job, err error) {
	var payload string
	err = row.Scan(&j.ID, &j.Kind, &payload, &j.Attempts)
	j.Payload = json.RawMessage(payload)
	return j, err
}

// LeaseJob keeps a job that is due from others for a while, and reports whether it was
// still theirs to take: for what takes longer than a transaction may. If the process
// dies, the job is due again.
func (tx *Tx) LeaseJob(id int64, lease time.Duration) (bool, error) {
	n, err := tx.exec(`UPDATE jobs SET run_at = $2, attempts = attempts + 1 WHERE id = $1 AND run_at <= $3`, id, tx.now.Add(lease), tx.now)
	return n == 1, err
}

// TakeJob removes a job and reports whether it was still there: whoever removes
// it does it, in the same transaction. One that another server is about is not
// waited for: if that one dies, its transaction ends, and the job is there again.
func (tx *Tx) TakeJob(id int64) (bool, error) {
	n, err := tx.exec(`DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE id = $1`+tx.locking("FOR UPDATE SKIP LOCKED")+`)`, id)
	return n == 1, err
}

// EndJob removes a leased job and reports whether it was still there. It waits for those
// who try to lease it too: they only look.
func (tx *Tx) EndJob(id int64) (bool, error) {
	n, err := tx.exec(`DELETE FROM jobs WHERE id = $1`, id)
	return n == 1, err
}

// PostponeJob notes why a job failed and when it is to be tried again.
func (tx *Tx) PostponeJob(id int64, wait time.Duration, reason string) error {
	return tx.write(`UPDATE jobs SET run_at = $2, attempts = attempts + 1, last_error = $3 WHERE id = $1`,
		id, tx.now.Add(wait), parley.Excerpt(reason, 500))
}
