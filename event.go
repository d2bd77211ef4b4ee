package parley

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Channel names a stream of events that are numbered 1, 2, 3, … in the order in
// which they were committed.
type Channel string

const (
	// ForumChannel holds what concerns the whole forum. Every event has its
	// audience.
	ForumChannel Channel = "f"
	// ControlChannel is internal: every change of a user's, a session's or a
	// thread's rights. A replica applies it up to the position that an event
	// carries before it delivers that event.
	ControlChannel Channel = "control"
)

// ThreadChannel holds what happens in one thread, for all who may see it.
func ThreadChannel(threadID int64) Channel { return Channel("t" + strconv.FormatInt(threadID, 10)) }

// UserChannel holds what concerns one user alone.
func UserChannel(userID int64) Channel { return Channel("u" + strconv.FormatInt(userID, 10)) }

// Event is something that was committed, as the log keeps it: references and
// numbers, never text or names. Whoever delivers it renders it from the rows as
// they are then, so that deleted text cannot come back. The set is closed; each
// kind is documented at its type, with the frame in frame.go that shows it.
type Event interface {
	// Kind returns the name under which the log keeps the event.
	Kind() string
	// Channel returns the channel the event belongs to.
	Channel() Channel
}

// Readers says which of those who watch a thread an event goes to. The zero value is
// all of them.
type Readers struct {
	Author int64 `json:"author,omitempty"` // of a hidden message: they and the team
	Others bool  `json:"others,omitempty"` // all but them
}

// Admits reports whether an event goes to v, who may see its thread.
func (r Readers) Admits(v Viewer) bool {
	return r.Author == 0 || v.SeesHidden(r.Author) != r.Others
}

// Events of a thread's channel. They go to all who watch the thread, those about a
// hidden message to its author and the team.
type (
	// MessagePosted is shown as NewMessageFrame, while the message exists.
	MessagePosted struct {
		ThreadID  int64 `json:"thread"`
		MessageID int64 `json:"message"`
		Moved     bool  `json:"moved,omitempty"` // from another thread
	}
	// MessageEdited is shown as MessageEditedFrame, while the message exists: its text
	// was edited, or the preview of a link came to it. What was rendered of the thread before may show text that is no more.
	MessageEdited struct {
		ThreadID  int64 `json:"thread"`
		MessageID int64 `json:"message"`
	}
	// MessagesDeleted is shown as MessagesDeletedFrame. What was rendered of
	// the thread before may show text that is no more.
	MessagesDeleted struct {
		ThreadID   int64   `json:"thread"`
		MessageIDs []int64 `json:"messages"`
		RepliedTo  int64   `json:"replied_to,omitempty"` // by the first of them until it was moved away; 0: its row tells
		Readers    Readers `json:"readers,omitzero"`
	}
	// MessagesRestored is shown as MessagesRestoredFrame, with those of the
	// messages that exist. They were deleted with one another, or hidden.
	MessagesRestored struct {
		ThreadID   int64   `json:"thread"`
		MessageIDs []int64 `json:"messages"`
		Readers    Readers `json:"readers,omitzero"`
	}
	// MessageHidden says that a message was hidden, or is no longer. It goes to those
	// who see it all the same, its author and the team, as MessageHiddenFrame while the
	// message exists. For all others it is deleted, or restored.
	MessageHidden struct {
		ThreadID  int64 `json:"thread"`
		MessageID int64 `json:"message"`
		AuthorID  int64 `json:"author"`
	}
	// MessageLiked is shown as LikeFrame, while the message exists.
	MessageLiked struct {
		ThreadID  int64 `json:"thread"`
		MessageID int64 `json:"message"`
		UserID    int64 `json:"user"`
		Undone    bool  `json:"undone,omitempty"` // the like was taken back
	}
	// ThreadUpdated is shown as ThreadUpdatedFrame, while the thread exists.
	ThreadUpdated struct {
		ThreadID int64 `json:"thread"`
	}
	// SubThreadCounted says that the number of threads that grew out of a
	// message changed: one came or went, or its access did. It is shown as
	// SubThreadCountedFrame, while the message exists.
	SubThreadCounted struct {
		ThreadID    int64 `json:"thread"`
		MessageID   int64 `json:"message"`
		SubThreadID int64 `json:"sub_thread"`
	}
	// ThreadClosed is the last event of a deleted thread's channel, shown as
	// ThreadDeletedFrame; the sockets that watch it end with it.
	ThreadClosed struct {
		ThreadID int64 `json:"thread"`
	}
)

// Events of the forum's channel.
type (
	// ThreadCreated goes to all who can access the thread now, as
	// ThreadCreatedFrame.
	ThreadCreated struct {
		ThreadID int64 `json:"thread"`
	}
	// SubThreadCreated goes to the followers of the parent who can access the
	// new thread now, as SubThreadCreatedFrame.
	SubThreadCreated struct {
		ThreadID        int64 `json:"thread"`
		ParentThreadID  int64 `json:"parent_thread"`
		ParentMessageID int64 `json:"parent_message"`
	}
	// ThreadDeleted goes to all who could access the thread when it was
	// deleted, as ThreadDeletedFrame. It carries that access, as the thread's
	// own has gone with it.
	ThreadDeleted struct {
		ThreadID int64  `json:"thread"`
		Access   Access `json:"access"`
	}
	// ManyMentioned says that a message mentions the team or everyone. It goes
	// to all who can access the thread now, as SpecialMentionFrame, while the
	// message exists.
	ManyMentioned struct {
		ThreadID      int64          `json:"thread"`
		MessageID     int64          `json:"message"`
		Special       SpecialMention `json:"special"`
		Notifications int64          `json:"notifications"` // people notified, as of the commit
	}
	// Called says that a message's mention of everyone notifies all whom it reaches.
	// It goes to them, as NotificationFrame and, for clients in the field, once more
	// as NewNotificationFrame; while the message exists and mentions everyone.
	Called struct {
		ThreadID int64 `json:"thread"`
		CallID   int64 `json:"call"`
	}
	// CallsChanged says that such notifications in a thread came, went or were closed
	// to some: nobody is shown it, but the counts of those may be other ones who see the
	// thread, or could before.
	CallsChanged struct {
		ThreadID int64   `json:"thread"`
		Access   *Access `json:"access,omitempty"` // before; nil: nobody knows, and all are told their counts
	}
	// EveryoneSwitched says that nobody can mention everyone any more, or again. It
	// goes to all, as EveryoneDisabledFrame or
	// EveryoneEnabledFrame.
	EveryoneSwitched struct {
		Disabled bool  `json:"disabled,omitempty"`
		By       int64 `json:"by"`
	}
	// ThreadsChanged goes to all who could or can access the threads, as
	// ThreadsChangedFrame: their access or their place in the list changed.
	ThreadsChanged struct {
		ThreadIDs []int64 `json:"threads"`
		Access    Access  `json:"access"`
	}
)

// Events of a user's channel.
type (
	// Notified goes to one user, as NotificationFrame and, for clients in the
	// field, once more as NewNotificationFrame; while the notification exists
	// and its thread is accessible.
	Notified struct {
		UserID         int64 `json:"user"`
		NotificationID int64 `json:"notification"`
	}
	// EveryoneRestricted says that a user may not mention everyone, or less often,
	// or as others again. It goes to that user, as EveryoneRestrictedFrame while the
	// restriction is in force, or as EveryoneUnrestrictedFrame.
	EveryoneRestricted struct {
		UserID int64 `json:"user"`
		By     int64 `json:"by"`
		Lifted bool  `json:"lifted,omitempty"`
	}
	// Silenced says that a user may write nothing that others see, or may again. It
	// goes to that user, as SilencedFrame while that holds, or as UnsilencedFrame.
	Silenced struct {
		UserID int64 `json:"user"`
		By     int64 `json:"by"`
		Lifted bool  `json:"lifted,omitempty"`
	}
	// MembershipChanged goes to one user, as MembershipChangedFrame.
	MembershipChanged struct {
		UserID int64 `json:"user"`
	}
)

// Events of the control channel: every change of rights, and what else each replica
// must take notice of. They are applied, never shown.
type (
	// UserRightsChanged says that a user's role, membership or activity changed, or
	// whether they may write.
	UserRightsChanged struct {
		UserID int64 `json:"user"`
	}
	// SessionsEnded says that sessions of a user ended.
	SessionsEnded struct {
		UserID int64 `json:"user"`
	}
	// ThreadRightsChanged says that a thread's access changed, and that of its
	// sub-threads with it. A deleted thread has ThreadClosed instead, whose frame
	// must reach those who watch it first.
	ThreadRightsChanged struct {
		ThreadID int64 `json:"thread"`
	}
	// BusModeChanged says that the community's BusMode is another one.
	BusModeChanged struct{}
)

func (MessagePosted) Kind() string       { return "message_posted" }
func (MessageEdited) Kind() string       { return "message_edited" }
func (MessagesDeleted) Kind() string     { return "messages_deleted" }
func (MessagesRestored) Kind() string    { return "messages_restored" }
func (MessageHidden) Kind() string       { return "message_hidden" }
func (MessageLiked) Kind() string        { return "message_liked" }
func (ThreadUpdated) Kind() string       { return "thread_updated" }
func (SubThreadCounted) Kind() string    { return "sub_thread_counted" }
func (ThreadClosed) Kind() string        { return "thread_closed" }
func (ThreadCreated) Kind() string       { return "thread_created" }
func (SubThreadCreated) Kind() string    { return "sub_thread_created" }
func (ThreadDeleted) Kind() string       { return "thread_deleted" }
func (ManyMentioned) Kind() string       { return "many_mentioned" }
func (Called) Kind() string              { return "called" }
func (CallsChanged) Kind() string        { return "calls_changed" }
func (EveryoneSwitched) Kind() string    { return "everyone_switched" }
func (EveryoneRestricted) Kind() string  { return "everyone_restricted" }
func (Silenced) Kind() string            { return "silenced" }
func (ThreadsChanged) Kind() string      { return "threads_changed" }
func (Notified) Kind() string            { return "notified" }
func (MembershipChanged) Kind() string   { return "membership_changed" }
func (UserRightsChanged) Kind() string   { return "user_rights_changed" }
func (SessionsEnded) Kind() string       { return "sessions_ended" }
func (ThreadRightsChanged) Kind() string { return "thread_rights_changed" }
func (BusModeChanged) Kind() string      { return "bus_mode_changed" }

func (e MessagePosted) Channel() Channel      { return ThreadChannel(e.ThreadID) }
func (e MessageEdited) Channel() Channel      { return ThreadChannel(e.ThreadID) }
func (e MessagesDeleted) Channel() Channel    { return ThreadChannel(e.ThreadID) }
func (e MessagesRestored) Channel() Channel   { return ThreadChannel(e.ThreadID) }
func (e MessageHidden) Channel() Channel      { return ThreadChannel(e.ThreadID) }
func (e MessageLiked) Channel() Channel       { return ThreadChannel(e.ThreadID) }
func (e ThreadUpdated) Channel() Channel      { return ThreadChannel(e.ThreadID) }
func (e SubThreadCounted) Channel() Channel   { return ThreadChannel(e.ThreadID) }
func (e ThreadClosed) Channel() Channel       { return ThreadChannel(e.ThreadID) }
func (ThreadCreated) Channel() Channel        { return ForumChannel }
func (SubThreadCreated) Channel() Channel     { return ForumChannel }
func (ThreadDeleted) Channel() Channel        { return ForumChannel }
func (ManyMentioned) Channel() Channel        { return ForumChannel }
func (Called) Channel() Channel               { return ForumChannel }
func (CallsChanged) Channel() Channel         { return ForumChannel }
func (EveryoneSwitched) Channel() Channel     { return ForumChannel }
func (e EveryoneRestricted) Channel() Channel { return UserChannel(e.UserID) }
func (e Silenced) Channel() Channel           { return UserChannel(e.UserID) }
func (ThreadsChanged) Channel() Channel       { return ForumChannel }
func (e Notified) Channel() Channel           { return UserChannel(e.UserID) }
func (e MembershipChanged) Channel() Channel  { return UserChannel(e.UserID) }
func (UserRightsChanged) Channel() Channel    { return ControlChannel }
func (SessionsEnded) Channel() Channel        { return ControlChannel }
func (ThreadRightsChanged) Channel() Channel  { return ControlChannel }
func (BusModeChanged) Channel() Channel       { return ControlChannel }

// decoders reads each kind of event back from the log.
var decoders = map[string]func([]byte) (Event, error){}

func init() {
	register[MessagePosted]()
	register[MessageEdited]()
	register[MessagesDeleted]()
	register[MessagesRestored]()
	register[MessageHidden]()
	register[MessageLiked]()
	register[ThreadUpdated]()
	register[SubThreadCounted]()
	register[ThreadClosed]()
	register[ThreadCreated]()
	register[SubThreadCreated]()
	register[ThreadDeleted]()
	register[ManyMentioned]()
	register[Called]()
	register[CallsChanged]()
	register[EveryoneSwitched]()
	register[EveryoneRestricted]()
	register[Silenced]()
	register[ThreadsChanged]()
	register[Notified]()
	register[MembershipChanged]()
	register[UserRightsChanged]()
	register[SessionsEnded]()
	register[ThreadRightsChanged]()
	register[BusModeChanged]()
}

func register[E Event]() {
	var zero E
	decoders[zero.Kind()] = func(refs []byte) (Event, error) {
		var e E
		err := json.Unmarshal(refs, &e)
		return e, err
	}
}

// ErrUnknownKind means that an event is of a kind that a newer release logs.
var ErrUnknownKind = errors.New("no such kind of event: written by a newer release?")

// DecodeEvent reads an event back that the log keeps under kind with refs, the
// JSON form of its struct. The error is ErrUnknownKind, or tells what is wrong with
// refs.
func DecodeEvent(kind string, refs []byte) (Event, error) {
	decode, ok := decoders[kind]
	if !ok {
		return nil, fmt.Errorf("%q: %w", kind, ErrUnknownKind)
	}
	e, err := decode(refs)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", kind, err)
	}
	return e, nil
}
