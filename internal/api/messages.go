package api

import (
	"context"

	"parley"
	"parley/internal/app"
)

type (
	// MessagePath is the input of routes about one message.
	MessagePath struct {
		ID int64 `path:"id" doc:"The message."`
	}
	messageQuery struct {
		ThreadPath
		Before   int64 `query:"before_id" minimum:"0" doc:"Messages older than this one."`
		After    int64 `query:"after_id" minimum:"0" doc:"Messages newer than this one."`
		Around   int64 `query:"around_id" minimum:"0" doc:"Messages before and after this one, and itself. Without any of the three: the newest page."`
		Limit    int   `query:"limit" default:"50" minimum:"1" maximum:"100"`
		MarkRead bool  `query:"mark_read" default:"true" doc:"Whether the newest page marks the thread's notifications read."`
	}
	recentQuery struct {
		ThreadPath
		Since int64 `query:"since_id" default:"0" minimum:"0" doc:"The last message known; 0: from the first message on."`
		Limit int   `query:"limit" default:"10" minimum:"1" maximum:"50"`
	}
	newMessage struct {
		ThreadPath
		Creation
		Body struct {
			Content   string `json:"content" minLength:"1" maxLength:"10000" doc:"Markdown."`
			ReplyToID number `json:"reply_to_id,omitempty" doc:"A message of the same thread."`
		} `nameHint:"NewMessage"`
	}
	messageEdit struct {
		MessagePath
		Body struct {
			Content string `json:"content" minLength:"1" maxLength:"10000" doc:"Markdown."`
		} `nameHint:"MessageEdit"`
	}
	historyQuery struct {
		MessagePath
		After int64 `query:"after_id" minimum:"0" doc:"What it said after this one of its earlier texts."`
		Limit int   `query:"limit" default:"50" minimum:"1" maximum:"100"`
	}
	replyQuery struct {
		MessagePath
		After int64 `query:"after_id" minimum:"0" doc:"Replies newer than this one."`
		Page  int   `query:"page" default:"1" minimum:"1" maximum:"100000" doc:"For old clients: after_id does not skip or repeat."`
		Limit int   `query:"limit" default:"50" minimum:"1" maximum:"100"`
	}
	newSubThread struct {
		MessagePath
		Creation
		Body struct {
			Title   string `json:"title" minLength:"1" maxLength:"200"`
			Content string `json:"content" minLength:"1" maxLength:"10000" doc:"The first message, in Markdown."`
		} `nameHint:"NewSubThread"`
	}

	// EditedMessage answers edits.
	EditedMessage struct {
		Done
		Edited parley.Message `json:"edited"`
	}
	// DeletedMessages answers that a message and the replies below it are gone.
	DeletedMessages struct {
		Done
		DeletedCount int     `json:"deleted_count"`
		DeletedIDs   []int64 `json:"deleted_ids"`
	}
	// RestoredMessages answers that a message and the replies that were deleted
	// with it are there again.
	RestoredMessages struct {
		Done
		RestoredCount int     `json:"restored_count"`
		RestoredIDs   []int64 `json:"restored_ids"`
	}
	// SubThreadCount counts the threads that grew out of a message.
	SubThreadCount struct {
		Count int64 `json:"count"`
	}
)

func (a *API) listMessages(ctx context.Context, in *messageQuery) (*list[parley.Message], error) {
	found, eventID, err := a.app.Messages(ctx, viewerOf(ctx), in.ID, app.MessageQuery{
		Before: in.Before, After: in.After, Around: in.Around, Limit: in.Limit, MarkRead: in.MarkRead,
	})
	if in.Before != 0 || in.After != 0 {
		eventID = ""
	}
	return listing(found, eventID, err)
}

func (a *API) recentMessages(ctx context.Context, in *recentQuery) (*list[parley.Message], error) {
	found, err := a.app.MessagesSince(ctx, viewerOf(ctx), in.ID, in.Since, in.Limit)
	return listing(found, "", err)
}

func (a *API) postMessage(ctx context.Context, in *newMessage) (*answer[parley.Message], error) {
	return reply(limited(ctx, a, in.idempotency(ctx), func(idem app.Idempotency) (parley.Message, error) {
		return a.app.PostMessage(ctx, viewerOf(ctx), in.ID, in.Body.Content, in.Body.ReplyToID.value, idem)
	}))
}

func (a *API) editMessage(ctx context.Context, in *messageEdit) (*answer[EditedMessage], error) {
	message, err := a.app.EditMessage(ctx, viewerOf(ctx), in.ID, in.Body.Content)
	return reply(EditedMessage{did("Message edited"), message}, err)
}

func (a *API) deleteMessage(ctx context.Context, in *MessagePath) (*answer[DeletedMessages], error) {
	ids, err := a.app.DeleteMessage(ctx, viewerOf(ctx), in.ID)
	message := "Message deleted"
	if len(ids) > 1 {
		message = "Message and its replies deleted"
	}
	return reply(DeletedMessages{did(message), len(ids), ids}, err)
}

func (a *API) restoreMessage(ctx context.Context, in *MessagePath) (*answer[RestoredMessages], error) {
	ids, err := a.app.RestoreMessage(ctx, viewerOf(ctx), in.ID)
	message := "Message restored"
	if len(ids) > 1 {
		message = "Message and its replies restored"
	}
	return reply(RestoredMessages{did(message), len(ids), ids}, err)
}

func (a *API) listHistory(ctx context.Context, in *historyQuery) (*list[app.Earlier], error) {
	history, err := a.app.History(ctx, viewerOf(ctx), in.ID, in.After, in.Limit)
	return listing(history, "", err)
}

func (a *API) listReplies(ctx context.Context, in *replyQuery) (*list[parley.Message], error) {
	replies, err := a.app.Replies(ctx, viewerOf(ctx), in.ID, in.After, in.Page, in.Limit)
	return listing(replies, "", err)
}

func (a *API) createSubThread(ctx context.Context, in *newSubThread) (*answer[parley.Thread], error) {
	return reply(limited(ctx, a, in.idempotency(ctx), func(idem app.Idempotency) (parley.Thread, error) {
		return a.app.CreateSubThread(ctx, viewerOf(ctx), in.ID, in.Body.Title, in.Body.Content, idem)
	}))
}

func (a *API) listSubThreads(ctx context.Context, in *MessagePath) (*list[parley.Thread], error) {
	found, err := a.app.SubThreads(ctx, viewerOf(ctx), in.ID)
	return listing(found, "", err)
}

func (a *API) countSubThreads(ctx context.Context, in *MessagePath) (*answer[SubThreadCount], error) {
	n, err := a.app.SubThreadCount(ctx, viewerOf(ctx), in.ID)
	return reply(SubThreadCount{n}, err)
}
