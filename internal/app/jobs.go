package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"parley"
	"parley/internal/store"
)

// The kinds of durable jobs.
const (
	jobNotify    = "notify"
	jobTierShown = "tier_shown"
	jobPreview   = "preview"
)

// flagPatience is when somebody who has flagged too much may look whether that has
// changed.
const flagPatience = time.Hour

const (
	jobBatch        = 16              // jobs looked up at a time
	recipientsBatch = 200             // notifications written in one transaction
	maxJobWait      = 5 * time.Minute // between two attempts
)

// wakeJobs tells the worker that there may be a job due.
func (a *App) wakeJobs() {
	for _, waiting := range []chan struct{}{a.jobs, a.previewJobs} {
		select {
		case waiting <- struct{}{}:
		default:
		}
	}
}

// work runs jobs until ctx ends, whenever there may be one due. It also looks for those
// that nobody told of: of a process that died, or that failed before.
func (a *App) work(ctx context.Context, due <-chan struct{}, run func(context.Context) (more bool)) {
	ticker := time.NewTicker(jobInterval)
	defer ticker.Stop()
	for {
		for run(ctx) {
		}
		select {
		case <-ctx.Done():
			return
		case <-due:
		case <-ticker.C:
		}
	}
}

// runJobs runs the jobs that are due and reports whether there may be more. Those
// that other servers are about are theirs, unless they fail. Previews wait for other
// people's servers: they are run apart.
func (a *App) runJobs(ctx context.Context) (more bool) {
	var jobs []store.Job
	err := a.store.View(ctx, func(s *store.Snapshot) (err error) {
		jobs, err = s.DueJobs(jobBatch, a.apart())
		return err
	})
	if err != nil {
		a.warn(ctx, err, "jobs not read, will try again")
		return false
	}
	for _, job := range jobs {
		taken, err := a.runJob(ctx, job)
		if ctx.Err() != nil {
			return false
		}
		if err != nil && !a.postpone(ctx, job, err) {
			return false // what cannot be postponed is due at once: not without a pause
		}
		more = more || taken
	}
	return more
}

// runJob does one job, or one batch of it, and reports whether it was there to be
// taken.
func (a *App) runJob(ctx context.Context, job store.Job) (taken bool, err error) {
	switch job.Kind {
	case jobNotify:
		return a.runNotify(ctx, job)
	case jobTierShown:
		return a.runTierShown(ctx, job)
	case jobPreview: // of before they were switched off
		return a.takeJob(ctx, job, func(*store.Tx) error { return nil })
	default:
		return true, fmt.Errorf("no such kind of job: written by a newer release?")
	}
}

// takeJob does a job in one transaction with its removal.
func (a *App) takeJob(ctx context.Context, job store.Job, do func(*store.Tx) error) (taken bool, err error) {
	err = a.update(ctx, func(tx *store.Tx) error {
		if taken, err = tx.TakeJob(job.ID); err != nil || !taken {
			return err
		}
		return do(tx)
	})
	return taken, err
}

// postpone notes that a job failed; it is tried again after pauses that double.
// It reports whether that could be noted.
func (a *App) postpone(ctx context.Context, job store.Job, reason error) bool {
	wait := min(time.Second<<min(job.Attempts, 10), maxJobWait)
	a.logger.ErrorContext(ctx, "job failed", "job", job.ID, "kind", job.Kind, "attempts", job.Attempts+1, "retry_in", wait, "error", reason)
	_, err := a.store.Update(ctx, func(tx *store.Tx) error { return tx.PostponeJob(job.ID, wait, reason.Error()) })
	if err != nil {
		a.warn(ctx, err, "job not postponed", "job", job.ID)
	}
	return err == nil
}

// notifyJob notifies people of a message.
type notifyJob struct {
	MessageID int64                   `json:"message"`
	Named     []int64                 `json:"named,omitempty"`
	Specials  []parley.SpecialMention `json:"specials,omitempty"`
	Edits     int64                   `json:"edits,omitempty"` // before: not 0, only those mentioned hear of it
	After     int64                   `json:"after,omitempty"` // people up to this id have been notified
}

// runNotify notifies the next batch of people and leaves a job for the rest.
func (a *App) runNotify(ctx context.Context, job store.Job) (taken bool, err error) {
	var n notifyJob
	if err := json.Unmarshal(job.Payload, &n); err != nil {
		return true, err
	}
	var notified []int64
	var threadID int64
	taken, err = a.takeJob(ctx, job, func(tx *store.Tx) error {
		notified = nil
		if err := tx.HoldText(n.MessageID); err != nil { // or the job of an edit made meanwhile might end before this one
			return err
		}
		m, found, err := tx.Glance().MessageState(n.MessageID)
		if err != nil || !found {
			return err
		}
		threadID = m.ThreadID
		notified, err = n.run(tx, m)
		return err
	})
	a.pushAllCounts(ctx, notified, []int64{threadID})
	return taken, err
}

// runTierShown tells of the next threads that show a tier.
func (a *App) runTierShown(ctx context.Context, job store.Job) (taken bool, err error) {
	var j tierJob
	if err := json.Unmarshal(job.Payload, &j); err != nil {
		return true, err
	}
	return a.takeJob(ctx, job, j.run)
}

// run notifies one batch of people and returns who they are. It only glances at the
// thread, which others go on to write in: what it makes of an access that changes
// meanwhile is shown to nobody whom the new one shuts out.
func (n notifyJob) run(tx *store.Tx, m store.MessageState) (notified []int64, err error) {
	glance := tx.Glance()
	t, found, err := glance.ThreadState(m.ThreadID)
	if err != nil || !found {
		return nil, err
	}
	if m.Edited {
		current, err := n.catchUp(tx)
		if err != nil || !current {
			return nil, err
		}
	}
	var repliedTo int64
	if m.ReplyToID != 0 {
		origin, _, err := glance.MessageState(m.ReplyToID)
		if err != nil {
			return nil, err
		}
		repliedTo = origin.AuthorID
	}
	recipients, told, err := n.recipients(tx, m, repliedTo)
	if err != nil {
		return nil, err
	}
	reached, err := reachedByCall(tx, m, recipients)
	if err != nil {
		return nil, err
	}
	for _, r := range recipients {
		n.address(&r)
		r.Reached = reached[r.Viewer.ID]
		r.RepliedTo = r.Viewer.ID == repliedTo
		if was, isTold := told[r.Viewer.ID]; isTold {
			changed, err := retell(tx, m, t, r, was)
			if err != nil {
				return nil, err
			}
			if changed {
				notified = append(notified, r.Viewer.ID)
			}
			continue
		}
		kind, ok := r.Reason(t.Access, m.AuthorID)
		if !ok || m.Hidden && !r.Viewer.SeesHidden(m.AuthorID) || n.Edits > 0 && kind != parley.NotifyMention {
			continue
		}
		fresh, err := tx.Notify(store.NewNotification{
			UserID: r.Viewer.ID, Kind: kind, SenderID: m.AuthorID, ThreadID: t.ID, MessageID: m.ID,
		})
		if err != nil {
			return nil, err
		}
		if fresh {
			notified = append(notified, r.Viewer.ID)
		}
	}
	if len(recipients) == recipientsBatch {
		n.After = recipients[len(recipients)-1].Viewer.ID
		return notified, tx.AddJob(jobNotify, n)
	}
	return notified, nil
}

// reachedByCall returns those of the recipients whom a message notifies as one of
// everyone.
func reachedByCall(tx *store.Tx, m store.MessageState, recipients []parley.Recipient) (map[int64]bool, error) {
	if !mentionsEveryone(m) || len(recipients) == 0 {
		return nil, nil
	}
	c, found, err := tx.CallOf(m.ID)
	if err != nil || !found || !c.Stood {
		return nil, err
	}
	ids := make([]int64, len(recipients))
	for i, r := range recipients {
		ids[i] = r.Viewer.ID
	}
	listeners, err := tx.Listeners(ids, c.ID-1)
	reached := make(map[int64]bool, len(listeners))
	for id, l := range listeners {
		l.Notified = nil // what they were told themselves is for the caller to weigh
		reached[id] = l.Reached(c)
	}
	return reached, err
}

// address notes how the message mentions somebody.
func (n notifyJob) address(r *parley.Recipient) {
	r.Named = slices.Contains(n.Named, r.Viewer.ID)
	for _, special := range n.Specials {
		r.Called = r.Called || special.Means(r.Viewer.Role)
	}
}
