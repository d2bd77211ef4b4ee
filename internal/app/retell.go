package app

import (
	"slices"

	"parley"
	"parley/internal/store"
)

// catchUp fits n to a message that was edited since it was posted, and reports whether
// there is still something to do. Jobs run in any order: whom the message mentions
// is for the job of its last edit to say, and for that one alone.
func (n *notifyJob) catchUp(tx *store.Tx) (current bool, err error) {
	if n.Edits == 0 {
		n.Named, n.Specials = nil, nil
		return true, nil
	}
	edits, err := tx.Edits(n.MessageID)
	return edits == n.Edits, err
}

// recipients returns the next people who may have to hear of a message, and after an
// edit what it has told them already.
func (n notifyJob) recipients(tx *store.Tx, m store.MessageState, repliedTo int64) ([]parley.Recipient, map[int64]store.Told, error) {
	q := store.RecipientQuery{
		ThreadID: m.ThreadID, Followers: n.Edits == 0, Named: slices.Clone(n.Named), Specials: n.Specials,
		After: n.After, Limit: recipientsBatch,
	}
	if n.Edits == 0 {
		q.Named = append(q.Named, repliedTo)
		recipients, err := tx.Recipients(q)
		return recipients, nil, err
	}
	mentioned, err := tx.MentionedBy(m.ID)
	if err != nil {
		return nil, nil, err
	}
	q.Named = append(q.Named, mentioned...)
	recipients, err := tx.Recipients(q)
	if err != nil {
		return nil, nil, err
	}
	ids := make([]int64, len(recipients))
	for i, r := range recipients {
		ids[i] = r.Viewer.ID
	}
	told, err := tx.ToldOf(m.ID, ids)
	return recipients, told, err
}

// retell changes what an edited message has told somebody into what it would tell
// them now, silently and read if they had read it, and reports whether that differs.
func retell(tx *store.Tx, m store.MessageState, t store.ThreadState, r parley.Recipient, was store.Told) (changed bool, err error) {
	now := was
	switch {
	case r.Reached: // it tells them as one of everyone, or did before it mentioned all
	case r.Called || r.Named:
		if kind, _ := r.Reason(t.Access, m.AuthorID); kind == parley.NotifyMention {
			now.Kind, now.TakenBack = kind, false
		}
	case was.Kind == parley.NotifyMention && !was.TakenBack:
		// Who cannot see the thread for now is told once they can again.
		kind, ok := r.Reason(parley.Access{}, m.AuthorID)
		if now.TakenBack = !ok; ok {
			now.Kind = kind
		}
	}
	if now == was {
		return false, nil
	}
	if err := tx.Retell(m.ID, now); err != nil {
		return false, err
	}
	return true, tx.Recount([]int64{r.Viewer.ID}, t.ID)
}
