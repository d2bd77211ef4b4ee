package store

import (
	"database/sql"
	"encoding/json"
	"math"

	"parley"
)

// ActBy has all that is audited in the transaction from now on noted as done by an API
// key.
func (tx *Tx) ActBy(keyID int64) { tx.key = keyID }

// Audit notes an act by somebody (0: an API key, see ActBy, or an operator on the
// command line) in the transaction that does it. was and became are stored as JSON; nil is nothing.
func (tx *Tx) Audit(actorID int64, act parley.Act, subjectID int64, was, became any) error {
	before, err := auditJSON(was)
	if err != nil {
		return err
	}
	after, err := auditJSON(became)
	if err != nil {
		return err
	}
	return tx.write(`INSERT INTO audit_log (actor_id, key_id, action, subject_id, in_forum, was, became, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		null(actorID), null(tx.key), act, subjectID, flag(act.InForum()), before, after, tx.now)
}

func auditJSON(value any) (sql.Null[string], error) {
	text, err := json.Marshal(value)
	if string(text) == "null" {
		return sql.Null[string]{}, err
	}
	return null(string(text)), err
}

// AuditFilter chooses entries of the audit log.
type AuditFilter struct {
	Before  int64      // only ids before this one; 0: all
	ActorID int64      // 0: anybody's
	KeyID   int64      // 0: any key's, and nobody's
	Action  parley.Act // empty: any
	InForum bool       // only those that concern what people write
	Limit   int
}

// AuditLog returns entries, the newest first.
func (s *Snapshot) AuditLog(f AuditFilter) ([]parley.AuditEntry, error) {
	if f.Before <= 0 {
		f.Before = math.MaxInt64
	}
	args := arguments{f.Before}
	where := `l.id < $1`
	if f.ActorID != 0 {
		where += " AND l.actor_id = " + args.id(f.ActorID)
	}
	if f.KeyID != 0 {
		where += " AND l.key_id = " + args.id(f.KeyID)
	}
	if f.Action != "" {
		where += " AND l.action = " + args.add(f.Action)
	}
	if f.InForum {
		where += " AND l.in_forum = 1"
	}
	return list(s, scanAudit, `SELECT l.id, u.id, u.display_name, k.id, k.name, l.action, l.subject_id, l.was, l.became, l.created_at
		FROM audit_log l LEFT JOIN users u ON u.id = l.actor_id LEFT JOIN api_keys k ON k.id = l.key_id
		WHERE `+where+` ORDER BY l.id DESC LIMIT `+args.add(f.Limit), args...)
}

func scanAudit(row scanner) (e parley.AuditEntry, err error) {
	var actor, key sql.Null[int64]
	var name, keyName, was, became sql.Null[string]
	err = row.Scan(&e.ID, &actor, &name, &key, &keyName, &e.Action, &e.SubjectID, &was, &became, &e.CreatedAt)
	if actor.Valid {
		e.Actor = &parley.PersonRef{ID: actor.V, Username: name.V}
	}
	if key.Valid {
		e.Key = &parley.KeyRef{ID: key.V, Name: keyName.V}
	}
	e.SubjectType, e.Before, e.After = e.Action.Subject(), rawJSON(was), rawJSON(became)
	return e, err
}

// rawJSON is a stored text as it stands in an answer.
func rawJSON(text sql.Null[string]) json.RawMessage {
	if !text.Valid {
		return json.RawMessage("null")
	}
	return json.RawMessage(text.V)
}
