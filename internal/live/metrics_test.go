package live_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"parley/internal/live"
	"parley/realtime"
)

// tally passes on what is counted.
type tally chan string

func (c tally) Opened(kind live.Kind, recovered bool) {
	c <- fmt.Sprintf("opened %s, resuming %t, recovered %t", kind.Stream, kind.Resuming, recovered)
}

func (c tally) Closed(kind live.Kind, reason realtime.CloseReason) {
	c <- fmt.Sprintf("closed %s, resuming %t, %d %s", kind.Stream, kind.Resuming, reason.Code, reason.Reason)
}

func (c tally) Refused(reason string) { c <- "refused " + reason }

// counts checks what was counted next, in any order.
func (c tally) counts(f *forum, want ...string) {
	f.t.Helper()
	var got []string
	for range want {
		select {
		case line := <-c:
			got = append(got, line)
		case <-f.within().Done():
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		f.t.Errorf("counted %q, want %q", got, want)
	}
}

func TestSocketsAreCountedWhenTheyOpenAndWhenTheyEnd(t *testing.T) {
	counted := make(tally, 100)
	f := open(t, settings{live: live.Config{Metrics: counted}})
	thread := f.workshop()

	s := f.mina.knocks(threadPath(thread))
	id := s.next().text("event_id")
	counted.counts(f, "opened forum_threads, resuming false, recovered false")
	s.leaves()
	counted.counts(f, "closed forum_threads, resuming false, 1000 ")

	f.mina.knocks(threadPath(thread) + "?last_event_id=" + id).next()
	counted.counts(f, "opened forum_threads, resuming true, recovered true")
	f.mina.opens(globalPath + "?last_event_id=of-long-ago")
	counted.counts(f, "opened forum_global, resuming true, recovered false")

	f.stop()
	counted.counts(f,
		"closed forum_threads, resuming true, 1001 Server is going away",
		"closed forum_global, resuming true, 1001 Server is going away")
}

func TestWhoIsNotLetInIsCountedAsRefusedAlone(t *testing.T) {
	counted := make(tally, 100)
	f := open(t, settings{live: live.Config{Metrics: counted}})
	for range 5 { // the last ones without asking the database
		f.dial(threadPath(99), cookie(f.mina.token)).endsWith(1008, "Thread not found")
		counted.counts(f, "refused Thread not found")
	}
	f.dial(globalPath, nil).endsWith(1008, "No authentication")
	f.asks(t, globalPath, handshake(http.Header{"Origin": {"https://evil.example"}}))
	f.asks(t, globalPath, http.Header{})
	f.store.Close()
	f.dial(globalPath, cookie(f.finn.token)).endsWith(1011, "Internal error")
	counted.counts(f, "refused No authentication", "refused Origin", "refused Handshake", "refused Internal error")
	if len(counted) > 0 {
		t.Errorf("counted %s beside", <-counted)
	}
}
