package app_test

import (
	"testing"

	"parley"
	"parley/internal/app"
)

// drop makes of a use case one that gives an error alone.
func drop[T any](_ T, err error) error { return err }

func TestWritingTellsTheThread(t *testing.T) {
	f := openForum(t)
	ctx, none := t.Context(), app.Idempotency{}
	next := f.Sub.First + 1
	f.tells("a message", func() error { return drop(f.PostMessage(ctx, f.Mina, f.Free.ID, "hello", 0, none)) },
		parley.MessagePosted{ThreadID: f.Free.ID, MessageID: next})
	f.tells("an edit", func() error { return drop(f.EditMessage(ctx, f.Mina, next, "hello!")) },
		parley.MessageEdited{ThreadID: f.Free.ID, MessageID: next})
	f.tells("an edit that changes nothing", func() error { return drop(f.EditMessage(ctx, f.Mina, next, "hello!\r\n")) })
	f.tells("a like", func() error { return drop(f.Like(ctx, f.Finn, next)) },
		parley.MessageLiked{ThreadID: f.Free.ID, MessageID: next, UserID: f.Finn.ID},
		parley.Notified{UserID: f.Mina.ID})
	f.tells("the same like", func() error { return drop(f.Like(ctx, f.Finn, next)) })
	f.tells("a like taken back", func() error { return drop(f.Unlike(ctx, f.Finn, next)) },
		parley.MessageLiked{ThreadID: f.Free.ID, MessageID: next, UserID: f.Finn.ID, Undone: true})
	f.tells("the same again", func() error { return drop(f.Unlike(ctx, f.Finn, next)) })
	f.tells("liked once more", func() error { return drop(f.Like(ctx, f.Finn, next)) },
		parley.MessageLiked{ThreadID: f.Free.ID, MessageID: next, UserID: f.Finn.ID}) // nobody is notified twice
	f.tells("a reply", func() error { return drop(f.PostMessage(ctx, f.Finn, f.Free.ID, "hi", next, none)) },
		parley.MessagePosted{ThreadID: f.Free.ID, MessageID: next + 1})
	f.tells("a deletion", func() error { return drop(f.DeleteMessage(ctx, f.Mina, next)) },
		parley.MessagesDeleted{ThreadID: f.Free.ID, MessageIDs: []int64{next, next + 1}})
	f.tells("a deletion taken back", func() error { return drop(f.RestoreMessage(ctx, f.Tomas, next)) },
		parley.MessagesRestored{ThreadID: f.Free.ID, MessageIDs: []int64{next, next + 1}})
	f.tells("the team called", func() error { return drop(f.PostMessage(ctx, f.Ada, f.Free.ID, "@team @Mina", 0, none)) },
		parley.MessagePosted{ThreadID: f.Free.ID, MessageID: next + 2},
		parley.ManyMentioned{ThreadID: f.Free.ID, MessageID: next + 2, Special: parley.MentionTeam, Notifications: 1})
	f.tells("who is notified", func() error { f.RunJobs(ctx); return nil },
		parley.Notified{UserID: f.Tomas.ID},
		parley.Notified{UserID: f.Mina.ID}, parley.Notified{UserID: f.Mina.ID}) // of the restored reply, too
}

func TestAMessageThatIsQuotedByASubThreadIsToldToTheForumWhenItChangesOrGoes(t *testing.T) {
	f := openForum(t)
	ctx, none := t.Context(), app.Idempotency{}
	message := f.post(f.Mina, f.Paid, "A question").ID
	sub := must[parley.Thread](t)(f.CreateSubThread(ctx, f.Mina, message, "More", "Here.", none)).ID
	changed := parley.ThreadsChanged{ThreadIDs: []int64{sub}, Access: parley.Access{MinTierCents: 500}}
	quotes := func(want string) {
		t.Helper()
		source, got := f.thread(f.Mina, sub).CreatedFromMessage, ""
		if source != nil {
			got = source.Content
		}
		page, _, err := f.Messages(ctx, f.Mina, sub, app.MessageQuery{Limit: 10})
		if got != want || err != nil || len(page) != 1 || page[0].Content != "Here." {
			t.Errorf("the sub-thread grew out of %q and says %+v (%v), want %q", got, page, err, want)
		}
	}
	quotes("A question")
	f.tells("an edit", func() error { return drop(f.EditMessage(ctx, f.Mina, message, "An answer")) },
		parley.MessageEdited{ThreadID: f.Paid.ID, MessageID: message}, changed)
	quotes("An answer")
	f.tells("a deletion", func() error { return drop(f.DeleteMessage(ctx, f.Mina, message)) },
		parley.MessagesDeleted{ThreadID: f.Paid.ID, MessageIDs: []int64{message}}, changed)
	quotes("")
	f.tells("a restoration", func() error { return drop(f.RestoreMessage(ctx, f.Ada, message)) },
		parley.MessagesRestored{ThreadID: f.Paid.ID, MessageIDs: []int64{message}}, changed)
	quotes("An answer")
}

func TestReadingAndFollowingTellNobodyElse(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	f.post(f.Ada, f.Free, "@Finn")
	f.tells("following", func() error { return drop(f.Follow(ctx, f.Finn, f.Free.ID, parley.Follow{})) })
	f.tells("following no longer", func() error { return drop(f.Unfollow(ctx, f.Finn, f.Free.ID)) })
	f.tells("opening a page", func() error {
		_, _, err := f.Messages(ctx, f.Finn, f.Free.ID, app.MessageQuery{Limit: 10, MarkRead: true})
		return err
	})
	f.tells("marking read", func() error { return drop(f.MarkRead(ctx, f.Finn, f.Free.ID, 0)) })
	f.tells("reading notifications", func() error { return drop(f.ReadAllNotifications(ctx, f.Finn)) })
}

func TestThreadsComingAndGoingAreToldToTheForum(t *testing.T) {
	f := openForum(t)
	ctx, none := t.Context(), app.Idempotency{}
	main, message := f.Sub.ID+1, f.Sub.First+1
	f.tells("a main thread", func() error {
		return drop(f.CreateThread(ctx, f.Ada, app.NewThread{Title: "New", Content: "hello"}, none))
	},
		parley.MessagePosted{ThreadID: main, MessageID: message}, parley.ThreadCreated{ThreadID: main})
	sub := main + 1
	f.tells("a sub-thread", func() error { return drop(f.CreateSubThread(ctx, f.Finn, message, "Why?", "hello", none)) },
		parley.SubThreadCounted{ThreadID: main, MessageID: message, SubThreadID: sub},
		parley.MessagePosted{ThreadID: sub, MessageID: message + 1},
		parley.SubThreadCreated{ThreadID: sub, ParentThreadID: main, ParentMessageID: message},
		parley.Notified{UserID: f.Ada.ID})
	f.tells("a sub-thread deleted", func() error { return drop(f.DeleteThread(ctx, f.Finn, sub)) },
		parley.SubThreadCounted{ThreadID: main, MessageID: message, SubThreadID: sub},
		parley.ThreadClosed{ThreadID: sub}, parley.ThreadDeleted{ThreadID: sub})
	f.tells("a thread deleted with its sub-thread", func() error { return drop(f.DeleteThread(ctx, f.Ada, f.Free.ID)) },
		parley.ThreadClosed{ThreadID: f.Free.ID}, parley.ThreadClosed{ThreadID: f.Sub.ID},
		parley.ThreadDeleted{ThreadID: f.Free.ID}, parley.ThreadDeleted{ThreadID: f.Sub.ID})
	f.tells("a private thread deleted", func() error { return drop(f.DeleteThread(ctx, f.Ada, f.Private.ID)) },
		parley.ThreadClosed{ThreadID: f.Private.ID}, parley.ThreadDeleted{ThreadID: f.Private.ID, Access: parley.Access{Private: true}})
}

func TestAThreadsSettingsAreToldToThoseWhoCouldOrCanSeeIt(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	yes, no, title, silver, free, slow := true, false, "Welcome", f.Silver.ID, int64(0), int64(30)
	patch := func(p app.ThreadPatch) func() error {
		return func() error { return drop(f.UpdateThread(ctx, f.Ada, f.Free.ID, p)) }
	}
	open, paid := parley.Access{}, parley.Access{MinTierCents: 500}
	updated, subUpdated := parley.ThreadUpdated{ThreadID: f.Free.ID}, parley.ThreadUpdated{ThreadID: f.Sub.ID}
	changed := func(id int64, a parley.Access) parley.ThreadsChanged {
		return parley.ThreadsChanged{ThreadIDs: []int64{id}, Access: a}
	}
	rights := parley.ThreadRightsChanged{ThreadID: f.Free.ID}
	counted := parley.SubThreadCounted{ThreadID: f.Free.ID, MessageID: f.Free.First, SubThreadID: f.Sub.ID}

	f.tells("the form as it was", patch(app.ThreadPatch{Title: &title, Pinned: &no, Locked: &no, Private: &no, TierID: &free}))
	f.tells("pinned", patch(app.ThreadPatch{Pinned: &yes}), updated, changed(f.Free.ID, open))
	f.tells("slowed down", patch(app.ThreadPatch{SlowModeSeconds: &slow}), updated, changed(f.Free.ID, open))
	f.tells("for $5", patch(app.ThreadPatch{TierID: &silver}),
		updated, subUpdated, changed(f.Free.ID, open), changed(f.Sub.ID, open), rights)
	f.tells("private too", patch(app.ThreadPatch{Private: &yes}),
		updated, subUpdated, changed(f.Free.ID, paid), changed(f.Sub.ID, paid), rights)
	f.tells("free, but private", patch(app.ThreadPatch{TierID: &free}),
		updated, subUpdated, changed(f.Free.ID, parley.Access{Private: true}), changed(f.Sub.ID, parley.Access{Private: true}), rights)
	f.tells("public", patch(app.ThreadPatch{Private: &no}),
		updated, subUpdated, changed(f.Free.ID, open), changed(f.Sub.ID, open), rights)

	f.tells("the sub-thread private", func() error { return drop(f.UpdateThread(ctx, f.Ada, f.Sub.ID, app.ThreadPatch{Private: &yes})) },
		counted, subUpdated, changed(f.Sub.ID, open), parley.ThreadRightsChanged{ThreadID: f.Sub.ID})
	f.tells("its parent private as well", patch(app.ThreadPatch{Private: &yes}),
		updated, counted, changed(f.Free.ID, open), rights) // those who lose the parent hear nothing of the sub-thread
}

func TestARefusalTellsNothing(t *testing.T) {
	f := openForum(t)
	ctx, none := t.Context(), app.Idempotency{}
	before := f.heads()
	title := "Mine"
	for name, refused := range map[string]func() error{
		"write":   func() error { return drop(f.PostMessage(ctx, f.Finn, f.Paid.ID, "hello", 0, none)) },
		"call":    func() error { return drop(f.PostMessage(ctx, f.Finn, f.Free.ID, "@everyone", 0, none)) },
		"edit":    func() error { return drop(f.EditMessage(ctx, f.Finn, f.Free.First, "changed")) },
		"delete":  func() error { return drop(f.DeleteMessage(ctx, f.Finn, f.Free.First)) },
		"restore": func() error { return drop(f.RestoreMessage(ctx, f.Finn, f.Free.First)) },
		"like":    func() error { return drop(f.Like(ctx, f.Finn, f.Private.First)) },
		"rename":  func() error { return drop(f.UpdateThread(ctx, f.Finn, f.Free.ID, app.ThreadPatch{Title: &title})) },
		"remove":  func() error { return drop(f.DeleteThread(ctx, f.Finn, f.Free.ID)) },
		"start": func() error {
			return drop(f.CreateThread(ctx, f.Finn, app.NewThread{Title: "New", Content: "hello"}, none))
		},
		"grow":     func() error { return drop(f.CreateSubThread(ctx, f.Finn, f.Paid.First, "New", "hello", none)) },
		"grow sub": func() error { return drop(f.CreateSubThread(ctx, f.Finn, f.Sub.First, "New", "hello", none)) },
	} {
		if refused() == nil {
			t.Errorf("Finn may %s", name)
		}
	}
	if told := f.since(before); len(told) != 0 {
		t.Errorf("told: %+v", told)
	}
}
