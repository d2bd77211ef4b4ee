package storetest

import (
	"testing"
	"time"

	"parley"
	"parley/internal/store"
)

// Community is the named community of the tests: Ada, the creator; Tomas of the
// team; Mina on the $5 tier, through Patreon; Finn, for free. Ada started a
// thread for all, one for the $5 tier and a private one; Mina one from the first
// message of the free thread.
type Community struct {
	Store *store.Store
	Clock *Clock

	Ada, Tomas, Mina, Finn parley.Viewer
	Silver                 parley.Tier // $5

	Free, Paid, Private, Sub ThreadRef
}

// ThreadRef is a thread with its first message.
type ThreadRef struct{ ID, First int64 }

// NewCommunity fills a new database with the community.
func NewCommunity(t testing.TB, open func(store.Options) *store.Store) *Community {
	t.Helper()
	c := &Community{Clock: NewClock()}
	c.Store = open(store.Options{Now: c.Clock.Now})
	Update(t, c.Store, c.settle)
	return c
}

// community opens a database with the community.
func community(t *testing.T, open Open) *Community {
	t.Helper()
	return NewCommunity(t, func(opts store.Options) *store.Store { return open(t, opts) })
}

func (c *Community) settle(tx *store.Tx) (err error) {
	c.Silver = parley.Tier{Title: "Silver", Description: "Early access", Color: "#c0c0c0", AmountCents: 500, Active: true}
	if c.Silver.ID, err = tx.InsertTier(c.Silver); err != nil {
		return err
	}
	for _, p := range []struct {
		viewer *parley.Viewer
		name   string
		role   parley.Role
		member parley.Membership
	}{
		{&c.Ada, "Ada", parley.RoleCreator, parley.Membership{}},
		{&c.Tomas, "Tomas", parley.RoleTeam, parley.Membership{}},
		{&c.Mina, "Mina", parley.RoleMember, parley.Membership{AmountCents: 500, TierID: c.Silver.ID, Source: "patreon"}},
		{&c.Finn, "Finn", parley.RoleMember, parley.Membership{}},
	} {
		if *p.viewer, err = AddPerson(tx, p.name, p.role, p.member); err != nil {
			return err
		}
	}
	if c.Free, err = StartThread(tx, store.NewThread{Title: "Welcome", AuthorID: c.Ada.ID}); err != nil {
		return err
	}
	paid := store.NewThread{Title: "Early access", AuthorID: c.Ada.ID, Access: parley.Access{MinTierCents: 500}, TierID: c.Silver.ID}
	if c.Paid, err = StartThread(tx, paid); err != nil {
		return err
	}
	private := store.NewThread{Title: "Team only", AuthorID: c.Ada.ID, Access: parley.Access{Private: true}}
	if c.Private, err = StartThread(tx, private); err != nil {
		return err
	}
	sub := store.NewThread{Title: "A question", AuthorID: c.Mina.ID, ParentThreadID: c.Free.ID, ParentMessageID: c.Free.First}
	c.Sub, err = StartThread(tx, sub)
	return err
}

// AddPerson adds an active person.
func AddPerson(tx *store.Tx, name string, role parley.Role, m parley.Membership) (parley.Viewer, error) {
	u := parley.User{Username: name, Role: role, Membership: m, Active: true}
	var err error
	u.ID, err = tx.CreateUser(store.Account{User: u})
	return u.Viewer(), err
}

// StartThread adds a thread with a first message by its author, who is its title.
func StartThread(tx *store.Tx, t store.NewThread) (ref ThreadRef, err error) {
	if ref.ID, err = tx.InsertThread(t); err != nil {
		return ref, err
	}
	ref.First, err = tx.InsertMessage(ref.ID, t.AuthorID, 0, Text(t.Title))
	return ref, err
}

// Text is a message without Markdown.
func Text(content string) store.Text {
	return store.Text{Content: content, HTML: "<p>" + content + "</p>"}
}

// People returns the four, and what two of them are once deactivated.
func (c *Community) People() []parley.Viewer {
	exCreator, exMember := c.Ada, c.Mina
	exCreator.Active, exMember.Active = false, false
	return []parley.Viewer{c.Ada, c.Tomas, c.Mina, c.Finn, exCreator, exMember}
}

// Post writes a message, one second after what came before.
func (c *Community) Post(t testing.TB, author parley.Viewer, thread ThreadRef, content string) int64 {
	t.Helper()
	return c.Reply(t, author, thread, 0, content)
}

// Reply writes an answer to a message, one second after what came before.
func (c *Community) Reply(t testing.TB, author parley.Viewer, thread ThreadRef, to int64, content string) int64 {
	t.Helper()
	c.Clock.Pass(time.Second)
	return Write(t, c.Store, func(tx *store.Tx) (int64, error) {
		return tx.InsertMessage(thread.ID, author.ID, to, Text(content))
	})
}

// Notify notifies somebody of a message by Ada.
func (c *Community) Notify(t testing.TB, v parley.Viewer, kind parley.NotificationKind, thread ThreadRef, messageID int64) (fresh bool) {
	t.Helper()
	return Write(t, c.Store, func(tx *store.Tx) (bool, error) {
		return tx.Notify(store.NewNotification{UserID: v.ID, Kind: kind, SenderID: c.Ada.ID, ThreadID: thread.ID, MessageID: messageID})
	})
}

// Delete deletes a message with all below it.
func (c *Community) Delete(t testing.TB, messageID int64) []int64 {
	t.Helper()
	return idsOf(Write(t, c.Store, func(tx *store.Tx) ([]store.Touched, error) {
		m, _, err := tx.MessageState(messageID)
		if err != nil {
			return nil, err
		}
		return tx.DeleteMessages(m, c.Ada.ID)
	}))
}

// idsOf returns the ids of messages that were deleted or restored.
func idsOf(touched []store.Touched) []int64 {
	ids := make([]int64, len(touched))
	for i, t := range touched {
		ids[i] = t.ID
	}
	return ids
}
