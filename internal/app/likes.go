package app

import (
	"context"

	"parley"
	"parley/internal/store"
)

// LikeResult is what a like, or taking it back, came to.
type LikeResult struct {
	Changed      bool // false: it was so already
	LikeCount    int64
	UserHasLiked bool
}

// Like likes somebody else's message; its author is notified, once.
func (a *App) Like(ctx context.Context, v parley.Viewer, id int64) (LikeResult, error) {
	return a.setLike(ctx, v, id, true)
}

// Unlike takes a like back.
func (a *App) Unlike(ctx context.Context, v parley.Viewer, id int64) (LikeResult, error) {
	return a.setLike(ctx, v, id, false)
}

func (a *App) setLike(ctx context.Context, v parley.Viewer, id int64, liked bool) (LikeResult, error) {
	result := LikeResult{UserHasLiked: liked}
	var notified, threadID int64
	err := a.change(ctx, v.ID, func(tx *store.Tx, v parley.Viewer) error {
		notified = 0
		m, t, err := readableMessage(&tx.Snapshot, v, id)
		if err != nil {
			return err
		}
		if m.AuthorID == v.ID {
			return parley.Errorf(parley.Invalid, "You cannot like your own message.")
		}
		threadID = t.ID
		change := tx.AddLike
		if !liked {
			change = tx.RemoveLike
		}
		if result.Changed, err = change(id, v.ID); err != nil || !result.Changed {
			return err
		}
		tx.Append(parley.MessageLiked{ThreadID: t.ID, MessageID: id, UserID: v.ID, Undone: !liked})
		if liked {
			notified, err = notifyLiked(tx, v, m, t)
		}
		return err
	})
	if err != nil {
		return LikeResult{}, err
	}
	if notified != 0 {
		a.pushCounts(ctx, notified, threadID, 0)
	}
	m, err := a.Message(ctx, v, id)
	result.LikeCount = m.LikeCount
	return result, err
}

// notifyLiked tells a message's author of a like and returns who that is, 0 if
// nobody was told.
func notifyLiked(tx *store.Tx, v parley.Viewer, m store.MessageState, t store.ThreadState) (int64, error) {
	author, hears, err := hearer(tx, t, m.AuthorID)
	if err != nil || !hears {
		return 0, err
	}
	fresh, err := tx.Notify(store.NewNotification{
		UserID: author.ID, Kind: parley.NotifyLike, SenderID: v.ID, ThreadID: t.ID, MessageID: m.ID,
	})
	if err != nil || !fresh {
		return 0, err
	}
	return author.ID, nil
}

// hearer returns somebody and whether they may and want to hear of what happens in
// a thread.
func hearer(tx *store.Tx, t store.ThreadState, userID int64) (parley.Viewer, bool, error) {
	v, _, err := tx.Viewer(userID)
	if err != nil || !t.Access.Admits(v) {
		return v, false, err
	}
	muted, err := tx.Muted(t.ID, userID)
	return v, !muted, err
}

// Like is one person's like of a message.
type Like struct {
	ID        int64              `json:"id"`
	User      parley.PersonBadge `json:"user"`
	CreatedAt parley.Time        `json:"created_at" format:"date-time"`
}

// LikePage is a page of a message's likes.
type LikePage struct {
	Likes        []Like `json:"likes" nullable:"false"`
	TotalLikes   int64  `json:"total_likes"`
	UserHasLiked bool   `json:"user_has_liked"`
}

// Likes returns the likes of a message after an id, oldest first; skip is for
// clients that page by number.
func (a *App) Likes(ctx context.Context, v parley.Viewer, id, after int64, skip, limit int) (page LikePage, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		if _, _, err := readableMessage(s, v, id); err != nil {
			return err
		}
		m, _, err := s.Message(v, id)
		if err != nil {
			return err
		}
		likes, err := s.Likes(id, after, limit, skip)
		page = LikePage{Likes: []Like{}, TotalLikes: m.LikeCount, UserHasLiked: m.UserHasLiked}
		for _, l := range likes {
			page.Likes = append(page.Likes, Like{l.ID, l.User.Badge(), l.CreatedAt})
		}
		return err
	})
	return page, err
}
