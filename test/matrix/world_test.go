package matrix

import (
	"context"
	"fmt"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/auth"
	"parley/internal/store"
)

// world is what the model knows: who there is, and every thread.
type world struct {
	people  []*person
	ada     *person // created it all
	tomas   *person // of the team
	bela    *person // pays less than most threads ask for
	tiers   map[int]int64
	threads []*thread
	words   map[string]func(*person) bool // who may read a word
	album   string                        // the folder of what was uploaded
}

// newWorld returns the people. Members pay enough for everything until all is
// written: what they see of it is looked at later.
func newWorld() *world {
	w := &world{tiers: map[int]int64{}, words: map[string]func(*person) bool{}}
	w.ada = &person{name: "Ada", role: "creator"}
	w.tomas = &person{name: "Tomas", role: "team"}
	w.bela = &person{name: "Bela", role: "member"}
	w.people = []*person{w.ada, w.tomas, w.bela}
	for _, name := range []string{"Finn", "Mina", "Gita", "Olga", "Zoe"} {
		w.people = append(w.people, &person{name: name, role: "member"})
	}
	w.people = append(w.people, &person{name: "Cleo", role: "creator"}, &person{name: "Udo", role: "team"}, &person{name: "somebody"})
	for _, p := range w.people {
		p.cents = 2000
	}
	return w
}

// What the people are in the end: members pay nothing, less than a paid thread asks
// for, exactly that, and more; some may not write, or not come in.
var (
	pays  = map[string]int{"Finn": 0, "Bela": 300, "Mina": 500, "Gita": 900, "Olga": 900, "Zoe": 900}
	shame = map[string]string{"Gita": "silence", "Zoe": "suspend"}
	leave = map[string]bool{"Cleo": true, "Udo": true, "Olga": true}
)

// access is whom a thread is for.
type access struct {
	name    string
	private bool
	cents   int
}

var (
	open    = access{name: "open"}
	paid    = access{name: "paid", cents: 500}
	dear    = access{name: "dear", cents: 800}
	private = access{name: "private", private: true}
)

// word makes a word that will stand in one title or text alone.
func (w *world) word(may func(*person) bool) string {
	word := fmt.Sprintf("zq%dx", len(w.words)+1)
	w.words[word] = may
	return word
}

// build makes the world on an empty database, as people would: through the server.
func (f *forum) build() {
	f.work()
	f.arrive()
	for _, a := range []access{paid, dear} {
		tier := f.call(f.ada, "POST", "/api/admin/tiers", fmt.Sprintf(`{"title":%q,"amount_cents":%d}`, a.name, a.cents))
		f.tiers[a.cents] = decode[app.AdminTier](tier).ID
	}
	f.tell()
	f.settle()
	f.depart()
}

// work does the forum's jobs until the test ends.
func (f *forum) work() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- f.app.Run(ctx) }()
	f.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			f.t.Error(err)
		}
	})
}

// arrive makes the accounts.
func (f *forum) arrive() {
	for _, p := range f.people {
		if p.role == "" {
			continue
		}
		membership := parley.Membership{}
		if p.role == "member" {
			membership = parley.Membership{AmountCents: int64(p.cents), Source: "manual"}
		}
		var err error
		p.id, err = f.app.AddUser(f.t.Context(), app.NewUser{NewAccount: app.NewAccount{Username: p.name}, Role: parley.Role(p.role), Membership: membership})
		if err != nil {
			f.t.Fatal(err)
		}
		p.token = auth.NewToken()
		f.update(func(tx *store.Tx) error {
			_, err := tx.CreateSession(store.Session{
				PublicID: auth.NewPublicID(), UserID: p.id, CreatedAt: tx.Now(), LastSeenAt: tx.Now(), ExpiresAt: tx.Now().Add(24 * time.Hour),
			}, auth.HashToken(p.token))
			return err
		})
	}
}

func (f *forum) update(fn func(*store.Tx) error) {
	f.t.Helper()
	if _, err := f.store.Update(f.t.Context(), fn); err != nil {
		f.t.Fatal(err)
	}
}

// settle waits until everybody has been notified.
func (f *forum) settle() {
	f.t.Helper()
	await(f.t, "jobs", func() bool {
		due := 1
		err := f.store.View(f.t.Context(), func(s *store.Snapshot) error {
			jobs, err := s.DueJobs(1, "")
			due = len(jobs)
			return err
		})
		if err != nil {
			f.t.Fatal(err)
		}
		return due == 0
	})
}

// depart makes the people what they are in the end.
func (f *forum) depart() {
	for _, p := range f.people {
		if cents, member := pays[p.name]; member {
			p.cents = cents
			f.must(f.ada, "PATCH", fmt.Sprintf("/api/admin/users/%d", p.id), `{"amount_cents":%d}`, cents)
		}
		if how, ashamed := shame[p.name]; ashamed {
			p.silenced, p.gone = how == "silence", how == "suspend"
			f.must(f.tomas, "POST", fmt.Sprintf("/api/forum/moderation/users/%d/%s", p.id, how), `{"reason":"A test"}`)
		}
		if leave[p.name] {
			p.gone = true
			f.must(f.ada, "POST", fmt.Sprintf("/api/admin/users/%d/deactivate", p.id), `{}`)
		}
	}
}

// must makes a change that is allowed.
func (f *forum) must(p *person, method, path, body string, args ...any) answer {
	f.t.Helper()
	a := f.call(p, method, path, fmt.Sprintf(body, args...))
	if a.status != 200 {
		f.t.Fatalf("%s: %d %s", a.what, a.status, a.body)
	}
	return a
}

// tell writes the threads, lets everybody be told of them, and changes them then.
func (f *forum) tell() {
	var later []func()
	change := func(t *thread, to access) { later = append(later, func() { f.open(t, to) }) }
	for _, way := range [][2]access{
		{open, open},
		{open, paid},
		{open, private},
		{paid, open},
		{paid, paid},
		{paid, private},
		{private, open},
		{private, paid},
		{private, private},
		{paid, dear},
		{dear, paid},
	} {
		t := f.start(way[0], way[0].name+", then "+way[1].name)
		f.grow(t, "its sub-thread")
		change(t, way[1])
	}
	for _, of := range []struct {
		parent access
		subs   []access
	}{{open, []access{paid, private}}, {paid, []access{open, dear}}, {private, []access{open}}} {
		t := f.start(of.parent, of.parent.name+", with sub-threads that differ")
		for _, own := range of.subs {
			change(f.grow(t, "made "+own.name), own)
		}
	}
	for _, of := range []access{open, paid} {
		locked, gone := f.start(of, of.name+", then locked"), f.start(of, of.name+", then deleted")
		below := f.grow(locked, "locked too")
		f.grow(gone, "its sub-thread")
		later = append(later, func() { f.lock(locked) }, func() { f.lock(below) }, func() { f.remove(gone) })
	}
	t := f.start(open, "open, with sub-threads cut off")
	deleted := f.grow(t, "deleted alone")
	f.say(t, f.bela, nil)
	orphan := f.grow(t, "its source deleted")
	later = append(later, func() { f.remove(deleted) }, func() { f.erase(f.ada, orphan.source) })

	f.settle()
	for _, change := range later {
		change()
	}
	f.rewrite()
}
