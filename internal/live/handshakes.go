package live

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// How much may come at once: after a restart everybody is back within seconds.
	handshakeBurst        = 3  // seconds' worth, of all together
	handshakeAddressBurst = 10 // seconds' worth, of one address: there may be a whole school behind it

	// addressesKept bounds the addresses that are remembered, to twice as many. It is
	// more than come within a second.
	addressesKept = 1 << 16
)

// handshakes bounds how many sockets are opened in a second: by all together and from
// each address. It decides before anybody looks at a cookie or the database.
type handshakes struct {
	overall *rate.Limiter // nil: no limit
	pause   time.Duration // between two of one address on average; 0: no limit

	mu     sync.Mutex
	recent map[netip.Prefix]time.Time // when an address has used up nothing any more
	older  map[netip.Prefix]time.Time // of those that did not come since the last turn
	turned time.Time
}

// newHandshakes returns limits of so many a second; 0 bounds nothing.
func newHandshakes(perSecond, perAddress int) *handshakes {
	h := &handshakes{recent: make(map[netip.Prefix]time.Time)}
	if perSecond > 0 {
		h.overall = rate.NewLimiter(rate.Limit(perSecond), handshakeBurst*perSecond)
	}
	if perAddress > 0 {
		h.pause = time.Second / time.Duration(perAddress)
	}
	return h
}

// allow reports whether one more may be opened from an address, and counts it if so.
func (h *handshakes) allow(address string, now time.Time) bool {
	// First its own limit, so that one address cannot use up that of all.
	return h.allowFrom(address, now) && (h.overall == nil || h.overall.AllowN(now, 1))
}

func (h *handshakes) allowFrom(address string, now time.Time) bool {
	from, err := netip.ParseAddr(address)
	if h.pause == 0 || err != nil || from.IsLoopback() { // a proxy on this machine that does not tell for whom it asks
		return true
	}
	from = from.Unmap().WithZone("")
	block := netip.PrefixFrom(from, from.BitLen())
	if from.Is6() { // a household has a whole network
		block, _ = from.Prefix(64)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turn(now)
	free, known := h.recent[block]
	if !known {
		free = h.older[block]
	}
	if free.Before(now) {
		free = now
	}
	free = free.Add(h.pause)
	if free.Sub(now) > handshakeAddressBurst*time.Second {
		return false
	}
	h.recent[block] = free
	return true
}

// turn forgets the addresses that have used up nothing any more, now and then. h.mu is
// held.
func (h *handshakes) turn(now time.Time) {
	if now.Sub(h.turned) < handshakeAddressBurst*time.Second && len(h.recent) < addressesKept {
		return
	}
	h.recent, h.older, h.turned = make(map[netip.Prefix]time.Time), h.recent, now
}
