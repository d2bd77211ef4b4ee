package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/store"
)

var settingsTests = map[string]func(*testing.T, Open){
	"settings are the defaults until somebody sets others": settingsKept,
	"others see the alias that is in use, everywhere":      aliasShown,
	"an alias is taken by whoever looks like it":           aliasTaken,
	"a new username must not look like an alias":           usernameLikeAlias,
	"a mute holds until its time":                          mutesKept,
	"who does not want to hear is no recipient":            deafRecipients,
}

// alias gives somebody an alias.
func (c *Community) alias(t testing.TB, v parley.Viewer, alias string, inUse bool) {
	t.Helper()
	Update(t, c.Store, func(tx *store.Tx) error {
		s, err := tx.Settings(v.ID)
		if err != nil {
			return err
		}
		s.DisplayAlias, s.UseAlias = &alias, inUse
		return tx.SetSettings(v.ID, s)
	})
}

func settingsKept(t *testing.T, open Open) {
	c := community(t, open)
	read := func(v parley.Viewer) parley.Settings {
		return Read(t, c.Store, func(s *store.Snapshot) (parley.Settings, error) { return s.Settings(v.ID) })
	}
	if diff := cmp.Diff(parley.DefaultSettings(), read(c.Mina)); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	alias := "Стелла"
	want := parley.Settings{
		DisplayAlias: &alias, UseAlias: true, QuickReplyReplies: true, DismissSeconds: 60, Position: "bottom-left", EveryoneMentions: true,
	}
	for range 2 {
		Update(t, c.Store, func(tx *store.Tx) error { return tx.SetSettings(c.Mina.ID, want) })
		if diff := cmp.Diff(want, read(c.Mina)); diff != "" {
			t.Errorf("after (-want +got):\n%s", diff)
		}
		want.DisplayAlias, want.UseAlias, want.Sound = nil, false, true
	}
	if diff := cmp.Diff(parley.DefaultSettings(), read(c.Finn)); diff != "" {
		t.Errorf("Finn's (-want +got):\n%s", diff)
	}
}

func aliasShown(t *testing.T, open Open) {
	c := community(t, open)
	id := c.Post(t, c.Mina, c.Free, "hello")
	reply := c.Reply(t, c.Finn, c.Free, id, "hi")
	Write(t, c.Store, func(tx *store.Tx) (bool, error) { return tx.AddLike(reply, c.Mina.ID) })
	c.alias(t, c.Mina, "Стелла", true)
	message := Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada, reply) })
	own := Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada, id) })
	thread := Found(t, c.Store, func(s *store.Snapshot) (parley.Thread, bool, error) { return s.Thread(c.Ada, c.Sub.ID) })
	likes := Read(t, c.Store, func(s *store.Snapshot) ([]store.Like, error) { return s.Likes(reply, 0, 10, 0) })
	mina := Found(t, c.Store, func(s *store.Snapshot) (parley.User, bool, error) { return s.User(c.Mina.ID) })
	found := Read(t, c.Store, func(s *store.Snapshot) ([]parley.Author, error) { return s.SearchUsers("сте", 10) })
	hidden := Read(t, c.Store, func(s *store.Snapshot) ([]parley.Author, error) { return s.SearchUsers("mina", 10) })
	for place, name := range map[string]string{
		"the message": own.Username, "a quote": message.ReplyToMessage.Username, "a thread": thread.Username, "a like": likes[0].User.Name,
		"the person": mina.Author().Name, "the search": found[0].Name,
	} {
		if name != "Стелла" {
			t.Errorf("%s shows %s", place, name)
		}
	}
	if mina.Username != "Mina" || len(hidden) != 0 {
		t.Errorf("Mina signs in as %s and is found by it: %v", mina.Username, hidden)
	}
	c.alias(t, c.Mina, "Стелла", false)
	if own = Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada, id) }); own.Username != "Mina" {
		t.Errorf("not in use, but shown as %s", own.Username)
	}
}

func aliasTaken(t *testing.T, open Open) {
	c := community(t, open)
	c.alias(t, c.Mina, "Стелла", false)
	for name, want := range map[string]bool{
		"Стелла": true, "стелла": true, "CTeлла": true, // the same, in Latin as far as it goes
		"Tomas": true, "T0mas": true, "Томаs": true, "Thomas": false, "Stella": false, "Finn": false,
	} {
		taken := Read(t, c.Store, func(s *store.Snapshot) (bool, error) { return s.AliasTaken(name, c.Finn.ID) })
		if taken != want {
			t.Errorf("%s is taken for Finn: %v, want %v", name, taken, want)
		}
	}
}

func usernameLikeAlias(t *testing.T, open Open) {
	c := community(t, open)
	c.alias(t, c.Mina, "Ольга", true)
	c.alias(t, c.Finn, "Оliver", false)
	for name, want := range map[string]parley.Kind{"0LIVER": parley.Conflict, "olga": parley.Internal} {
		_, err := c.Store.Update(t.Context(), func(tx *store.Tx) error {
			_, err := AddPerson(tx, name, parley.RoleMember, parley.Membership{})
			return err
		})
		if parley.KindOf(err) != want || (err == nil) != (want == parley.Internal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func mutesKept(t *testing.T, open Open) {
	c := community(t, open)
	muted := func() bool {
		thread := Found(t, c.Store, func(s *store.Snapshot) (parley.Thread, bool, error) { return s.Thread(c.Finn, c.Free.ID) })
		muted := Read(t, c.Store, func(s *store.Snapshot) (bool, error) { return s.Muted(c.Free.ID, c.Finn.ID) })
		if muted != thread.IsMuted {
			t.Errorf("muted: %v, but shown %v", muted, thread.IsMuted)
		}
		return muted
	}
	mute := func(until parley.Time) {
		Update(t, c.Store, func(tx *store.Tx) error { return tx.Mute(c.Free.ID, c.Finn.ID, until) })
	}
	hour := parley.At(c.Clock.Now()).Add(time.Hour)
	before := muted()
	mute(hour)
	during := muted()
	c.Clock.Pass(time.Hour)
	Update(t, c.Store, func(tx *store.Tx) error { return tx.PruneMutes() })
	after := muted()
	mute(0)
	c.Clock.Pass(100 * 365 * 24 * time.Hour)
	Update(t, c.Store, func(tx *store.Tx) error { return tx.PruneMutes() })
	forever := muted()
	Update(t, c.Store, func(tx *store.Tx) error { return tx.Unmute(c.Free.ID, c.Finn.ID) })
	if before || !during || after || !forever || muted() {
		t.Errorf("muted before %v, during %v, after %v, for ever %v, in the end %v", before, during, after, forever, muted())
	}
}

func deafRecipients(t *testing.T, open Open) {
	c := community(t, open)
	Update(t, c.Store, func(tx *store.Tx) error {
		s := parley.DefaultSettings()
		s.EveryoneMentions = false
		if err := tx.SetSettings(c.Finn.ID, s); err != nil {
			return err
		}
		s.EveryoneMentions, s.DirectMentions = true, false
		if err := tx.SetSettings(c.Mina.ID, s); err != nil {
			return err
		}
		return tx.Mute(c.Free.ID, c.Tomas.ID, 0)
	})
	got := Read(t, c.Store, func(s *store.Snapshot) ([]parley.Recipient, error) {
		return s.Recipients(store.RecipientQuery{
			ThreadID: c.Free.ID, Named: []int64{c.Mina.ID, c.Finn.ID}, Specials: []parley.SpecialMention{parley.MentionTeam}, Limit: 10,
		})
	})
	want := []parley.Recipient{{Viewer: c.Tomas, AllowsDirect: true, Muted: true}, {Viewer: c.Mina}, {Viewer: c.Finn, AllowsDirect: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
	c.Clock.Pass(time.Second)
	everyone := func(thread ThreadRef) int64 {
		return Read(t, c.Store, func(s *store.Snapshot) (int64, error) {
			return s.CountCalled(store.ThreadState{ID: thread.ID}, c.Ada.ID)
		})
	}
	team := Read(t, c.Store, func(s *store.Snapshot) (int64, error) {
		return s.CountMentioned(parley.MentionTeam, c.Free.ID, c.Ada.ID)
	})
	if here, there := everyone(c.Free), everyone(c.Paid); here != 1 || there != 2 || team != 0 {
		t.Errorf("everyone is %d here and %d there, the team %d here; want 1, 2, 0", here, there, team)
	}
}
