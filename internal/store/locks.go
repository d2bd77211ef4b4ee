package store

// A write transaction decides by what it reads: whether a thread is open, what
// somebody may do, whether they did it before. On SQLite nobody else writes
// meanwhile. Where others do, it locks what it decides by, and does so by itself
// whenever it reads the state of a thread, of a message or of a person:
//
//   - A thread's row stands for all that belongs to it: messages, likes, follows,
//     counters. Whoever changes any of it holds that row, so that each thread has one
//     writer at a time. A sub-thread's writers share its parent's row, which decides
//     over who may see them; whoever changes the parent holds that row alone.
//   - A person's row is shared by all who act for them, and held alone by whoever
//     changes their rights.
//
// All transactions lock in one order, and so never wait for each other in a
// circle: rows of people, of threads, of messages, of people's counts, ascending
// in each, then the channels of the log (see compareChannels), and last the lock
// between rights and commits (see rightsLock). Where an order cannot be kept the
// database notices the circle, and the transaction runs again.

// held is what a write transaction has locked.
type held struct {
	threads map[int64]bool
}

func newHeld() *held { return &held{threads: map[int64]bool{}} }

// locks reports whether reading has to lock.
func (s *Snapshot) locks() bool { return s.held != nil }

// locking returns a clause that locks the rows a statement reads, if that is
// needed.
func (s *Snapshot) locking(clause string) string {
	if !s.locks() {
		return ""
	}
	return " " + clause
}

// lock locks rows that a statement selects, if that is needed.
func (s *Snapshot) lock(text string, args ...any) error {
	if !s.locks() {
		return nil
	}
	return s.q.queue(s.ctx, &statement{text: text, args: args})
}

// Glance returns a snapshot of the transaction that locks nothing, for what
// decides nothing: others may change it before this transaction is committed. Who
// marks a thread read need not keep others from writing in it.
func (tx *Tx) Glance() *Snapshot {
	s := tx.Snapshot
	s.held = nil
	return &s
}

// holdThread makes the transaction the only writer of a thread.
func (s *Snapshot) holdThread(id int64) error {
	if !s.locks() || s.held.threads[id] {
		return nil
	}
	s.held.threads[id] = true
	if err := s.lock(shareParent, id); err != nil {
		return err
	}
	return s.lock(`SELECT id FROM threads WHERE id = $1 FOR NO KEY UPDATE`, id)
}

// inItsThread reads something of a thread that only it tells, and makes the
// transaction the thread's only writer.
func inItsThread[T any](s *Snapshot, id int64, read func(int64) (T, bool, error), thread func(T) int64) (T, bool, error) {
	item, found, err := read(id)
	if err != nil || !found || !s.locks() || s.held.threads[thread(item)] {
		return item, found, err
	}
	if err := s.holdThread(thread(item)); err != nil {
		return item, false, err
	}
	return read(id) // as it is now that it stays so
}

// shareParent keeps the parent of sub-thread $1 as it is.
const shareParent = `SELECT p.id FROM threads t JOIN threads p ON p.id = t.parent_thread_id WHERE t.id = $1 FOR KEY SHARE OF p`

// HoldThread keeps everybody else from writing in a thread and its sub-threads
// until the transaction ends. Who changes a thread's access, or deletes it, calls
// it before anything else.
func (tx *Tx) HoldThread(id int64) error {
	if !tx.locks() {
		return nil
	}
	tx.held.threads[id] = true
	if err := tx.lock(shareParent, id); err != nil {
		return err
	}
	return tx.lock(`SELECT id FROM threads WHERE id = $1 FOR UPDATE`, id)
}

// holdSubThreads makes the transaction the only writer of a thread's sub-threads.
func (s *Snapshot) holdSubThreads(parentID int64) error {
	return s.lock(`SELECT id FROM threads WHERE parent_thread_id = $1 AND deleted_at IS NULL ORDER BY id FOR NO KEY UPDATE`, parentID)
}

// holdPerson keeps everybody from acting for a person until their rights are
// changed.
func (tx *Tx) holdPerson(id int64) error {
	return tx.lock(`SELECT id FROM users WHERE id = $1 FOR UPDATE`, id)
}

// HoldText keeps everybody from editing a message until the transaction ends.
func (tx *Tx) HoldText(messageID int64) error {
	return tx.lock(`SELECT id FROM messages WHERE id = $1 FOR SHARE`, messageID)
}

// inTurn has the transactions that call it for a person follow one another. It
// keeps nobody from acting for them.
func (s *Snapshot) inTurn(userID int64) error {
	return s.lock(`SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE`, userID)
}

// Alone has the transactions that call it follow one another: those that decide by
// more than rows they could lock, as whether there is another creator.
func (tx *Tx) Alone() error {
	return tx.lock(`SELECT name FROM meta WHERE name = 'compatible_from' FOR UPDATE`)
}
