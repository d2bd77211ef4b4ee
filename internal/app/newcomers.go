package app

import (
	"strings"
	"time"

	"parley"
	"parley/internal/store"
)

// checkNewcomer refuses a message of somebody who came lately if it holds more than
// the community wants of new members, or if they posted too much; an edit is no post.
// It is called before anything is locked but the person.
func (d draft) checkNewcomer(tx *store.Tx, v parley.Viewer, edit bool) error {
	if v.Staff() || v.AmountCents > 0 {
		return nil
	}
	limits, err := tx.NewMembers()
	if err != nil || limits.Days == 0 {
		return err
	}
	u, err := person(&tx.Snapshot, v.ID)
	if err != nil || !limits.Include(v, u.CreatedAt, tx.Now()) {
		return err
	}
	if err := limits.Check(d.links(), len(d.named)+len(d.specials)); err != nil || edit || limits.PostsPerHour == 0 {
		return err
	}
	return checkPace(tx, v, limits.PostsPerHour)
}

// checkPace refuses one more message within an hour than a new member may post.
func checkPace(tx *store.Tx, v parley.Viewer, perHour int64) error {
	posts, err := tx.PostsSince(v.ID, tx.Now().Add(-time.Hour), perHour)
	if err != nil || int64(len(posts)) < perHour {
		return err
	}
	wait := posts[len(posts)-1].Add(time.Hour).Sub(tx.Now())
	slow := parley.Errorf(parley.RateLimited, "New members post %d messages an hour: you can write again in %d minutes.", perHour, (wait+time.Minute-1)/time.Minute)
	slow.RetryAfter = wait
	return slow
}

// links counts the links in a message, images among them. That a quote says where it
// is from does not count.
func (d draft) links() int {
	return strings.Count(d.text.HTML, "<a ") - strings.Count(d.text.HTML, `<a href="/forum#`)
}
