package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// querier runs the statements of one transaction, in the order in which they are
// queued.
type querier interface {
	// queue has a statement run: at once, or together with those that follow it.
	// Its error may be told by whatever is called next.
	queue(ctx context.Context, s *statement) error
	// flush returns when all that was queued has run.
	flush(ctx context.Context) error
	// held is what the transaction has locked, nil where nobody else writes meanwhile.
	held() *held
}

// statement is an SQL statement, and what came of it once it was flushed.
type statement struct {
	text    string
	args    []any
	row     func(scanner) error // takes each of its rows; nil: nobody wants them
	writes  bool                // changes rows
	logged  *Logged             // the event that it logs; nil: none
	changed int64               // rows that it changed, if it gave none
	taken   bool                // one of its rows at least, from a server
}

// exec runs a statement that changes rows and returns how many.
func (tx *Tx) exec(text string, args ...any) (int64, error) {
	tx.wrote = true
	s := &statement{text: text, args: args, writes: true}
	err := tx.run(s)
	return s.changed, err
}

// write has a statement run that changes rows. What did not work about it may be
// told by a later one, or by the end of the transaction: where the database is on
// the other side of a network, statements travel together until somebody wants to
// know what came of one.
func (tx *Tx) write(text string, args ...any) error {
	tx.wrote = true
	return tx.q.queue(tx.ctx, &statement{text: text, args: args, writes: true})
}

// run runs a statement now, after those that were queued.
func (s *Snapshot) run(stmt *statement) error {
	if err := s.q.queue(s.ctx, stmt); err != nil {
		return err
	}
	return s.q.flush(s.ctx)
}

// insert runs an INSERT … RETURNING id and returns that id, 0 if the row was
// there already (ON CONFLICT DO NOTHING).
func (tx *Tx) insert(text string, args ...any) (id int64, err error) {
	tx.wrote = true
	err = tx.run(&statement{text: text, args: args, writes: true, row: func(row scanner) error { return row.Scan(&id) }})
	return id, err
}

// scanner is the row at hand.
type scanner interface{ Scan(dest ...any) error }

// list reads all rows, each with scan. It never returns nil, so that an empty
// list is an empty JSON array.
func list[T any](s *Snapshot, scan func(scanner) (T, error), text string, args ...any) ([]T, error) {
	all := []T{}
	err := s.run(&statement{text: text, args: args, row: func(row scanner) error {
		item, err := scan(row)
		all = append(all, item)
		return err
	}})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// one reads the first row and reports whether there was one.
func one[T any](s *Snapshot, scan func(scanner) (T, error), text string, args ...any) (item T, found bool, err error) {
	items, err := list(s, scan, text, args...)
	if err != nil || len(items) == 0 {
		return item, false, err
	}
	return items[0], true, nil
}

// scalar reads a row of one column.
func scalar[T any](row scanner) (value T, err error) {
	err = row.Scan(&value)
	return value, err
}

// inQuery says which statement failed. Arguments are not shown: they may be
// private.
func inQuery(err error, text string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w (in %.60q)", err, strings.Join(strings.Fields(text), " "))
}

// null maps the zero value to SQL's NULL.
func null[T comparable](value T) sql.Null[T] {
	var zero T
	return sql.Null[T]{V: value, Valid: value != zero}
}

// pointer maps SQL's NULL to nil.
func pointer[T any](value sql.Null[T]) *T {
	if !value.Valid {
		return nil
	}
	return &value.V
}

// flag maps a boolean to the number that both databases store.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// arguments collects the arguments of a statement that is put together.
type arguments []any

// add appends a value and returns its placeholder.
func (a *arguments) add(value any) string {
	*a = append(*a, value)
	return "$" + strconv.Itoa(len(*a))
}

// id appends an id that a column is compared with. The cast is for SQLite, see
// TestIDsDoNotChangeThePlan.
func (a *arguments) id(value int64) string { return "cast(" + a.add(value) + " AS BIGINT)" }

// page appends what a page of rows is cut by.
func (a *arguments) page(limit, offset int) string {
	return " LIMIT " + a.add(limit) + " OFFSET " + a.add(offset)
}

// in appends values and returns their parenthesised placeholders, for IN, where
// nothing is among no values. To keep the number of different statements small it
// repeats the last value up to the next power of two.
func in[T any](a *arguments, values []T) string {
	if len(values) == 0 {
		return "(NULL)"
	}
	places := make([]string, roundUp(len(values)))
	for i := range places {
		places[i] = a.add(values[min(i, len(values)-1)])
	}
	return "(" + strings.Join(places, ", ") + ")"
}

// roundUp returns the next power of two.
func roundUp(n int) int {
	size := 1
	for size < n {
		size *= 2
	}
	return size
}
