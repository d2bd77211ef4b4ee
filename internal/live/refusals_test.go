package live

import (
	"crypto/sha256"
	"strconv"
	"testing"
	"time"
)

func refusedAttempt(cookie string) attempt {
	return attempt{"192.0.2.1", sha256.Sum256([]byte(cookie)), globalStream}
}

func TestAnInvalidSessionIsRememberedForAWhile(t *testing.T) {
	r, now := newRefusals(), time.Now()
	r.remember(refusedAttempt("stale"), CloseInvalidSession, now)
	if reason, known := r.lookup(refusedAttempt("stale"), now.Add(refusalMemory)); !known || reason != CloseInvalidSession {
		t.Errorf("got %v, %t", reason, known)
	}
	if _, known := r.lookup(refusedAttempt("fresh"), now); known {
		t.Error("another cookie was refused too")
	}
	if _, known := r.lookup(refusedAttempt("stale"), now.Add(2*refusalMemory+1)); known {
		t.Error("the refusal was never forgotten")
	}
}

func TestAClientThatKeepsComingWithAnInvalidSessionIsAskedAboutOnce(t *testing.T) {
	r, now := newRefusals(), time.Now()
	r.remember(refusedAttempt("stale"), CloseInvalidSession, now)
	for range 100 { // as clients in the field do, every five seconds
		now = now.Add(5 * time.Second)
		if _, known := r.lookup(refusedAttempt("stale"), now); !known {
			t.Fatal("the database was asked again")
		}
	}
}

func TestARefusalThatCanPassIsRememberedWhenItKeepsComing(t *testing.T) {
	r, now := newRefusals(), time.Now()
	for range patience {
		if _, known := r.lookup(refusedAttempt("finn"), now); known {
			t.Fatal("refused unasked")
		}
		r.remember(refusedAttempt("finn"), CloseAccessDenied, now)
	}
	if reason, known := r.lookup(refusedAttempt("finn"), now); !known || reason != CloseAccessDenied {
		t.Errorf("got %v, %t", reason, known)
	}
}

func TestTheServersOwnTroubleIsNotRemembered(t *testing.T) {
	r, now := newRefusals(), time.Now()
	for range 2 * patience {
		r.remember(refusedAttempt("mina"), CloseUnavailable, now)
	}
	if _, known := r.lookup(refusedAttempt("mina"), now); known {
		t.Error("somebody was refused because the database had been away")
	}
}

func TestRefusalsTakeBoundedMemory(t *testing.T) {
	r, now := newRefusals(), time.Now()
	for i := range 3 * refusalsKept {
		now = now.Add(time.Microsecond)
		r.remember(refusedAttempt(strconv.Itoa(i)), CloseInvalidSession, now)
	}
	if len(r.recent) > refusalsKept || len(r.order) != len(r.recent) {
		t.Errorf("%d remembered, %d in order", len(r.recent), len(r.order))
	}
	if _, known := r.lookup(refusedAttempt(strconv.Itoa(3*refusalsKept-1)), now); !known {
		t.Error("the newest was forgotten")
	}
	r.remember(refusedAttempt("much later"), CloseInvalidSession, now.Add(time.Hour))
	if len(r.recent) != 1 {
		t.Errorf("%d remembered after an hour", len(r.recent))
	}
}
