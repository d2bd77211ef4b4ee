package fieldclient_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/config"
	"parley/internal/metrics"
	"parley/internal/server"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/test/fieldclient"
)

const password = "correct horse battery"

// site is a running server with Ada, who created the community, Mina, who pays, and
// Finn, who does not.
type site struct {
	t    *testing.T
	url  string
	app  *app.App
	tier int64
}

func run(t *testing.T) *site {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	s, err := store.Open(t.Context(), storetest.NewSQLite(t), store.Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	f := &site{t: t, app: app.New(s, app.Options{Logger: quiet})}
	f.people(s)
	srv, err := server.New(f.app, config.Serve{CookieName: "session_id", MaxSocketsPerUser: 20}, metrics.New(), "test", quiet)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.url = "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.Run(ctx, listener, nil) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f *site) people(s *store.Store) {
	f.t.Helper()
	_, err := s.Update(f.t.Context(), func(tx *store.Tx) (err error) {
		f.tier, err = tx.InsertTier(parley.Tier{Title: "Supporters", AmountCents: 500, Active: true})
		return err
	})
	for _, u := range []app.NewUser{
		{NewAccount: app.NewAccount{Username: "Ada"}, Role: parley.RoleCreator},
		{NewAccount: app.NewAccount{Username: "Mina"}, Role: parley.RoleMember, Membership: parley.Membership{AmountCents: 500, TierID: f.tier, Source: "patreon"}},
		{NewAccount: app.NewAccount{Username: "Finn"}, Role: parley.RoleMember},
	} {
		u.Password = password
		if err == nil {
			_, err = f.app.AddUser(f.t.Context(), u)
		}
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// soon is how long a story waits for what must happen.
func (f *site) soon() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	f.t.Cleanup(cancel)
	return ctx
}

func (f *site) signIn(name string) *fieldclient.Client {
	f.t.Helper()
	c := fieldclient.New(f.url)
	f.t.Cleanup(c.Close)
	user, err := c.Login(f.soon(), name, password)
	if err != nil || user.Text("username") != name {
		f.t.Fatalf("signed in as %v (%v)", user, err)
	}
	return c
}

func must[T any](f *site) func(T, error) T {
	return func(value T, err error) T {
		f.t.Helper()
		if err != nil {
			f.t.Fatal(err)
		}
		return value
	}
}

func TestTwoBrowsersOfTheFieldTalk(t *testing.T) {
	f := run(t)
	ada, mina := f.signIn("Ada"), f.signIn("Mina")
	global := must[*fieldclient.Global](f)(mina.OpenGlobal(f.soon()))
	t.Cleanup(global.Close)

	thread := must[fieldclient.Object](f)(ada.CreateThread(f.soon(), fieldclient.ThreadForm{Title: "Plans", Content: "Hello.", TierID: f.tier}))
	if thread.Number("min_tier_cents") != 500 {
		t.Errorf("the tier sent as a string was not understood: %v", thread)
	}
	created := must[fieldclient.Object](f)(global.Await(f.soon(), "new_thread_created"))
	if created.Object("thread").ID() != thread.ID() {
		t.Errorf("got %v", created)
	}

	hers := must[*fieldclient.Thread](f)(mina.OpenThread(f.soon(), thread.ID()))
	t.Cleanup(hers.Close)
	adas := must[*fieldclient.Thread](f)(ada.OpenThread(f.soon(), thread.ID()))
	t.Cleanup(adas.Close)
	must[fieldclient.Object](f)(hers.Await(f.soon(), "connected"))
	must[fieldclient.Object](f)(adas.Await(f.soon(), "connected"))

	hers.Type("That sounds good, and so on, at some length, without a pause for breath.")
	if typing := must[fieldclient.Object](f)(adas.Await(f.soon(), "user_typing")); typing.Text("username") != "Mina" || typing["is_typing"] != true {
		t.Errorf("got %v", typing)
	}
	hers.StopTyping()
	if typing := must[fieldclient.Object](f)(adas.Await(f.soon(), "user_typing")); typing["is_typing"] != false {
		t.Errorf("got %v", typing)
	}

	message := must[fieldclient.Object](f)(mina.Post(f.soon(), thread.ID(), "That sounds good.", 0))
	if got := must[fieldclient.Object](f)(adas.Await(f.soon(), "new_message")); got.Object("message").ID() != message.ID() {
		t.Errorf("got %v", got)
	}
	like := must[bool](f)
	if !like(ada.Like(f.soon(), message.ID(), true)) || like(ada.Like(f.soon(), message.ID(), true)) ||
		!like(ada.Like(f.soon(), message.ID(), false)) || like(ada.Like(f.soon(), message.ID(), false)) {
		t.Error("the script cannot tell whether its click changed anything")
	}
	must[fieldclient.Object](f)(hers.Await(f.soon(), "message_liked"))
	must[fieldclient.Object](f)(hers.Await(f.soon(), "message_unliked"))
}

func TestTheBellRingsOverItsOwnFrames(t *testing.T) {
	f := run(t)
	ada, mina := f.signIn("Ada"), f.signIn("Mina")
	bell := mina.OpenBell()
	t.Cleanup(bell.Close)
	must[fieldclient.Object](f)(bell.Await(f.soon(), "connected"))
	must[fieldclient.Object](f)(ada.CreateThread(f.soon(), fieldclient.ThreadForm{Title: "Hello", Content: "Welcome, @Mina!"}))
	rung := must[fieldclient.Object](f)(bell.AwaitNotification(f.soon()))
	listed := must[[]fieldclient.Object](f)(mina.Notifications(f.soon()))
	if len(listed) != 1 || listed[0].ID() != rung.ID() || rung.Text("type") != "forum_mention" {
		t.Errorf("rung %v, listed %v", rung, listed)
	}
}

func TestAFollowWithoutABodyAndAFormWithoutTiersAreUnderstood(t *testing.T) {
	f := run(t)
	ada, mina := f.signIn("Ada"), f.signIn("Mina")
	form := fieldclient.ThreadForm{Title: "Plans", Content: "Hello.", TierID: f.tier}
	thread := must[fieldclient.Object](f)(ada.CreateThread(f.soon(), form))
	if answer := must[fieldclient.Object](f)(mina.Follow(f.soon(), thread.ID())); answer["is_following"] != true {
		t.Errorf("followed: %v", answer)
	}
	form.Title, form.TiersNotLoaded = "Plans for June", true
	edited := must[fieldclient.Object](f)(ada.EditThread(f.soon(), thread.ID(), form))
	if edited.Text("title") != "Plans for June" || edited.Number("min_tier_cents") != 500 {
		t.Errorf("edited: %v", edited)
	}
}

func TestWhoeverIsShutOutLosesTheThreadAndKeepsTheForum(t *testing.T) {
	f := run(t)
	ada, finn := f.signIn("Ada"), f.signIn("Finn")
	form := fieldclient.ThreadForm{Title: "Plans", Content: "Hello."}
	thread := must[fieldclient.Object](f)(ada.CreateThread(f.soon(), form))
	global := must[*fieldclient.Global](f)(finn.OpenGlobal(f.soon()))
	t.Cleanup(global.Close)
	open := must[*fieldclient.Thread](f)(finn.OpenThread(f.soon(), thread.ID()))
	t.Cleanup(open.Close)
	must[fieldclient.Object](f)(open.Await(f.soon(), "connected"))
	must[fieldclient.Object](f)(global.Await(f.soon(), "connected"))

	form.Private = true
	must[fieldclient.Object](f)(ada.EditThread(f.soon(), thread.ID(), form))
	if end := must[fieldclient.End](f)(open.End(f.soon())); end.Code != 1008 || end.Reason != "Access denied" {
		t.Errorf("ended with %+v", end)
	}
	must[fieldclient.Object](f)(global.Await(f.soon(), "threads_changed"))
	_, err := finn.Messages(f.soon(), thread.ID())
	var refusal *fieldclient.Refusal
	if !errors.As(err, &refusal) || refusal.Status != 404 || refusal.Detail == "" {
		t.Errorf("got %v", err)
	}
	if err := finn.Logout(f.soon()); err != nil {
		t.Fatal(err)
	}
	if end := must[fieldclient.End](f)(global.End(f.soon())); end.Code != 1008 || global.Opened() != 1 {
		t.Errorf("ended with %+v after %d sockets", end, global.Opened())
	}
}
