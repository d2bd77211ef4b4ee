package mailbox

import (
	"fmt"
	"testing"
)

func put(t *testing.T, b *Box, channel string, size int, want bool) {
	t.Helper()
	if got := b.Put(Letter{Channel: channel, Message: make([]byte, size)}); got != want {
		t.Errorf("put %s of %d bytes: %t, want %t", channel, size, got, want)
	}
}

func channels(letters []Letter) (names string) {
	for _, l := range letters {
		names += l.Channel
	}
	return names
}

func TestLettersAreTakenInTheirOrderAllAtOnce(t *testing.T) {
	b := New(1 << 20)
	put(t, b, "a", 1, true)
	put(t, b, "b", 1, true)
	<-b.Full()
	first := b.Take(nil)
	if channels(first) != "ab" || len(b.Take(nil)) > 0 {
		t.Errorf("took %q", channels(first))
	}
	put(t, b, "c", 1, true)
	<-b.Full()
	second := b.Take(first)
	put(t, b, "d", 1, true)
	if channels(second) != "c" {
		t.Errorf("took %q", channels(second))
	}
}

func TestABoxThatIsFullTakesNoMore(t *testing.T) {
	b := New(10 * overhead)
	put(t, b, "a", 20*overhead, true) // it was empty
	put(t, b, "b", 0, false)
	b.Take(nil)
	for i := range 9 {
		put(t, b, fmt.Sprint(i), 0, true)
	}
	put(t, b, "x", 0, false)
	b.Take(nil)
	put(t, b, "x", 0, true)
}
