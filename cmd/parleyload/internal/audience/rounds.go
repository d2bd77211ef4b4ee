//go:build linux

package audience

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"parley/cmd/parleyload/internal/swarm"
)

// mark begins the text of a measured message: mark, token, number, nanoseconds on
// the clock of swarm.Now. It is plain words, so that it survives Markdown.
const mark = "load"

// filler makes a message as long as it should be: prose, as people write it.
const filler = " the quick brown fox jumps over the lazy dog and then it rests a while in the shade of an old oak tree"

// Compose returns the text of a message that is sent now, of about so many bytes.
func (a *Audience) Compose(size int) string { return a.compose(a.number(), size) }

// ComposeRound is Compose for a message that somebody waits for: the Round is over
// when every viewer of the thread who is there now has got it. Viewers may neither
// come nor go meanwhile. Forget must be called in the end.
func (a *Audience) ComposeRound(thread int64, size int) (string, *Round) {
	r := &Round{number: a.number(), done: make(chan struct{})}
	r.halls.Store(a.hallsOf(thread))
	a.mu.Lock()
	a.rounds[r.number] = r
	a.mu.Unlock()
	return a.compose(r.number, size), r
}

// Forget ends the bookkeeping of a round.
func (a *Audience) Forget(r *Round) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.rounds, r.number)
}

// Acknowledged notes that the server said a message was posted.
func (a *Audience) Acknowledged(thread, message int64) {
	a.ledger.Channel(channelName(thread)).Acknowledged(message)
}

func (a *Audience) number() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent++
	return a.sent
}

func (a *Audience) compose(number uint64, size int) string {
	text := fmt.Appendf(nil, "%s %s %d %d", mark, a.token, number, swarm.Now().Nanoseconds())
	for len(text) < size {
		text = append(text, filler[:min(len(filler), size-len(text))]...)
	}
	return strings.TrimSpace(string(text))
}

// recognise returns when a message of this run was sent and who waits for it.
func (a *Audience) recognise(content string) (sent time.Duration, waiting *Round) {
	words := strings.SplitN(content, " ", 5)
	if len(words) < 4 || words[0] != mark || words[1] != a.token {
		return 0, nil
	}
	number, err := strconv.ParseUint(words[2], 10, 64)
	nanoseconds, err2 := strconv.ParseInt(words[3], 10, 64)
	if err != nil || err2 != nil {
		return 0, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return time.Duration(nanoseconds), a.rounds[number]
}

// Round is one message on its way to all viewers of a thread.
type Round struct {
	number uint64
	halls  atomic.Int64 // that have viewers who have not got it
	done   chan struct{}
}

// Done returns a channel that is closed when everybody has got the message.
func (r *Round) Done() <-chan struct{} { return r.done }

func (r *Round) hallDone() {
	if r.halls.Add(-1) == 0 {
		close(r.done)
	}
}

// hallsOf returns how many halls have viewers of a thread.
func (a *Audience) hallsOf(thread int64) (n int64) {
	for _, watched := range a.watched[thread] {
		if watched {
			n++
		}
	}
	return n
}
