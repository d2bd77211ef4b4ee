package server

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
)

// peer is what the connection a request came on says of it.
type peer struct {
	viaProxy bool // a trusted one
	secure   bool // the client speaks HTTPS
}

type peerKey struct{}

func peerOf(r *http.Request) peer {
	p, _ := r.Context().Value(peerKey{}).(peer)
	return p
}

// Secure reports whether the client of a request speaks HTTPS, be it through a
// trusted proxy.
func Secure(r *http.Request) bool { return peerOf(r).secure }

// withPeer puts the client's own address into RemoteAddr. What proxies add to a
// request is believed from trusted ones alone: anybody else could take on any
// address, and escape every limit that counts by it.
func (s *Server) withPeer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := peer{secure: r.TLS != nil}
		address, err := netip.ParseAddrPort(r.RemoteAddr)
		trusted := s.rules.Load().trustedProxies
		if err == nil && contains(trusted, address.Addr()) {
			p.viaProxy = true
			p.secure = p.secure || forwardedHTTPS(r)
			address = netip.AddrPortFrom(forwardedFor(r, address.Addr(), trusted), 0)
		}
		r = r.WithContext(context.WithValue(r.Context(), peerKey{}, p))
		if err == nil {
			r.RemoteAddr = netip.AddrPortFrom(address.Addr().Unmap(), address.Port()).String()
		}
		next.ServeHTTP(w, r)
	})
}

// forwardedFor walks the addresses that proxies noted, last one first, up to the
// first that is no trusted proxy: what stands before it anybody may have made up.
func forwardedFor(r *http.Request, client netip.Addr, trusted []netip.Prefix) netip.Addr {
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && contains(trusted, client); i-- {
		hop, ok := parseHop(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		client = hop
	}
	return client
}

// parseHop reads an address, with a port or without.
func parseHop(hop string) (netip.Addr, bool) {
	if address, err := netip.ParseAddr(hop); err == nil {
		return address.WithZone(""), true
	}
	address, err := netip.ParseAddrPort(hop)
	return address.Addr().WithZone(""), err == nil
}

func forwardedHTTPS(r *http.Request) bool {
	first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",")
	return strings.EqualFold(strings.TrimSpace(first), "https")
}

func contains(networks []netip.Prefix, address netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(address.Unmap()) {
			return true
		}
	}
	return false
}
