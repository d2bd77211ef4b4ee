package store

import (
	"context"
	"reflect"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Ahead has what the transaction is going to read first read in one round trip,
// where the database is on the other side of a network. reads names it by calling
// the methods that read it, in the order in which they are to lock; it gets nothing
// from them. It decides nothing but speed: what was read ahead is handed out once,
// when it is asked for, and forgotten when the transaction writes.
func (tx *Tx) Ahead(reads func(*Snapshot)) error {
	t, ok := tx.q.(*postgresTx)
	if !ok {
		return nil
	}
	wanted := &wishes{querier: t}
	s := tx.Snapshot
	s.q = wanted
	reads(&s)
	return t.readAhead(wanted.statements)
}

// wishes notes statements instead of running them.
type wishes struct {
	querier
	statements []*statement
}

func (w *wishes) queue(_ context.Context, s *statement) error {
	w.statements = append(w.statements, s)
	return nil
}

func (w *wishes) flush(context.Context) error { return nil }

// readAhead runs statements and keeps the rows that they give.
func (t *postgresTx) readAhead(statements []*statement) error {
	t.ahead = nil
	var kept []*fetched
	for _, s := range statements {
		if s.row != nil {
			f := &fetched{statement: s, types: t.conn.Conn().TypeMap()}
			kept = append(kept, f)
			s = &statement{text: s.text, args: s.args, row: f.keep}
		}
		t.queued = append(t.queued, s)
	}
	if err := t.flush(t.limit); err != nil {
		return err
	}
	t.ahead = kept
	return nil
}

// fetched is a statement that was run ahead, and its rows.
type fetched struct {
	*statement
	types *pgtype.Map
	rows  []*fetchedRow
}

func (f *fetched) is(s *statement) bool {
	return f.text == s.text && reflect.DeepEqual(f.args, s.args)
}

// keep copies a row, which is gone with the next one.
func (f *fetched) keep(row scanner) error {
	rows := row.(pgx.Rows)
	kept := &fetchedRow{types: f.types}
	for i, field := range rows.FieldDescriptions() {
		value := rows.RawValues()[i]
		if value != nil {
			value = append([]byte{}, value...)
		}
		kept.columns = append(kept.columns, column{field.DataTypeOID, field.Format, value})
	}
	f.rows = append(f.rows, kept)
	return nil
}

// fetchedRow is a row as the server sent it.
type fetchedRow struct {
	types   *pgtype.Map
	columns []column
}

type column struct {
	oid    uint32
	format int16
	value  []byte
}

// Scan reads the row's columns.
func (r *fetchedRow) Scan(dest ...any) error {
	for i, c := range r.columns {
		if err := r.types.Scan(c.oid, c.format, c.value, dest[i]); err != nil {
			return err
		}
	}
	return nil
}

// known hands out what a statement would read, if it was read ahead.
func (t *postgresTx) known(s *statement) (found bool, err error) {
	for i, f := range t.ahead {
		if !f.is(s) {
			continue
		}
		t.ahead = append(t.ahead[:i:i], t.ahead[i+1:]...)
		for _, row := range f.rows {
			if err := s.row(row); err != nil {
				return true, inQuery(err, s.text)
			}
		}
		return true, nil
	}
	return false, nil
}
