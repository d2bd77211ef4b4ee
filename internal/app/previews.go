package app

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"parley"
	"parley/internal/markdown"
	"parley/internal/preview"
	"parley/internal/store"
)

const (
	previewsAtOnce = 4                // pages that are fetched at the same time
	previewLease   = 30 * time.Second // longer than a page may take
	previewPause   = 5 * time.Second  // for a page that somebody else is about
	busyPause      = time.Minute      // for a host that was asked much

	// maxPreviewAttempts is after how many a message stays without: whoever links to hundreds
	// of pages of one host does not keep it asked for hours. To be put off is two.
	maxPreviewAttempts = 20

	// How long is believed what a page said, and that it said nothing or did not answer.
	pageKept    = 24 * time.Hour
	failureKept = time.Hour
)

// previews is what previews of links need beside the store.
type previews struct {
	pages       *preview.Client // nil: there are none
	previewJobs chan struct{}   // has an element when there may be one due
}

func newPreviews() previews { return previews{previewJobs: make(chan struct{}, 1)} }

// apart is the kind of jobs that others than the worker run, empty if it runs all.
func (a *App) apart() string {
	if a.pages == nil {
		return ""
	}
	return jobPreview
}

// previewJob is a message that is to show a preview of the page at an address.
type previewJob struct {
	MessageID int64  `json:"message"`
	URL       string `json:"url"`
}

// preview has a message show the preview of its link: at once if it is known what the
// page says, else when it was asked.
func (d draft) preview(tx *store.Tx, messageID int64) error {
	if d.link == "" {
		return nil
	}
	page, known, err := tx.LinkedPage(d.link)
	switch {
	case err != nil:
		return err
	case !known:
		return tx.AddJob(jobPreview, previewJob{messageID, d.link})
	case page.Title == "":
		return nil
	}
	return tx.ShowPreview(messageID, markdown.Preview(d.link, page))
}

// runPreviews runs the next previews that are due and reports whether there may be more.
func (a *App) runPreviews(ctx context.Context) (more bool) {
	var jobs []store.Job
	err := a.store.View(ctx, func(s *store.Snapshot) (err error) {
		jobs, err = s.DueJobsOf(jobPreview, previewsAtOnce)
		return err
	})
	if err != nil {
		a.warn(ctx, err, "previews not looked for, will try again")
		return false
	}
	var running sync.WaitGroup
	var stuck atomic.Bool
	for _, job := range jobs {
		running.Go(func() {
			if err := a.runPreview(ctx, job); err != nil && (ctx.Err() != nil || !a.postpone(ctx, job, err)) {
				stuck.Store(true) // what cannot be postponed is due at once: not without a pause
			}
		})
	}
	running.Wait()
	return len(jobs) > 0 && !stuck.Load()
}

// runPreview asks a page what it says and shows that below a message. The page is asked
// between two transactions: the first one keeps others from doing the same, whichever
// server they are.
func (a *App) runPreview(ctx context.Context, job store.Job) error {
	var p previewJob
	if err := json.Unmarshal(job.Payload, &p); err != nil {
		return err
	}
	asks := false
	err := a.update(ctx, func(tx *store.Tx) (err error) {
		asks, err = p.begin(tx, job)
		return err
	})
	if err != nil || !asks {
		return err
	}
	page, err := a.pages.Fetch(ctx, p.URL)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	busy := errors.Is(err, preview.ErrBusy)
	lasts := pageKept
	if err != nil {
		a.logger.DebugContext(ctx, "page without a preview", "url", p.URL, "error", err)
		lasts = failureKept
	}
	return a.update(ctx, func(tx *store.Tx) error {
		if busy {
			if err := tx.PostponeJob(job.ID, busyPause, preview.ErrBusy.Error()); err != nil {
				return err
			}
			return tx.ForgetPage(p.URL)
		}
		leased, err := tx.EndJob(job.ID) // before the page, as everybody locks them in this order
		if err != nil {
			return err
		}
		if err := tx.KeepPage(p.URL, page, lasts); err != nil || !leased {
			return err
		}
		return p.show(tx, page)
	})
}

// begin takes a job for some time and reports whether its page has to be asked. If it is
// known what that says, the job is done.
func (p previewJob) begin(tx *store.Tx, job store.Job) (asks bool, err error) {
	if leased, err := tx.LeaseJob(job.ID, previewLease); err != nil || !leased {
		return false, err
	}
	page, known, err := tx.LinkedPage(p.URL)
	if err != nil {
		return false, err
	}
	if known || job.Attempts >= maxPreviewAttempts {
		if _, err := tx.EndJob(job.ID); err != nil {
			return false, err
		}
		return false, p.show(tx, page)
	}
	if asks, err = tx.AskPage(p.URL, previewLease); err != nil || asks {
		return asks, err
	}
	return false, tx.PostponeJob(job.ID, previewPause, "the page is being asked for another message")
}

// show shows what a page says below the message, if that still links to it, to all who
// see the message. It is no edit: neither the message nor what anybody has read of it
// changes.
func (p previewJob) show(tx *store.Tx, page parley.Preview) error {
	if page.Title == "" {
		return nil
	}
	m, found, err := tx.MessageState(p.MessageID)
	if err != nil || !found || markdown.Parse(m.Content).Link() != p.URL {
		return err
	}
	if err := tx.ShowPreview(m.ID, markdown.Preview(p.URL, page)); err != nil {
		return err
	}
	tx.Append(parley.MessageEdited{ThreadID: m.ThreadID, MessageID: m.ID})
	return nil
}
