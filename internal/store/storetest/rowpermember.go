package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley"
	"parley/internal/store"
)

// rowPerMember is a naive model of calls, in which each writes a notification for
// every member, as any other message would: members and threads as they are now, and
// nothing about what they were.
type rowPerMember struct {
	t       *testing.T
	c       *Community
	people  []*called  // of this history
	all     *[]*called // of all histories in the database
	threads []*callable
	said    []*saying
	told    []string // what happened
}

type called struct {
	parley.Viewer // Active as refresh has left it
	deactivated   bool
	suspended     parley.Time // until
	deaf          bool        // by their settings
	muted         map[int64]parley.Time
	hears         map[int64]*bool // mentions in threads that they follow
	rows          []*calledRow
}

type calledRow struct {
	*saying
	read, deleted bool
	own           bool // by name: not withdrawn with the mention of everyone
}

type callable struct {
	ThreadRef
	access parley.Access
}

type saying struct {
	id               int64
	thread           *callable
	author           *called
	gone, hidden     bool
	calls, hasCalled bool
}

func newRowPerMember(t *testing.T, c *Community) *rowPerMember {
	var all []*called
	for _, v := range []parley.Viewer{c.Ada, c.Tomas, c.Mina, c.Finn} {
		all = append(all, &called{Viewer: v})
	}
	return &rowPerMember{t: t, c: c, all: &all}
}

// begin begins another history, with people and threads of its own.
func (m *rowPerMember) begin() *rowPerMember {
	h := &rowPerMember{t: m.t, c: m.c, all: m.all}
	h.join(parley.RoleTeam, 0)
	h.join(parley.RoleMember, 0)
	h.join(parley.RoleMember, 500)
	h.join(parley.RoleTeam, 0)
	for range 2 {
		h.threads = append(h.threads, &callable{ThreadRef: Write(h.t, h.c.Store, func(tx *store.Tx) (ThreadRef, error) {
			return StartThread(tx, store.NewThread{Title: "calls", AuthorID: h.people[0].ID})
		})})
	}
	return h
}

func (m *rowPerMember) join(role parley.Role, cents int64) {
	name := fmt.Sprintf("member_%d", len(*m.all))
	v := Write(m.t, m.c.Store, func(tx *store.Tx) (parley.Viewer, error) {
		return AddPerson(tx, name, role, parley.Membership{AmountCents: cents})
	})
	p := &called{Viewer: v, muted: map[int64]parley.Time{}, hears: map[int64]*bool{}}
	m.people, *m.all = append(m.people, p), append(*m.all, p)
}

// step has something happen that depends on four numbers.
func (m *rowPerMember) step(what, who, where, how int) {
	m.c.Clock.Pass(time.Second)
	m.refresh()
	p, thread := m.people[who%len(m.people)], m.threads[where%len(m.threads)]
	steps := []func(*called, *callable, int){
		m.say, m.say, m.sayLate, m.edit, m.edit, m.remove, m.mute, m.follow, m.set, m.promote, m.suspend, m.hide, m.closeThread, m.readThread, m.readOne, m.readAll, m.dismiss, m.newcomer,
	}
	steps[what%len(steps)](p, thread, how)
}

// refresh has suspensions begin and end.
func (m *rowPerMember) refresh() {
	for _, p := range *m.all {
		p.Active = !p.deactivated && p.suspended <= parley.At(m.c.Clock.Now())
	}
}

func (m *rowPerMember) note(format string, args ...any) {
	m.told = append(m.told, fmt.Sprintf(format, args...))
}

func (m *rowPerMember) update(change func(*store.Tx) error) {
	m.t.Helper()
	Update(m.t, m.c.Store, change)
}

// call has a message mention everyone, and writes the model's rows.
func (m *rowPerMember) call(s *saying, late bool) {
	var count int64
	m.update(func(tx *store.Tx) error {
		state, _, err := tx.ThreadState(s.thread.ID)
		if err != nil {
			return err
		}
		if count, err = tx.CountCalled(state, s.author.ID); err != nil {
			return err
		}
		return tx.AddCall(state, s.author.ID, s.id, late)
	})
	again := s.hasCalled
	s.calls, s.hasCalled = true, true
	var want int64
	for _, p := range *m.all {
		if !m.wants(p, s) {
			continue
		}
		want++
		if !again && !p.has(s) { // again: those who had a notification have it again
			p.rows = append(p.rows, &calledRow{saying: s})
		}
	}
	if count != want {
		m.t.Fatalf("after %v: the call is for %d people, %d are counted", m.told, want, count)
	}
}

func (m *rowPerMember) wants(p *called, s *saying) bool {
	hears := p.hears[s.thread.ID]
	return p != s.author && !p.deaf && p.muted[s.thread.ID] <= parley.At(m.c.Clock.Now()) && (hears == nil || *hears) && s.thread.access.Admits(p.Viewer)
}

func (p *called) has(s *saying) bool {
	return slices.ContainsFunc(p.rows, func(r *calledRow) bool { return r.saying == s })
}

func (r *calledRow) shown(p *called) bool {
	return !r.gone && (!r.hidden || p.SeesHidden(r.author.ID)) && (r.calls || r.own) && !r.deleted && r.thread.access.Admits(p.Viewer)
}

func (m *rowPerMember) write(p *called, thread *callable) *saying {
	s := &saying{thread: thread, author: p, id: Write(m.t, m.c.Store, func(tx *store.Tx) (int64, error) {
		return tx.InsertMessage(thread.ID, p.ID, 0, Text("@everyone"))
	})}
	m.said = append(m.said, s)
	return s
}

func (m *rowPerMember) say(p *called, thread *callable, _ int) {
	m.note("%d calls in %d", p.ID, thread.ID)
	m.call(m.write(p, thread), false)
}

// sayLate has somebody notified by name before the message calls everyone.
func (m *rowPerMember) sayLate(p *called, thread *callable, how int) {
	s, named := m.write(p, thread), m.people[how%len(m.people)]
	m.note("%d names %d in %d and then calls", p.ID, named.ID, thread.ID)
	m.update(func(tx *store.Tx) error {
		_, err := tx.Notify(store.NewNotification{UserID: named.ID, Kind: parley.NotifyMention, SenderID: p.ID, ThreadID: thread.ID, MessageID: s.id})
		return err
	})
	named.rows = append(named.rows, &calledRow{saying: s, own: true})
	m.call(s, true)
}

// edit takes a mention of everyone back, or brings it back.
func (m *rowPerMember) edit(_ *called, _ *callable, how int) {
	if len(m.said) == 0 {
		return
	}
	s := m.said[how%len(m.said)]
	m.note("%d is edited", s.id)
	if !s.calls {
		m.call(s, true)
		return
	}
	s.calls = false
	m.update(func(tx *store.Tx) error { return tx.WithdrawCall(s.id) })
}

// remove deletes a message or restores it.
func (m *rowPerMember) remove(_ *called, _ *callable, how int) {
	if len(m.said) == 0 {
		return
	}
	s := m.said[how%len(m.said)]
	m.note("%d comes or goes", s.id)
	state := store.MessageState{ID: s.id, ThreadID: s.thread.ID}
	m.update(func(tx *store.Tx) (err error) {
		if s.gone {
			_, err = tx.RestoreMessages(state)
		} else {
			_, err = tx.DeleteMessages(state, s.author.ID)
		}
		return err
	})
	s.gone = !s.gone
}

func (m *rowPerMember) mute(p *called, thread *callable, how int) {
	until := []parley.Time{0, 1, parley.At(m.c.Clock.Now()).Add(90 * time.Second)}[how%3]
	m.note("%d mutes %d until %d", p.ID, thread.ID, until)
	m.update(func(tx *store.Tx) error {
		if until == 1 {
			return tx.Unmute(thread.ID, p.ID)
		}
		return tx.Mute(thread.ID, p.ID, until)
	})
	if p.muted[thread.ID] = until; until == 0 {
		p.muted[thread.ID] = 1 << 62
	}
}

func (m *rowPerMember) follow(p *called, thread *callable, how int) {
	m.note("%d follows %d: %d", p.ID, thread.ID, how%4)
	hears := how%2 == 0
	m.update(func(tx *store.Tx) error {
		switch how % 4 {
		case 3:
			return tx.Unfollow(thread.ID, p.ID)
		case 2:
			return tx.FollowUnlessFollowing(thread.ID, p.ID, parley.Follow{})
		default:
			return tx.Follow(thread.ID, p.ID, parley.Follow{Mention: hears})
		}
	})
	switch before := p.hears[thread.ID]; {
	case how%4 == 3:
		p.hears[thread.ID] = nil
	case how%4 == 2 && before == nil:
		p.hears[thread.ID] = new(bool)
	case how%4 < 2:
		p.hears[thread.ID] = &hears
	}
}

func (m *rowPerMember) set(p *called, _ *callable, how int) {
	m.note("%d sets deaf %d", p.ID, how%2)
	p.deaf = how%2 == 0
	settings := parley.DefaultSettings()
	settings.EveryoneMentions = !p.deaf
	m.update(func(tx *store.Tx) error { return tx.SetSettings(p.ID, settings) })
}

func (m *rowPerMember) promote(p *called, _ *callable, how int) {
	p.Role, p.AmountCents, p.deactivated = []parley.Role{parley.RoleMember, parley.RoleTeam}[how/4%2], int64(how%3)*250, how%5 == 0
	m.refresh()
	m.note("%d becomes %+v", p.ID, p.Viewer)
	m.update(func(tx *store.Tx) error {
		if err := tx.SetActive(p.ID, !p.deactivated); err != nil {
			return err
		}
		return tx.SetRights(p.ID, p.Role, parley.Membership{AmountCents: p.AmountCents})
	})
}

func (m *rowPerMember) suspend(p *called, _ *callable, how int) {
	p.suspended = []parley.Time{0, 0, parley.Indefinitely, parley.At(m.c.Clock.Now()).Add(5 * time.Second)}[how%4]
	m.refresh()
	m.note("%d is suspended until %d", p.ID, p.suspended)
	m.update(func(tx *store.Tx) error { return tx.SetSuspension(p.ID, parley.Sanction{Until: p.suspended}) })
}

// hide hides a message that is there, or shows it again.
func (m *rowPerMember) hide(_ *called, _ *callable, how int) {
	if len(m.said) == 0 || m.said[how%len(m.said)].gone {
		return
	}
	s := m.said[how%len(m.said)]
	m.note("%d is hidden or shown", s.id)
	m.update(func(tx *store.Tx) error {
		state, _, err := tx.MessageState(s.id)
		if err != nil {
			return err
		}
		if s.hidden {
			return tx.ShowMessage(state)
		}
		return tx.HideMessage(state, s.author.ID)
	})
	s.hidden = !s.hidden
}

func (m *rowPerMember) closeThread(_ *called, thread *callable, how int) {
	thread.access = []parley.Access{{}, {MinTierCents: 500}, {Private: true}, {}}[how%4]
	m.note("%d asks for %+v", thread.ID, thread.access)
	m.update(func(tx *store.Tx) error {
		state, _, err := tx.ThreadState(thread.ID)
		state.Own = thread.access
		if err != nil {
			return err
		}
		return tx.SetThread(state)
	})
}

func (m *rowPerMember) readThread(p *called, thread *callable, how int) {
	upTo := int64(0)
	if len(m.said) > 0 && how%2 == 0 {
		upTo = m.said[how%len(m.said)].id
	}
	m.note("%d reads %d up to %d", p.ID, thread.ID, upTo)
	m.read(p, func(r *calledRow) bool { return r.thread == thread && (upTo == 0 || r.id <= upTo) }, func(tx *store.Tx) (int64, error) {
		return tx.ReadThread(p.Viewer, thread.ID, upTo)
	})
}

func (m *rowPerMember) readAll(p *called, _ *callable, _ int) {
	m.note("%d reads all", p.ID)
	m.read(p, func(*calledRow) bool { return true }, func(tx *store.Tx) (int64, error) { return tx.ReadNotification(p.Viewer, 0) })
}

func (m *rowPerMember) read(p *called, wanted func(*calledRow) bool, change func(*store.Tx) (int64, error)) {
	var want int64
	for _, r := range p.rows {
		if r.shown(p) && !r.read && wanted(r) {
			r.read = true
			want++
		}
	}
	if got := Write(m.t, m.c.Store, change); got != want {
		m.t.Fatalf("after %v: %d were marked, want %d", m.told, got, want)
	}
}

// one returns one of the notifications that somebody is shown, and its message.
func (m *rowPerMember) one(p *called, how int) (id, message int64) {
	facts := m.list(p)
	if len(facts) == 0 {
		return 0, 0
	}
	f := facts[how%len(facts)]
	return f.ID, f.MessageID
}

func (m *rowPerMember) readOne(p *called, _ *callable, how int) {
	id, message := m.one(p, how)
	if id == 0 {
		return
	}
	m.note("%d reads that of %d", p.ID, message)
	m.read(p, func(r *calledRow) bool { return r.id == message }, func(tx *store.Tx) (int64, error) { return tx.ReadNotification(p.Viewer, id) })
}

func (m *rowPerMember) dismiss(p *called, _ *callable, how int) {
	id, message := m.one(p, how)
	if id == 0 {
		return
	}
	m.note("%d deletes that of %d", p.ID, message)
	for _, r := range p.rows {
		r.deleted = r.deleted || r.id == message
	}
	for i, want := range []bool{true, false} {
		if deleted := Write(m.t, m.c.Store, func(tx *store.Tx) (bool, error) { return tx.DeleteNotification(p.ID, id) }); deleted != want {
			m.t.Fatalf("after %v: deleting, time %d: %v", m.told, i+1, deleted)
		}
	}
}

func (m *rowPerMember) newcomer(_ *called, _ *callable, how int) {
	m.note("somebody joins")
	m.join(parley.RoleMember, int64(how%2)*500)
}

func (m *rowPerMember) list(p *called) []parley.NotificationFacts {
	return Read(m.t, m.c.Store, func(s *store.Snapshot) ([]parley.NotificationFacts, error) {
		return s.Notifications(p.Viewer, 0, 1000, 0)
	})
}

// check compares what everybody has with the model, and says what differs.
func (m *rowPerMember) check() string {
	var differences []string
	people, threads, ids := []parley.Viewer{}, []int64{}, []int64{}
	for _, t := range m.threads {
		threads = append(threads, t.ID)
	}
	for _, p := range m.people {
		people, ids = append(people, p.Viewer), append(ids, p.ID)
		want, got, unread := []string{}, []string{}, int64(0)
		for _, r := range p.rows {
			if r.shown(p) {
				want = append(want, fmt.Sprint(r.id, " read ", r.read))
				if !r.read {
					unread++
				}
			}
		}
		for _, f := range m.list(p) {
			got = append(got, fmt.Sprint(f.MessageID, " read ", f.IsRead))
		}
		slices.Sort(want)
		slices.Sort(got)
		counted := Read(m.t, m.c.Store, func(s *store.Snapshot) (int64, error) { return s.UnreadNotifications(p.Viewer, 0) })
		total := Read(m.t, m.c.Store, func(s *store.Snapshot) (int64, error) { return s.CountNotifications(p.Viewer) })
		if !slices.Equal(want, got) || counted != unread || total != int64(len(want)) {
			differences = append(differences, fmt.Sprintf("%+v has %v, counted %d of %d, want %v", p.Viewer, got, counted, total, want))
		}
	}
	each := Read(m.t, m.c.Store, func(s *store.Snapshot) (map[int64]store.Unread, error) { return unreadOfEach(s, people, threads) })
	all := Read(m.t, m.c.Store, func(s *store.Snapshot) (map[int64]store.Unread, error) { return s.UnreadOf(ids, threads, nil) })
	if fmt.Sprint(each) != fmt.Sprint(all) {
		differences = append(differences, fmt.Sprintf("each has unread %v, all at once %v", each, all))
	}
	return strings.Join(differences, "\n")
}
