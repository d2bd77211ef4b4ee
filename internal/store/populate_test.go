package store_test

import (
	"fmt"

	"parley"
	"parley/internal/auth"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// populate makes as many of everything as f wants.
func (f *traffic) populate() {
	f.Helper()
	var people []parley.Viewer
	var four [4]parley.Viewer
	storetest.Update(f.T, f.store, func(tx *store.Tx) (err error) {
		for i, role := range []parley.Role{parley.RoleCreator, parley.RoleTeam, parley.RoleMember, parley.RoleMember} {
			if four[i], err = storetest.AddPerson(tx, []string{"Ada", "Tomas", "Mina", "Finn"}[i], role, parley.Membership{AmountCents: 500}); err != nil {
				return err
			}
		}
		people, err = f.crowd(tx)
		return err
	})
	f.ada, f.tomas = f.signIn("Ada", four[0]), f.signIn("Tomas", four[1])
	f.mina, f.finn = f.signIn("Mina", four[2]), f.signIn("Finn", four[3])
	for _, fill := range []func(*store.Tx, []parley.Viewer) error{f.fillForum, f.fillMessage, f.fillInboxes, f.fillAdministration, f.fillEveryone} {
		storetest.Update(f.T, f.store, func(tx *store.Tx) error { return fill(tx, people) })
	}
	storetest.Update(f.T, f.store, func(tx *store.Tx) error {
		return tx.SetDemoPeople([]store.DemoPerson{{UserID: f.finn.ID, About: "likes chisels"}})
	})
}

// crowd adds people.
func (f *traffic) crowd(tx *store.Tx) (people []parley.Viewer, err error) {
	for i := range f.many {
		role := []parley.Role{parley.RoleMember, parley.RoleTeam, parley.RoleCreator}[i%3]
		p, err := storetest.AddPerson(tx, fmt.Sprintf("Person%d", i), role, parley.Membership{AmountCents: 500})
		if err == nil {
			err = tx.SetExternalID(p.ID, fmt.Sprint("shop", i))
		}
		if err != nil {
			return nil, err
		}
		people = append(people, p)
	}
	return people, nil
}

// fillForum starts threads, one with messages and with threads that grew out of its
// first one.
func (f *traffic) fillForum(tx *store.Tx, people []parley.Viewer) (err error) {
	if f.thread, err = storetest.StartThread(tx, store.NewThread{Title: "Joints", AuthorID: f.ada.ID}); err != nil {
		return err
	}
	if f.there, err = storetest.StartThread(tx, store.NewThread{Title: "Elsewhere", AuthorID: f.ada.ID}); err != nil {
		return err
	}
	f.messages = []int64{f.thread.First}
	for i, p := range people {
		if _, err := storetest.StartThread(tx, store.NewThread{Title: fmt.Sprint("Joints ", i), AuthorID: p.ID}); err != nil {
			return err
		}
		id, err := tx.InsertMessage(f.thread.ID, p.ID, 0, storetest.Text("Joints"))
		if err != nil {
			return err
		}
		f.messages = append(f.messages, id)
		if err := tx.Follow(f.thread.ID, p.ID, parley.Follow{NewMessage: true, Mention: true, Reply: true}); err != nil {
			return err
		}
	}
	return nil
}

// root is the message that everything hangs on.
func (f *traffic) root() int64 { return f.messages[1] }

// fillMessage hangs on the root what can hang on a message.
func (f *traffic) fillMessage(tx *store.Tx, people []parley.Viewer) error {
	for i, p := range people {
		reply, err := tx.InsertMessage(f.thread.ID, p.ID, f.root(), storetest.Text("A reply"))
		if err != nil {
			return err
		}
		if _, err := tx.AddLike(reply, p.ID); err != nil {
			return err
		}
		m, _, err := tx.MessageState(f.root())
		if err != nil {
			return err
		}
		if err := tx.EditMessage(m, m.AuthorID, storetest.Text(fmt.Sprint("Joints, version ", i))); err != nil {
			return err
		}
		if _, err := tx.AddLike(f.root(), p.ID); err != nil {
			return err
		}
		flag, err := tx.AddFlag(store.NewFlag{MessageID: f.root(), UserID: p.ID, Reason: parley.FlagSpam})
		if err != nil {
			return err
		}
		f.flags = append(f.flags, flag)
		f.below, err = storetest.StartThread(tx, store.NewThread{Title: "More joints", AuthorID: p.ID, ParentThreadID: f.thread.ID, ParentMessageID: f.root()})
		if err != nil {
			return err
		}
	}
	return nil
}

// fillInboxes notifies everybody of the root, and one of all other messages.
func (f *traffic) fillInboxes(tx *store.Tx, people []parley.Viewer) error {
	for _, p := range people {
		for _, message := range []int64{f.root(), f.thread.First} {
			if _, err := tx.Notify(f.notice(p, message)); err != nil {
				return err
			}
		}
	}
	for _, message := range f.messages {
		for _, v := range []parley.Viewer{f.mina.Viewer, f.ada.Viewer} {
			if _, err := tx.Notify(f.notice(v, message)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *traffic) notice(to parley.Viewer, message int64) store.NewNotification {
	return store.NewNotification{UserID: to.ID, Kind: parley.NotifyMention, SenderID: f.finn.ID, ThreadID: f.thread.ID, MessageID: message}
}

// fillAdministration makes what administrators look after.
func (f *traffic) fillAdministration(tx *store.Tx, people []parley.Viewer) error {
	for i := range people {
		tier, err := tx.InsertTier(parley.Tier{Title: fmt.Sprint("Tier ", i), AmountCents: int64(100 * (i + 1)), Active: true})
		if err != nil {
			return err
		}
		id := auth.NewPublicID()
		key, err := tx.CreateKey(parley.APIKey{PublicID: id, Name: "Shop", MadeBy: parley.PersonRef{ID: f.ada.ID}}, []byte(id))
		if err != nil {
			return err
		}
		f.tiers, f.keys = append(f.tiers, tier), append(f.keys, key)
		if err := tx.Audit(f.ada.ID, parley.ActTierCreated, tier, nil, i); err != nil {
			return err
		}
		if _, err := tx.CreateSession(session(tx, f.finn.ID), []byte(id)); err != nil {
			return err
		}
		upload, err := tx.InsertUpload(store.Upload{UserID: f.finn.ID, Key: id, Type: "image/png", Size: 1, Width: 1, Height: 1})
		if err != nil {
			return err
		}
		if _, err := tx.UploadStored(upload); err != nil {
			return err
		}
	}
	return nil
}

// fillEveryone calls everyone, with each message, and has some wait for approval.
func (f *traffic) fillEveryone(tx *store.Tx, people []parley.Viewer) error {
	if err := tx.Alone(); err != nil {
		return err
	}
	t, _, err := tx.ThreadState(f.thread.ID)
	if err != nil {
		return err
	}
	for i, p := range people {
		if err := tx.AddCall(t, f.ada.ID, f.messages[i+1], false); err != nil {
			return err
		}
		if err := tx.UseEveryone(f.tomas.ID, t.ID, f.messages[i+1], 1); err != nil {
			return err
		}
		if err := tx.Restrict(parley.EveryoneRestriction{UserID: p.ID, By: f.ada.ID}); err != nil {
			return err
		}
		waiting, err := tx.InsertMessage(f.thread.ID, f.tomas.ID, 0, store.Text{
			Content: "Hello @everyone", Mentions: []parley.Mention{{Name: "everyone", Special: parley.MentionEveryone}},
		})
		if err != nil {
			return err
		}
		if err := tx.AwaitApproval(f.tomas.ID, waiting); err != nil {
			return err
		}
	}
	pending, err := tx.PendingApprovals(0, 2)
	for _, p := range pending {
		f.approvals = append(f.approvals, p.ID)
	}
	return err
}
