package live

import (
	"fmt"
	"testing"
	"time"
)

func TestAnAddressOpensSoManySocketsASecond(t *testing.T) {
	h, now := newHandshakes(0, 5), time.Now()
	opens := func(address string) (n int) {
		for range 1000 {
			if h.allow(address, now) {
				n++
			}
		}
		return n
	}
	if n := opens("192.0.2.1"); n != 50 {
		t.Errorf("%d at once, want ten seconds' worth", n)
	}
	now = now.Add(time.Second)
	if n := opens("192.0.2.1"); n != 5 {
		t.Errorf("%d in the next second, want 5", n)
	}
	if n := opens("::ffff:192.0.2.1"); n != 0 {
		t.Errorf("%d more of the same address, written otherwise", n)
	}
	if n := opens("192.0.2.2"); n != 50 {
		t.Errorf("%d of its neighbour", n)
	}
	if n := opens("2001:db8::1") + opens("2001:db8::2"); n != 50 {
		t.Errorf("%d of one IPv6 network", n)
	}
	if n := opens("127.0.0.1") + opens("::1") + opens("unix"); n != 3000 {
		t.Errorf("%d of a proxy on this machine", n)
	}
	now = now.Add(time.Minute)
	if n := opens("192.0.2.1"); n != 50 {
		t.Errorf("%d after a minute", n)
	}
}

func TestAllTogetherOpenSoManySocketsASecond(t *testing.T) {
	h, now, opened := newHandshakes(10, 1), time.Now(), 0
	for i := range 100 {
		if h.allow(fmt.Sprintf("192.0.2.%d", i), now) {
			opened++
		}
	}
	if opened != 30 {
		t.Errorf("%d at once, want three seconds' worth", opened)
	}
}

func TestWithoutLimitsAnybodyOpensSockets(t *testing.T) {
	h := newHandshakes(0, 0)
	for range 1000 {
		if !h.allow("192.0.2.1", time.Now()) {
			t.Fatal("refused")
		}
	}
}

func TestAddressesTakeBoundedMemory(t *testing.T) {
	h, now := newHandshakes(0, 1), time.Now()
	for i := range 5 * addressesKept {
		h.allow(fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255), now)
	}
	if n := len(h.recent) + len(h.older); n > 2*addressesKept {
		t.Errorf("%d remembered", n)
	}
}
