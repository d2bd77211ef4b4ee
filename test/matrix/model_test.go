// Package matrix proves that nobody sees what they may not, and everybody what
// they may: who asks × what they pay × the state of a thread × every route, event
// and feed. What may be seen is computed by the model in this file, which knows the
// contract and nothing of the program, and compared with what the program shows.
package matrix

// person is somebody who looks.
type person struct {
	name     string
	role     string // creator, team, member; "": nobody who is known here
	cents    int    // of the membership
	gone     bool   // deactivated, or suspended
	silenced bool

	id    int64
	token string
}

// thread is a thread as its creator left it.
type thread struct {
	story   string // how it came to be what it is
	parent  *thread
	source  *message // sub-threads: what it grew out of
	author  *person
	private bool
	cents   int
	locked  bool
	deleted bool

	id        int64
	tier      int64
	word      string // of its title
	messages  []*message
	followers map[*person]bool
}

// message is a message, or what is left of it.
type message struct {
	thread  *thread
	author  *person
	answers *message
	deleted bool
	hidden  bool
	earlier string           // the word of its text before it was edited
	told    map[*person]bool // who was notified of it
	noticed bool             // its author was told what a moderator did with it
	picture int64            // that it shows; 0: none

	id   int64
	word string // of its text
}

// worthReading and worthTouching are the messages of a thread that differ for the
// routes that show something of one, and for those that change one: what is left out
// is like another one.
func (t *thread) worthReading() []*message { return t.messages[1:] }

func (t *thread) worthTouching() []*message {
	last := len(t.messages) - 1
	if last < 5 { // it was deleted early
		return t.messages
	}
	return append(t.messages[:2:2], t.messages[last-3], t.messages[last-1]) // the hidden and the deleted one
}

// The rules. They are the sentences of the contract, as plainly as they can be put.

func (p *person) staff() bool { return p.role == "creator" || p.role == "team" }

// knocks reports whether somebody gets in at all.
func (p *person) knocks() bool { return p.role != "" && !p.gone }

// "Creator and team always; private threads nobody else; otherwise amount_cents ≥
// min_tier_cents; a sub-thread also needs access to its parent. Deactivated users
// have none."
func (p *person) sees(t *thread) bool {
	switch {
	case !p.knocks() || t.deleted || t.parent != nil && !p.sees(t.parent):
		return false
	case p.staff():
		return true
	default:
		return !t.private && p.cents >= t.cents
	}
}

// "hidden messages are seen by their author and the team only", and count for nobody.
func (p *person) reads(m *message) bool {
	return p.sees(m.thread) && !m.deleted && (!m.hidden || p.staff() || p == m.author)
}

func (p *person) counts(m *message) bool { return p.reads(m) && !m.hidden }

// "author, team, creator."
func (p *person) readsHistory(m *message) bool { return p.reads(m) && (p.staff() || p == m.author) }

// refusal is the status with which somebody is kept from a thread, 200 for none.
// "404 also where telling 403 from 404 would reveal a private thread."
func (p *person) refusal(t *thread) int {
	switch {
	case !p.knocks():
		return 401
	case p.sees(t):
		return 200
	case t.gone() || t.hidden():
		return 404
	default:
		return 403
	}
}

func (p *person) refusalOf(m *message) int {
	if status := p.refusal(m.thread); status != 200 && (!m.deleted || status == 401) || p.reads(m) {
		return status
	}
	return 404
}

func (t *thread) gone() bool   { return t.deleted || t.parent != nil && t.parent.deleted }
func (t *thread) hidden() bool { return t.private || t.parent != nil && t.parent.hidden() }

// asks is what a thread asks of its readers, its parent's included.
func (t *thread) asks() int {
	if t.parent != nil {
		return max(t.cents, t.parent.asks())
	}
	return t.cents
}

// "main thread: creator or team; sub-thread: its author too."
func (p *person) manages(t *thread) bool {
	return p.sees(t) && (p.staff() || t.parent != nil && t.author == p)
}

// "locked: creator only." "silenced: reads, cannot write."
func (p *person) writesIn(t *thread) bool {
	return p.sees(t) && (!t.locked || p.role == "creator")
}

// hears counts the notifications of a message that are there for somebody: that it was
// written, and what a moderator did with it.
func (p *person) hears(m *message) (n int64) {
	if m.told[p] && p.reads(m) {
		n++
	}
	if m.noticed && p == m.author && p.sees(m.thread) {
		n++
	}
	return n
}

// asOpen reports whether all may see a sub-thread who may see its parent: only then
// may the parent's readers be told its name and number.
func (t *thread) asOpen() bool {
	return t.hidden() == t.parent.hidden() && t.asks() == t.parent.asks()
}
