package app_test

import (
	"math/rand/v2"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"parley"
	"parley/internal/app"
	"parley/realtime"
)

// page is what somebody is shown who opens a thread.
type page struct {
	messages []parley.Message
	position string
	err      error
}

func (f *forum) open(a *app.App, v parley.Viewer, thread int64, limit int) (p page) {
	p.messages, p.position, p.err = a.Messages(f.t.Context(), v, thread, app.MessageQuery{Limit: limit})
	return p
}

// showsWhatIsThere compares what a server shows that keeps pages with what one shows
// that has kept none.
func (f *forum) showsWhatIsThere(v parley.Viewer, thread int64, limit int) int {
	f.t.Helper()
	kept := f.open(f.App, v, thread, limit)
	if read := f.open(app.New(f.Store, app.Options{}), v, thread, limit); !reflect.DeepEqual(kept, read) {
		f.t.Fatalf("%s is shown of thread %d\n%+v\nwhere there is\n%+v", v.Role, thread, kept, read)
	}
	return len(kept.messages)
}

// TestAPageThatIsKeptIsWhatIsThere has people do all sorts of things, one after the
// other. It finds what changes a page, and is no event of those that a page is as of.
func TestAPageThatIsKeptIsWhatIsThere(t *testing.T) {
	a := openAlbum(t)
	c := &crowd{f: a.forum, servers: []*app.App{a.App}, people: []parley.Viewer{a.Ada, a.Tomas, a.Mina, a.Finn}, picture: drawing(t, 5)}
	r := rand.New(rand.NewPCG(1, 2))
	const deeds = 800
	shown := 0
	for range deeds {
		a.Clock.Pass(second)
		c.act(r)
		a.RunJobs(t.Context())
		for _, thread := range []int64{a.Free.ID, a.Sub.ID, a.Paid.ID} {
			shown += a.showsWhatIsThere(c.people[r.IntN(len(c.people))], thread, 4)
		}
	}
	if shown < deeds {
		t.Errorf("only %d messages were shown", shown)
	}
}

// TestWhatIsHiddenIsInNobodyElsesPage has everybody open a thread, in every order,
// where one message is hidden and another answers it.
func TestWhatIsHiddenIsInNobodyElsesPage(t *testing.T) {
	f := openForum(t)
	m := f.reply(f.Mina, f.Free, f.Free.First, "Buy this!")
	f.reply(f.Finn, f.Free, m.ID, "no")
	if err := f.hide(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	everybody := []parley.Viewer{f.Ada, f.Tomas, f.Mina, f.Finn}
	for first := range everybody {
		for _, limit := range []int{1, 2, 3} { // the answer alone, with what is hidden, and with more
			f.App = app.New(f.Store, app.Options{})
			for i := range everybody {
				f.showsWhatIsThere(everybody[(first+i)%len(everybody)], f.Free.ID, limit)
			}
		}
	}
}

// TestAPageShowsWhatItsPositionSays has people read while others write, so that each
// event is one message more: who goes on from a page's position misses none.
func TestAPageShowsWhatItsPositionSays(t *testing.T) {
	f := openForum(t)
	newest := func() (messageID, seq int64) {
		p := f.open(f.App, f.Mina, f.Free.ID, 5)
		cursor, err := realtime.ParseCursor(p.position)
		if p.err != nil || err != nil {
			t.Error(p)
			return 0, 0
		}
		return p.messages[len(p.messages)-1].ID, int64(cursor.Positions[0].Seq)
	}
	f.post(f.Ada, f.Free, "one")
	message, seq := newest()
	var writers sync.WaitGroup
	var done atomic.Bool
	for _, v := range []parley.Viewer{f.Ada, f.Tomas} {
		writers.Go(func() {
			for range 50 {
				f.post(v, f.Free, "more")
			}
		})
	}
	go func() { writers.Wait(); done.Store(true) }()
	read := func() {
		for before := int64(0); !done.Load(); {
			m, s := newest()
			if m-message != s-seq || m < before {
				t.Errorf("message %d after %d, at position %d, where message %d was at %d", m, before, s, message, seq)
				return
			}
			before = m
		}
	}
	atOnce(read, read, read)
	if m, s := newest(); m-message != 100 || s-seq != 100 {
		t.Errorf("%d messages and %d events in the end", m-message, s-seq)
	}
}
