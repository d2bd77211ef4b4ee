package app

import (
	"context"
	"maps"
	"slices"

	"parley"
	"parley/internal/markdown"
	"parley/internal/store"
)

// draft is a message that was read and rendered, ready to be stored.
type draft struct {
	text     store.Text
	named    []int64 // people mentioned by name, also by one that others do not know them by
	specials []parley.SpecialMention
	uploads  []int64 // images that it shows
	link     string  // the page whose preview it shows; empty: none, or previews are off
}

// compose renders a message of an author, for which it looks up the names in it and
// the images. It is done before the write transaction, as it takes longer than what
// happens there. Only what the author uploaded is shown: who could show others'
// images by their number would open those of private threads to everybody.
func (a *App) compose(ctx context.Context, authorID int64, content string) (draft, error) {
	content, err := parley.CheckContent(content)
	if err != nil {
		return draft{}, err
	}
	doc := markdown.Parse(content)
	people, behind, err := a.mentionedUsers(ctx, doc.Names())
	if err != nil {
		return draft{}, err
	}
	uploads, err := a.uploadsOf(ctx, authorID, doc.Uploads())
	if err != nil {
		return draft{}, err
	}
	d := draft{text: store.Text{Content: content}, named: behind, uploads: slices.Sorted(maps.Keys(uploads))}
	d.text.HTML, d.text.Mentions = doc.Render(people, uploads)
	if a.pages != nil {
		d.link = doc.Link()
	}
	for _, m := range d.text.Mentions {
		if m.Special != "" {
			d.specials = append(d.specials, m.Special)
		} else {
			d.named = append(d.named, m.UserID)
		}
	}
	return d, nil
}

// mentionedUsers returns the people with these names, by folded name, and those
// who are meant though they go by an alias. Most messages name nobody, and then
// nothing is read.
func (a *App) mentionedUsers(ctx context.Context, names []string) (people map[string]parley.Mention, behind []int64, err error) {
	if len(names) == 0 {
		return nil, nil, nil
	}
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		people, behind, err = s.MentionedUsers(names)
		return err
	})
	return people, behind, err
}

// uploadsOf returns those of some uploads that are the author's, by id.
func (a *App) uploadsOf(ctx context.Context, authorID int64, ids []int64) (uploads map[int64]parley.Upload, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		uploads, err = s.UploadsOf(authorID, ids)
		return err
	})
	return uploads, err
}

// show makes a new message show its images, and the preview of its link.
func (d draft) show(tx *store.Tx, messageID, authorID int64) error {
	if len(d.uploads) > 0 {
		if err := tx.ShowUploads(messageID, authorID, d.uploads); err != nil {
			return err
		}
	}
	return d.preview(tx, messageID)
}

// mentions reports whether the message mentions v, by name or as one of the team. Whom
// a mention of everyone reaches is for the store to tell.
func (d draft) mentions(v parley.Viewer) bool {
	return slices.Contains(d.named, v.ID) || slices.ContainsFunc(d.specials, func(s parley.SpecialMention) bool {
		return s != parley.MentionEveryone && s.Means(v.Role)
	})
}

func (d draft) callsEveryone() bool { return slices.Contains(d.specials, parley.MentionEveryone) }

// checkSpecials refuses mentions of many by those who may not make them.
func (d draft) checkSpecials(v parley.Viewer) error {
	for _, special := range d.specials {
		if special != parley.MentionCreator && !v.Staff() {
			return parley.Errorf(parley.Forbidden, "Only the creator and the team may mention @%s.", special)
		}
	}
	return nil
}

// checkEdited is checkSpecials for a message that was there before. Those whom it
// mentioned then its author has to have the right to mention now, too: else the right
// would last for as long as the message does. Everyone it called is not called again.
func (d draft) checkEdited(tx *store.Tx, v parley.Viewer, old store.MessageState) error {
	if err := d.checkSpecials(v); err != nil || !d.callsEveryone() || !mentionsEveryone(old) {
		return err
	}
	return d.keepEveryone(tx, v)
}

// notify appends what tells others of a new message in a thread: events for those
// mentions that everybody sees, and a job for the notifications.
func (d draft) notify(tx *store.Tx, t store.ThreadState, messageID int64, v parley.Viewer) error {
	if err := d.announce(tx, t, messageID, v, false); err != nil {
		return err
	}
	return d.addJob(tx, messageID, 0)
}

// announce appends the events for those mentions that everybody sees, and calls
// everyone. After an edit it is asked of what the message mentions anew.
func (d draft) announce(tx *store.Tx, t store.ThreadState, messageID int64, v parley.Viewer, edited bool) error {
	for _, special := range d.specials {
		if special == parley.MentionEveryone {
			if err := d.callEveryone(tx, t, messageID, v, edited); err != nil {
				return err
			}
			continue
		}
		if special == parley.MentionTeam {
			n, err := tx.CountMentioned(special, t.ID, v.ID)
			if err != nil {
				return err
			}
			tx.Append(parley.ManyMentioned{ThreadID: t.ID, MessageID: messageID, Special: special, Notifications: n})
		}
	}
	return nil
}

// addJob has those notified whom the message mentions after so many edits, and unless
// it was edited those who follow its thread. Of everyone a call tells.
func (d draft) addJob(tx *store.Tx, messageID, edits int64) error {
	specials := slices.DeleteFunc(slices.Clone(d.specials), func(s parley.SpecialMention) bool { return s == parley.MentionEveryone })
	return tx.AddJob(jobNotify, notifyJob{MessageID: messageID, Named: d.named, Specials: specials, Edits: edits})
}

// without leaves out those whom a message mentioned before it was edited.
func (d draft) without(mentioned []parley.Mention) draft {
	known := map[parley.Mention]bool{}
	for _, m := range mentioned {
		known[parley.Mention{UserID: m.UserID, Special: m.Special}] = true
	}
	fresh := draft{text: d.text}
	for _, id := range d.named {
		if !known[parley.Mention{UserID: id}] {
			fresh.named = append(fresh.named, id)
		}
	}
	for _, special := range d.specials {
		if !known[parley.Mention{Special: special}] {
			fresh.specials = append(fresh.specials, special)
		}
	}
	return fresh
}
