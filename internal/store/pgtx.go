package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley"
)

// postgresTx is a transaction on one connection. What is queued goes to the server
// in one round trip, when somebody wants to know what came of it; BEGIN goes with
// the first of it, COMMIT with the last. It is for one goroutine.
type postgresTx struct {
	engine *postgresEngine
	conn   *pgxpool.Conn
	caller context.Context // may end at any time: looked at between round trips
	limit  context.Context // what statements run under
	cancel func()
	begin  string // "": it is one statement
	sent   bool   // something was
	queued []*statement
	logged []*Logged // events that it writes
	failed error     // of a statement: nothing can follow it
}

const (
	readCommitted = "BEGIN ISOLATION LEVEL READ COMMITTED"
	readOnly      = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	commit        = "COMMIT"
	rollback      = "ROLLBACK"
)

func (t *postgresTx) held() *held { return nil }

func (t *postgresTx) queue(_ context.Context, s *statement) error {
	t.queued = append(t.queued, s)
	return nil
}

func (t *postgresTx) flush(context.Context) error {
	if len(t.queued) == 0 || t.failed != nil {
		return t.failed
	}
	if t.failed = t.caller.Err(); t.failed != nil {
		return t.failed
	}
	statements, first := t.queued, !t.sent
	err := t.send()
	if first && lostConnection(err) && t.caller != t.limit && !slices.ContainsFunc(statements, func(s *statement) bool { return s.taken }) {
		// The connection died while it was idle. A snapshot of which nothing was read
		// yet may as well begin on another one; rows that were taken would come twice.
		return t.resend(statements)
	}
	return err
}

func (t *postgresTx) resend(statements []*statement) error {
	t.release()
	conn, err := t.engine.acquire(t.caller)
	if err != nil {
		return err
	}
	t.conn, t.queued, t.failed = conn, statements, nil
	return t.send()
}

// send runs what was queued, in one round trip.
func (t *postgresTx) send() error {
	statements := t.queued
	t.queued, t.failed = nil, errHalfway
	if !t.sent && t.begin != "" {
		statements = append([]*statement{{text: t.begin}}, statements...)
	}
	var batch pgx.Batch
	for _, s := range statements {
		batch.Queue(s.text, s.args...)
	}
	began := time.Now()
	results := t.conn.SendBatch(t.limit, &batch)
	var err error
	for _, s := range statements {
		if err = s.read(results); err != nil {
			err = inQuery(err, s.text)
			break
		}
		if s.text != t.begin && s.text != rollback {
			t.engine.timing.ran(s.text, began)
			began = time.Now()
		}
	}
	if closing := results.Close(); err == nil {
		err = closing
	}
	t.engine.noteLoss(err)
	t.failed = err
	t.sent = t.sent || err == nil
	return err
}

// read takes the results of the statement, which are the next ones.
func (s *statement) read(results pgx.BatchResults) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if s.row == nil {
			continue
		}
		s.taken = true
		if err := s.row(rows); err != nil {
			return err
		}
	}
	rows.Close()
	s.changed = rows.CommandTag().RowsAffected()
	return rows.Err()
}

// begin prepares a transaction for a caller, which bounds a snapshot, but no write:
// once one runs it is finished.
func (e *postgresEngine) begin(ctx context.Context, begin string) (*postgresTx, error) {
	conn, err := e.acquire(ctx)
	if err != nil {
		return nil, err
	}
	t := &postgresTx{engine: e, conn: conn, begin: begin, caller: ctx}
	if begin == readOnly {
		t.limit, t.cancel = within(ctx)
		return t, nil
	}
	t.limit, t.cancel = within(context.WithoutCancel(ctx))
	t.caller = t.limit
	return t, nil
}

// end is release, for good.
func (t *postgresTx) end() {
	t.release()
	t.cancel()
}

// release ends the transaction, if it is still open, and gives the connection back.
func (t *postgresTx) release() {
	if t.conn == nil {
		return
	}
	if t.conn.Conn().PgConn().TxStatus() != 'I' && !t.conn.Conn().IsClosed() {
		if _, err := t.conn.Conn().PgConn().Exec(t.limit, rollback).ReadAll(); err != nil {
			t.engine.noteLoss(err)
		}
	}
	t.conn.Release() // destroys it unless it is idle
	t.conn = nil
}

// commit makes the transaction's changes permanent.
func (t *postgresTx) commit(wrote bool) error {
	if t.failed != nil || !t.sent && len(t.queued) == 0 {
		return t.failed
	}
	var op operation
	if wrote {
		op = newOperation(time.Now())
		t.queued = append(t.queued, &statement{text: insertOperation, args: []any{op}})
		t.queued = append(t.queued, t.catchUp()...)
	}
	t.queued = append(t.queued, &statement{text: commit})
	err := t.send()
	if err == nil || !wrote || !t.conn.Conn().IsClosed() || pgconn.SafeToRetry(err) {
		return err
	}
	t.release()
	return t.engine.resolve(op, err)
}

// rightsLock is the number of an advisory lock that keeps changes of rights and the
// commits of events apart: whoever logs to the control channel holds it alone until
// the commit, whoever commits another event shares it.
const rightsLock = 0x7061726c6579 // "parley"

// catchUp returns what has the events of the transaction know of every change of
// rights that is committed before them. One may have been committed since they were
// written, while another post of the transaction waited for its thread, and whoever
// lost a right by it would be shown them. The lock is the last one that a transaction
// takes, and the numbers are looked at in a statement of their own, after it.
func (t *postgresTx) catchUp() []*statement {
	if len(t.logged) == 0 {
		return nil
	}
	return []*statement{
		{text: `SELECT pg_advisory_xact_lock_shared($1)`, args: []any{int64(rightsLock)}},
		{
			text: `UPDATE events e SET control = c.head FROM channels c
				WHERE c.name = $1 AND e.txid = pg_current_xact_id() AND e.control < c.head RETURNING e.channel, e.seq, e.control`,
			args: []any{parley.ControlChannel}, row: t.scanControl,
		},
	}
}

func (t *postgresTx) scanControl(row scanner) error {
	var channel parley.Channel
	var seq, control int64
	if err := row.Scan(&channel, &seq, &control); err != nil {
		return err
	}
	for _, l := range t.logged {
		if l.Channel == channel && l.Seq == uint64(seq) {
			l.Control = uint64(control)
		}
	}
	return nil
}

// scanFlag reads a number into a bool.
func scanFlag(target any) (pgtype.WrappedScanPlanNextSetter, any, bool) {
	if flag, ok := target.(*bool); ok {
		return &flagPlan{}, new(int64), flag != nil
	}
	return nil, nil, false
}

type flagPlan struct{ next pgtype.ScanPlan }

func (p *flagPlan) SetNext(next pgtype.ScanPlan) { p.next = next }

func (p *flagPlan) Scan(src []byte, target any) error {
	var number int64
	if err := p.next.Scan(src, &number); err != nil {
		return err
	}
	*target.(*bool) = number != 0
	return nil
}

// errHalfway is why nothing follows a round trip that ended with a panic: what was
// asked was not answered.
var errHalfway = errors.New("a round trip to the database did not come to its end")

// errUnknown means that nobody could say whether a change was made.
var errUnknown = errors.New("it could not be found out whether the change was stored")
