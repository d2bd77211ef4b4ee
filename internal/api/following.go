package api

import (
	"context"

	"parley"
)

type (
	// followWishes may be left out, whole or in part: everything is wanted then.
	followWishes struct {
		NewMessage *bool `json:"notify_on_new_message,omitempty" default:"true"`
		Mention    *bool `json:"notify_on_mention,omitempty" default:"true"`
		Reply      *bool `json:"notify_on_reply,omitempty" default:"true"`
	}
	followRequest struct {
		ThreadPath
		Body *followWishes
	}
	markReadRequest struct {
		ThreadPath
		Body *struct {
			UpTo number `json:"up_to_message_id,omitempty" doc:"Absent: the newest message."`
		} `nameHint:"ReadPosition"`
	}

	// Unfollowed answers that a thread is no longer followed.
	Unfollowed struct {
		Done
		IsFollowing   bool  `json:"is_following"`
		FollowerCount int64 `json:"follower_count"`
	}
	// Followed answers that a thread is followed.
	Followed struct {
		Unfollowed
		RequiresWarning bool    `json:"requires_warning" doc:"Whether many notifications are to come."`
		WarningMessage  *string `json:"warning_message"`
	}
	// MarkedRead answers that the last-read position has moved.
	MarkedRead struct {
		Success      bool  `json:"success"`
		MarkedRead   int64 `json:"marked_read" doc:"How many notifications that read."`
		TotalUnread  int64 `json:"total_unread" doc:"Unread notifications in all threads."`
		CountVersion int64 `json:"count_version" doc:"Drop the count if you know one of a higher version."`
	}
)

// follow returns what is wanted of a thread.
func (f *followWishes) follow() parley.Follow {
	if f == nil {
		f = &followWishes{}
	}
	return parley.Follow{NewMessage: wanted(f.NewMessage), Mention: wanted(f.Mention), Reply: wanted(f.Reply)}
}

func wanted(wish *bool) bool { return wish == nil || *wish }

func (a *API) follow(ctx context.Context, in *followRequest) (*answer[Followed], error) {
	result, err := a.app.Follow(ctx, viewerOf(ctx), in.ID, in.Body.follow())
	followed := Followed{Unfollowed: Unfollowed{did("You follow this thread"), result.Following, result.FollowerCount}}
	if result.Warning != "" {
		followed.RequiresWarning, followed.WarningMessage = true, &result.Warning
	}
	return reply(followed, err)
}

func (a *API) unfollow(ctx context.Context, in *ThreadPath) (*answer[Unfollowed], error) {
	result, err := a.app.Unfollow(ctx, viewerOf(ctx), in.ID)
	return reply(Unfollowed{did("You no longer follow this thread"), result.Following, result.FollowerCount}, err)
}

func (a *API) markRead(ctx context.Context, in *markReadRequest) (*answer[MarkedRead], error) {
	var upTo int64
	if in.Body != nil && in.Body.UpTo.given {
		if upTo = in.Body.UpTo.value; upTo < 1 { // to the use case 0 means the newest, which would mark all read
			return nil, parley.InvalidField("up_to_message_id", "must be a message's id")
		}
	}
	result, err := a.app.MarkRead(ctx, viewerOf(ctx), in.ID, upTo)
	return reply(MarkedRead{true, result.Marked, result.TotalUnread, result.CountVersion}, err)
}
