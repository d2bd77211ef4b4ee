package storetest

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"parley"
	"parley/internal/store"
)

var counterTests = map[string]func(*testing.T, Open){
	"counters are what counting gives, after any history": countersKept,
	"a like counts once":                     likesOnce,
	"likes are paged":                        likesPaged,
	"who follows already keeps their wishes": followsOnce,
	"what one has read only moves forwards":  readForwards,
	"unread messages are others' newer ones": unreadMessages,
}

// history is a random history of one thread with its sub-threads, run in one
// transaction.
type history struct {
	c      *Community
	tx     *store.Tx
	thread ThreadRef
	alive  []int64              // messages that were not deleted
	gone   []store.MessageState // those that were, each with all below it
	subs   []store.ThreadState
}

func countersKept(t *testing.T, open Open) {
	c := community(t, open)
	rapid.Check(t, func(rt *rapid.T) {
		// Values are drawn before the transaction, whose function may be run on
		// another goroutine, and again.
		steps := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 1000), 3, 3), 1, 30).Draw(rt, "steps")
		var drift error
		_, err := c.Store.Update(t.Context(), func(tx *store.Tx) (err error) {
			h := &history{c: c, tx: tx}
			if h.thread, err = StartThread(tx, store.NewThread{Title: "history", AuthorID: c.Ada.ID}); err != nil {
				return err
			}
			h.alive = []int64{h.thread.First}
			for _, step := range steps {
				if err := h.step(step[0], step[1], step[2]); err != nil {
					return err
				}
			}
			drift = h.check()
			return nil
		})
		if err != nil || drift != nil {
			rt.Fatal(err, drift)
		}
	})
}

// step does one thing that depends on three numbers.
func (h *history) step(what, which, who int) (err error) {
	message := h.alive[which%len(h.alive)]
	person := []int64{h.c.Ada.ID, h.c.Tomas.ID, h.c.Mina.ID, h.c.Finn.ID}[who%4]
	switch what % 11 {
	case 0, 1:
		id, err := h.tx.InsertMessage(h.thread.ID, person, message, Text("reply"))
		h.alive = append(h.alive, id)
		return err
	case 2:
		return h.delete(message)
	case 3:
		_, err = h.tx.AddLike(message, person)
	case 4:
		_, err = h.tx.RemoveLike(message, person)
	case 5:
		return h.follow(which, person)
	case 6:
		return h.grow(message, person)
	case 7:
		return h.deleteSub(which)
	case 8:
		return h.restore(which)
	case 9, 10:
		return h.hide(message, what%11 == 9)
	}
	return err
}

func (h *history) delete(id int64) error {
	if id == h.thread.First {
		return nil
	}
	m, _, err := h.tx.MessageState(id)
	if err != nil {
		return err
	}
	gone, err := h.tx.DeleteMessages(m, h.c.Ada.ID)
	h.gone = append(h.gone, m)
	h.alive = slices.DeleteFunc(h.alive, func(id int64) bool { return slices.Contains(idsOf(gone), id) })
	return err
}

// hide hides a message from all but its author and the team, or shows it again.
func (h *history) hide(id int64, hide bool) error {
	m, _, err := h.tx.MessageState(id)
	switch {
	case err != nil || id == h.thread.First || m.Hidden == hide:
		return err
	case hide:
		return h.tx.HideMessage(m, h.c.Ada.ID)
	default:
		return h.tx.ShowMessage(m)
	}
}

func (h *history) restore(which int) error {
	if len(h.gone) == 0 {
		return nil
	}
	i := which % len(h.gone)
	if !slices.Contains(h.alive, h.gone[i].ReplyToID) {
		return nil
	}
	restored, err := h.tx.RestoreMessages(h.gone[i])
	for _, r := range restored {
		h.alive = append(h.alive, r.ID)
	}
	slices.Sort(h.alive)
	h.gone = slices.Delete(h.gone, i, i+1)
	return err
}

func (h *history) follow(which int, person int64) error {
	switch which % 3 {
	case 0:
		return h.tx.Follow(h.thread.ID, person, parley.Follow{NewMessage: true})
	case 1:
		return h.tx.FollowUnlessFollowing(h.thread.ID, person, parley.Follow{})
	default:
		return h.tx.Unfollow(h.thread.ID, person)
	}
}

func (h *history) grow(message, person int64) error {
	sub, err := StartThread(h.tx, store.NewThread{Title: "sub", AuthorID: person, ParentThreadID: h.thread.ID, ParentMessageID: message})
	if err != nil {
		return err
	}
	state, _, err := h.tx.ThreadState(sub.ID)
	h.subs = append(h.subs, state)
	return err
}

func (h *history) deleteSub(which int) error {
	if len(h.subs) == 0 {
		return nil
	}
	i := which % len(h.subs)
	err := h.tx.DeleteThread(h.subs[i])
	h.subs = slices.Delete(h.subs, i, i+1)
	return err
}

// check counts what the counters count: what somebody sees to whom nothing hidden is
// shown.
func (h *history) check() error {
	everybody := parley.Viewer{Role: parley.RoleMember, Active: true}
	all, err := h.tx.NewestMessages(h.c.Ada, h.thread.ID, 0, 1000)
	if err != nil {
		return err
	}
	if !slices.Equal(messageIDs(all), h.alive) {
		return fmt.Errorf("there are %v, want %v", messageIDs(all), h.alive)
	}
	state, _, err := h.tx.ThreadState(h.thread.ID)
	if err != nil {
		return err
	}
	messages, err := h.tx.NewestMessages(everybody, h.thread.ID, 0, 1000)
	if err != nil {
		return err
	}
	thread, _, err := h.tx.Thread(h.c.Ada, h.thread.ID)
	if err != nil {
		return err
	}
	followers, err := h.tx.Followers(h.thread.ID)
	if err != nil {
		return err
	}
	if state.MessageCount != int64(len(messages)) || thread.FollowerCount != int64(len(followers)) || thread.LastMessageAt != messages[len(messages)-1].CreatedAt {
		return fmt.Errorf("%d messages, the last at %v, and %d followers are kept, but there are %v and %v",
			state.MessageCount, thread.LastMessageAt, thread.FollowerCount, messageIDs(messages), followers)
	}
	for _, m := range all {
		if err := h.checkMessage(m); err != nil {
			return err
		}
	}
	return nil
}

func (h *history) checkMessage(m parley.Message) error {
	replies, err := h.tx.Replies(parley.Viewer{Role: parley.RoleMember, Active: true}, m.ID, 0, 1000, 0)
	if err != nil {
		return err
	}
	likes, err := h.tx.Likes(m.ID, 0, 1000, 0)
	if err != nil {
		return err
	}
	subs, err := h.tx.CountSubThreads(h.c.Ada, m.ID)
	if err != nil {
		return err
	}
	liked := slices.ContainsFunc(likes, func(l store.Like) bool { return l.User.ID == h.c.Ada.ID })
	if m.ReplyCount != int64(len(replies)) || m.LikeCount != int64(len(likes)) || m.SpawnedThreadCount != subs || m.UserHasLiked != liked {
		return fmt.Errorf("message %d keeps %d replies, %d likes (by Ada: %v), %d sub-threads; counted are %d, %d (%v), %d",
			m.ID, m.ReplyCount, m.LikeCount, m.UserHasLiked, m.SpawnedThreadCount, len(replies), len(likes), liked, subs)
	}
	return nil
}

func likesOnce(t *testing.T, open Open) {
	c := community(t, open)
	for i, want := range []bool{true, false} {
		if got := Write(t, c.Store, func(tx *store.Tx) (bool, error) { return tx.AddLike(c.Free.First, c.Finn.ID) }); got != want {
			t.Errorf("like %d is new: %v, want %v", i+1, got, want)
		}
	}
	for i, want := range []bool{true, false} {
		if got := Write(t, c.Store, func(tx *store.Tx) (bool, error) { return tx.RemoveLike(c.Free.First, c.Finn.ID) }); got != want {
			t.Errorf("taking it back, time %d, changed something: %v, want %v", i+1, got, want)
		}
	}
}

func likesPaged(t *testing.T, open Open) {
	c := community(t, open)
	for _, v := range []parley.Viewer{c.Finn, c.Mina, c.Tomas} {
		Write(t, c.Store, func(tx *store.Tx) (bool, error) { return tx.AddLike(c.Free.First, v.ID) })
	}
	page := func(after int64, limit, offset int) []store.Like {
		return Read(t, c.Store, func(s *store.Snapshot) ([]store.Like, error) { return s.Likes(c.Free.First, after, limit, offset) })
	}
	all := page(0, 10, 0)
	if len(all) != 3 || all[0].User.Name != "Finn" || all[1].User.Role != parley.DisplayPatron || all[2].CreatedAt != parley.At(c.Clock.Now()) {
		t.Fatalf("all: %+v", all)
	}
	if got := page(all[0].ID, 1, 0); len(got) != 1 || got[0] != all[1] {
		t.Errorf("one after the first: %+v", got)
	}
	if got := page(0, 10, 2); len(got) != 1 || got[0] != all[2] {
		t.Errorf("without the first two: %+v", got)
	}
}

func followsOnce(t *testing.T, open Open) {
	c := community(t, open)
	wishes := parley.Follow{Mention: true}
	Update(t, c.Store, func(tx *store.Tx) error { return tx.Follow(c.Free.ID, c.Finn.ID, parley.Follow{NewMessage: true}) })
	Update(t, c.Store, func(tx *store.Tx) error { return tx.Follow(c.Free.ID, c.Finn.ID, wishes) })
	Update(t, c.Store, func(tx *store.Tx) error {
		return tx.FollowUnlessFollowing(c.Free.ID, c.Finn.ID, parley.Follow{NewMessage: true, Reply: true})
	})
	got := Read(t, c.Store, func(s *store.Snapshot) ([]parley.Recipient, error) {
		return s.Recipients(store.RecipientQuery{ThreadID: c.Free.ID, Followers: true, Limit: 10})
	})
	if len(got) != 1 || got[0].Viewer != c.Finn || *got[0].Follow != wishes {
		t.Errorf("followers: %+v, want Finn with %+v", got, wishes)
	}
	thread := Found(t, c.Store, func(s *store.Snapshot) (parley.Thread, bool, error) { return s.Thread(c.Finn, c.Free.ID) })
	if !thread.IsFollowing || thread.FollowerCount != 1 {
		t.Errorf("following %v, %d followers", thread.IsFollowing, thread.FollowerCount)
	}
}

func readForwards(t *testing.T, open Open) {
	c := community(t, open)
	second := c.Post(t, c.Ada, c.Free, "second")
	for _, to := range []int64{second, c.Free.First, second} {
		Update(t, c.Store, func(tx *store.Tx) error { return tx.MoveReadPosition(c.Finn.ID, c.Free.ID, to) })
		thread := Found(t, c.Store, func(s *store.Snapshot) (parley.Thread, bool, error) { return s.Thread(c.Finn, c.Free.ID) })
		if thread.LastReadMessageID == nil || *thread.LastReadMessageID != second {
			t.Errorf("moved to %d, it stands at %v, want %d", to, thread.LastReadMessageID, second)
		}
	}
	if others := Found(t, c.Store, func(s *store.Snapshot) (parley.Thread, bool, error) { return s.Thread(c.Mina, c.Free.ID) }); others.LastReadMessageID != nil {
		t.Errorf("Mina has read up to %d, by Finn's reading", *others.LastReadMessageID)
	}
}

func unreadMessages(t *testing.T, open Open) {
	c := community(t, open)
	second := c.Post(t, c.Ada, c.Free, "second")
	c.Post(t, c.Finn, c.Free, "his own")
	gone := c.Post(t, c.Ada, c.Free, "gone")
	c.Post(t, c.Mina, c.Free, "last")
	c.Delete(t, gone)
	unread := func() int64 {
		return Found(t, c.Store, func(s *store.Snapshot) (parley.Thread, bool, error) { return s.Thread(c.Finn, c.Free.ID) }).UnreadMessages
	}
	if got := unread(); got != 3 {
		t.Errorf("Finn, who has read nothing, has %d unread, want 3", got)
	}
	Update(t, c.Store, func(tx *store.Tx) error { return tx.MoveReadPosition(c.Finn.ID, c.Free.ID, second) })
	if got := unread(); got != 1 {
		t.Errorf("after the second he has %d unread, want 1", got)
	}
}
