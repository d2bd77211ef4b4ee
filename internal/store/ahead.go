package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Ahead has what the transaction is going to read first read in one round trip,
// where the database is on the other side of a network. reads names it by calling
// the methods that read it, in the order in which they are to lock; it gets nothing
// from them. It decides nothing but speed: what was read ahead is handed out once,
// when it is asked for, and forgotten when the transaction writes.
func (tx *Tx) Ahead(reads func(*Snapshot)) error {
	w, ok := tx.q.(*writer)
	if !ok {
		return nil
	}
	var wanted wishes
	s := tx.Snapshot
	s.q = &wanted
	reads(&s)
	statements, read := w.tx.fetch(wanted.statements)
	w.ahead, w.queued = nil, append(w.queued, statements...)
	if err := w.flush(tx.ctx); err != nil {
		return err
	}
	w.ahead = read
	return nil
}

// wishes notes statements instead of running them.
type wishes struct{ statements []*statement }

func (w *wishes) queue(_ context.Context, s *statement) error {
	w.statements = append(w.statements, s)
	return nil
}

func (w *wishes) flush(context.Context) error { return nil }

func (w *wishes) held() *held { return nil }

// ahead is what was read ahead, and has not been asked for yet.
type ahead []*fetched

// errNotAhead says that a view reads what was not read ahead.
var errNotAhead = errors.New("something was read that was not read ahead")

func (a *ahead) queue(_ context.Context, s *statement) error {
	if found, err := a.known(s); found {
		return err
	}
	return fmt.Errorf("%w: %s", errNotAhead, s.text)
}

func (a *ahead) flush(context.Context) error { return nil }

func (a *ahead) held() *held { return nil }

// fetch returns the statements to run, and what will have the rows that they give.
func (t *postgresTx) fetch(statements []*statement) (run []*statement, read ahead) {
	for _, s := range statements {
		if s.row != nil {
			f := &fetched{statement: s, types: t.conn.Conn().TypeMap()}
			read = append(read, f)
			s = &statement{text: s.text, args: s.args, row: f.keep}
		}
		run = append(run, s)
	}
	return run, read
}

// fetched is a statement that was run ahead, and its rows.
type fetched struct {
	*statement
	types *pgtype.Map
	rows  []*fetchedRow
}

func (f *fetched) is(s *statement) bool {
	return f.text == s.text && slices.EqualFunc(f.args, s.args, sameArgument)
}

// sameArgument compares what statements are given: numbers, texts, and bytes.
func sameArgument(a, b any) bool {
	if bytesA, ok := a.([]byte); ok {
		bytesB, ok := b.([]byte)
		return ok && bytes.Equal(bytesA, bytesB)
	}
	return a == b
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
func (a *ahead) known(s *statement) (found bool, err error) {
	for i, f := range *a {
		if !f.is(s) {
			continue
		}
		*a = slices.Delete(*a, i, i+1)
		for _, row := range f.rows {
			if err := s.row(row); err != nil {
				return true, inQuery(err, s.text)
			}
		}
		return true, nil
	}
	return false, nil
}
