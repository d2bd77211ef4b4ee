package preview

import (
	"fmt"
	"net/netip"
)

// Public reports whether an address is one that anybody on the internet may ask for
// a page: ports 80 and 443 of addresses that lead neither into this machine nor into
// the networks around it. What translates to other addresses (NAT64, 6to4, Teredo) is
// refused whole, as it may lead to any of them.
func Public(a netip.AddrPort) bool {
	if a.Port() != 80 && a.Port() != 443 {
		return false
	}
	ip := a.Addr().Unmap()
	if !ip.IsValid() || ip.Zone() != "" {
		return false
	}
	if ip.Is6() && !unicast6.Contains(ip) {
		return false
	}
	for _, network := range closed {
		if network.Contains(ip) {
			return false
		}
	}
	return true
}

// unicast6 is all that was given to the internet of IPv6. Loopback, link-local, unique
// local and multicast addresses, those that hold one of IPv4 (::/96, 64:ff9b::/96)
// and those of the metadata of clouds (fd00:ec2::254) lie outside of it.
var unicast6 = netip.MustParsePrefix("2000::/3")

// closed are the networks that are no places on the internet, after the registries of
// special addresses for IPv4 and IPv6 (RFC 6890), and one that a cloud made special.
var closed = prefixes(
	"0.0.0.0/8",       // this host
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // carriers' own, and the metadata of a cloud (100.100.100.200)
	"127.0.0.0/8",     // loopback
	"168.63.129.16",   // the host of a machine in Azure
	"169.254.0.0/16",  // link-local, and the metadata of most clouds (169.254.169.254)
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocols' own, and the metadata of a cloud (192.0.0.192)
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"192.168.0.0/16",  // private
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, and broadcast
	"2001::/23",       // protocols' own, Teredo among them
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4
	"3fff::/20",       // documentation
)

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		if ip, err := netip.ParseAddr(text); err == nil {
			all = append(all, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// admit returns why a connection may not be made. It is asked when the name was looked up
// and the address is certain, for each address of each hop: whoever answers the look-up with
// one address and then with another one gains nothing.
func (c *Client) admit(address string) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %q: %w", address, err)
	}
	if !c.allowed(a) {
		return fmt.Errorf("%s is no public place", a)
	}
	if !c.pace.admit(a.Addr().Unmap()) {
		return ErrBusy
	}
	return nil
}
