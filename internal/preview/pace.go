package preview

import (
	"net/netip"
	"sync"
	"time"
)

const (
	perAddress = 20          // connections to one address in a period
	period     = time.Minute // after which all may be asked again
)

// pace keeps a forum from being used to press a host. It counts by address and not by
// name: names cost nothing, and redirects lead from many to one. Its methods may be
// called concurrently.
type pace struct {
	mu     sync.Mutex
	began  time.Time
	counts map[netip.Prefix]int // since then; what a few workers ask in a minute is few
}

// admit counts a connection, unless there were too many.
func (p *pace) admit(ip netip.Addr) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Sub(p.began) >= period {
		p.began, p.counts = now, map[netip.Prefix]int{}
	}
	host := neighbourhood(ip)
	if p.counts[host] >= perAddress {
		return false
	}
	p.counts[host]++
	return true
}

// neighbourhood is what one host has of addresses: with IPv6 a whole network.
func neighbourhood(ip netip.Addr) netip.Prefix {
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	network, _ := ip.Prefix(bits) // fails for no such length
	return network
}
