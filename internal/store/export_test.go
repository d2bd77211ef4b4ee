package store

// Corrupt changes rows behind the back of all that keeps them right.
func (tx *Tx) Corrupt(text string, args ...any) error { return tx.write(text, args...) }
