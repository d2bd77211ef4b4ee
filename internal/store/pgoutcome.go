package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"parley"
)

// operation names one attempt to change something. Its row is committed with the
// change: where the answer to COMMIT is lost, it tells whether there was one.
type operation [16]byte

// insertOperation fails where the name is taken, and its transaction with it: somebody
// was told then that the change was not made, see made.
const insertOperation = `INSERT INTO operations (id) VALUES ($1)`

// newOperation returns a fresh name, which begins with the time, so that new ones
// stand together in the index and old ones are easily told (UUIDs of version 7 do
// the same).
func newOperation(now time.Time) (op operation) {
	rand.Read(op[6:])
	op.begin(now)
	op[6], op[8] = op[6]&0x0f|0x70, op[8]&0x3f|0x80
	return op
}

// operationRetention is how long a name is kept: much longer than anybody asks for it.
const operationRetention = time.Hour

// pruneOperations deletes one batch of old names and reports whether there may be
// more.
func (tx *Tx) pruneOperations(now time.Time) (more bool, err error) {
	const batch = 10_000
	var oldest operation
	oldest.begin(now.Add(-operationRetention))
	n, err := tx.exec(`DELETE FROM operations WHERE id IN (SELECT id FROM operations WHERE id < $1 ORDER BY id LIMIT $2)`, oldest, batch)
	return n == batch, err
}

func (op *operation) begin(t time.Time) {
	ms := t.UnixMilli()
	for i := range 6 {
		op[5-i] = byte(ms >> (8 * i))
	}
}

const (
	resolvePatience = 10 * time.Second       // how long a caller waits to hear what became of a change
	resolvePause    = 200 * time.Millisecond // between attempts to ask
)

// resolve finds out what became of a change whose COMMIT was sent and not
// answered, because of cause. It returns nil if the change was made, cause if it
// was not and never will be.
func (e *postgresEngine) resolve(op operation, cause error) error {
	ctx, cancel := context.WithTimeout(context.Background(), resolvePatience)
	defer cancel()
	for {
		made, err := e.made(ctx, op)
		switch {
		case err == nil && made:
			return nil
		case err == nil:
			return cause
		}
		select {
		case <-ctx.Done():
			return &parley.Error{
				Kind: parley.Unavailable, RetryAfter: retryWrites, Err: fmt.Errorf("%w: %w", errUnknown, cause),
				Message: "The database went away while it stored this: look whether it is there before you try again.",
			}
		case <-time.After(resolvePause):
		}
	}
}

// made reports whether an operation was committed. If not, it takes its name, so
// that it cannot be committed later: the lost connection's other end may still be
// at it. The insertion waits for that to end.
func (e *postgresEngine) made(ctx context.Context, op operation) (bool, error) {
	conn, err := e.acquire(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Release()
	tag, err := conn.Exec(ctx, insertOperation+` ON CONFLICT DO NOTHING`, op)
	e.noteLoss(err)
	return tag.RowsAffected() == 0, err
}
