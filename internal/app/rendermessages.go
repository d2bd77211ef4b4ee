package app

import (
	"parley"
	"parley/realtime"
)

func (r *renderer) messagePosted(e parley.MessagePosted, event *realtime.Event) (any, error) {
	m, ok := r.message(e.MessageID, e.ThreadID)
	if !ok {
		return nil, nil
	}
	event.Audience = readersOf(m)
	counts, err := r.threadCounts(e.ThreadID, m.ReplyToID)
	frame := parley.NewMessageFrame{Type: "new_message", ThreadID: e.ThreadID, Message: m.ForReader(), ThreadCounts: counts}
	if err != nil || !e.Moved || m.LikeCount == 0 {
		return frame, err
	}
	likers, err := r.s.LikersOf([]int64{m.ID}, maxShownLikes)
	frame.LikedBy = likers[m.ID]
	return frame, err
}

// readsPosted names what messagePosted reads of a message that replies to another one,
// 0: to none. See store.Store.ViewAhead.
func (r *renderer) readsPosted(e parley.MessagePosted, replyTo int64) {
	r.s.MessagesByID(r.viewer, []int64{e.MessageID})
	r.s.MessageCount(e.ThreadID)
	if replyTo != 0 {
		r.s.ReplyCount(replyTo)
	}
}

// messagesDeleted names the messages; the first of them is the one that was
// deleted, the others are replies below it. One that is damaged may name none.
func (r *renderer) messagesDeleted(e parley.MessagesDeleted) (frame any, err error) {
	if len(e.MessageIDs) == 0 {
		return nil, nil
	}
	repliedTo := &e.RepliedTo
	if e.RepliedTo == 0 {
		if repliedTo, err = r.s.RepliedTo(e.MessageIDs[0]); err != nil {
			return nil, err
		}
	}
	counts, err := r.threadCounts(e.ThreadID, repliedTo)
	return parley.MessagesDeletedFrame{
		Type: "messages_deleted", ThreadID: e.ThreadID, MessageIDs: e.MessageIDs, DeletedCount: len(e.MessageIDs), ThreadCounts: counts,
	}, err
}

// maxShownLikes bounds how many likes come back with restored messages. Who liked
// beyond it sees so when they look again.
const maxShownLikes = 1000

// messagesRestored shows those of the messages that are still there, and hidden ones
// to those alone who see them.
func (r *renderer) messagesRestored(e parley.MessagesRestored) (any, error) {
	frame := parley.MessagesRestoredFrame{Type: "messages_restored", ThreadID: e.ThreadID, Likes: []parley.MessageLikes{}}
	for _, id := range e.MessageIDs {
		if m, ok := r.message(id, e.ThreadID); ok && (!m.IsHidden || e.Readers == parley.Readers{Author: m.UserID}) {
			frame.Messages = append(frame.Messages, m.ForReader())
		}
	}
	if len(frame.Messages) == 0 {
		return nil, nil
	}
	likers, err := r.s.LikersOf(e.MessageIDs, maxShownLikes)
	if err != nil {
		return nil, err
	}
	for _, m := range frame.Messages {
		if users := likers[m.ID]; len(users) > 0 {
			frame.Likes = append(frame.Likes, parley.MessageLikes{MessageID: m.ID, UserIDs: users})
		}
	}
	frame.ThreadCounts, err = r.threadCounts(e.ThreadID, frame.Messages[0].ReplyToID)
	return frame, err
}

// messageHidden shows a message as it is, with those who like it.
func (r *renderer) messageHidden(e parley.MessageHidden) (any, error) {
	m, found := r.message(e.MessageID, e.ThreadID)
	if !found {
		return nil, nil
	}
	frame := parley.MessageHiddenFrame{Type: "message_shown", ThreadID: e.ThreadID, Message: m.ForReader(), LikedBy: []int64{}}
	if m.IsHidden {
		frame.Type = "message_hidden"
	}
	likers, err := r.s.LikersOf([]int64{m.ID}, maxShownLikes)
	if err != nil {
		return nil, err
	}
	frame.LikedBy = append(frame.LikedBy, likers[m.ID]...)
	frame.ThreadCounts, err = r.threadCounts(e.ThreadID, m.ReplyToID)
	return frame, err
}

// threadCounts counts a thread's messages, and the replies to one of them.
func (r *renderer) threadCounts(threadID int64, repliedTo *int64) (c parley.ThreadCounts, err error) {
	known := false
	if c.MessageCount, known = r.counts[threadID]; !known {
		if c.MessageCount, err = r.s.MessageCount(threadID); err != nil {
			return c, err
		}
		r.counts[threadID] = c.MessageCount
	}
	if repliedTo == nil {
		return c, nil
	}
	replies, found, err := r.s.ReplyCount(*repliedTo)
	if found {
		c.ReplyTo = &parley.ReplyCount{ID: *repliedTo, ReplyCount: replies}
	}
	return c, err
}

func (r *renderer) liked(e parley.MessageLiked, event *realtime.Event) (any, error) {
	m, found := r.message(e.MessageID, e.ThreadID)
	u, known, err := r.s.User(e.UserID)
	if !found || !known || err != nil {
		return nil, err
	}
	event.Audience = readersOf(m)
	who := &parley.PersonRef{ID: u.ID, Username: u.Author().Name}
	frame := parley.LikeFrame{Type: "message_liked", ThreadID: e.ThreadID, MessageID: m.ID, LikeCount: m.LikeCount, LikedBy: who}
	if e.Undone {
		frame.Type, frame.LikedBy, frame.UnlikedBy = "message_unliked", nil, who
	}
	return frame, nil
}
