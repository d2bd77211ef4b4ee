package preview_test

import (
	"net/netip"
	"testing"

	"parley/internal/preview"
)

func TestOnlyPublicAddressesAreAsked(t *testing.T) {
	for _, tc := range []struct {
		name   string
		public bool
		list   []string
	}{
		{"places on the internet", true, []string{
			"93.184.215.14:80", "8.8.8.8:443", "1.1.1.1:443", "172.15.255.255:80", "172.32.0.1:80", "100.63.255.255:80", "100.128.0.1:80",
			"[2606:4700:4700::1111]:443", "[2a00:1450:4001::8a]:80", "[::ffff:8.8.8.8]:443",
		}},
		{"other ports", false, []string{"8.8.8.8:22", "8.8.8.8:8080", "8.8.8.8:0", "[2606:4700:4700::1111]:6379"}},
		{"this machine", false, []string{"127.0.0.1:80", "127.255.255.254:443", "0.0.0.0:80", "0.1.2.3:80", "[::1]:80", "[::]:80"}},
		{"private networks", false, []string{"10.0.0.1:80", "172.16.0.1:80", "172.31.255.255:443", "192.168.1.1:80", "[fc00::1]:80", "[fd12:3456::1]:443", "[fec0::1]:80"}},
		{"links and carriers", false, []string{"169.254.1.1:80", "[fe80::1]:80", "[fe80::1%eth0]:80", "[2606:4700::1%eth0]:80", "100.64.0.1:80", "100.127.255.255:80"}},
		{"metadata of clouds", false, []string{"169.254.169.254:80", "100.100.100.200:80", "192.0.0.192:80", "168.63.129.16:80", "[fd00:ec2::254]:80", "[fd20:ce::254]:80"}},
		{"many at once", false, []string{"224.0.0.1:80", "239.255.255.250:80", "255.255.255.255:80", "240.0.0.1:80", "[ff02::1]:80", "[ff0e::1]:80"}},
		{"examples and measurements", false, []string{"192.0.2.1:80", "198.51.100.1:80", "203.0.113.1:80", "198.18.0.1:80", "198.19.255.255:80", "[2001:db8::1]:80", "[3fff::1]:80", "[100::1]:80"}},
		{"IPv4 in IPv6", false, []string{"[::ffff:127.0.0.1]:80", "[::ffff:10.0.0.1]:80", "[::ffff:169.254.169.254]:80", "[::127.0.0.1]:80", "[::ffff:0:127.0.0.1]:80"}},
		{"what translates", false, []string{
			"[64:ff9b::7f00:1]:80", "[64:ff9b::808:808]:80", "[64:ff9b:1::1]:80", "[2002:7f00:1::1]:80", "[2002:808:808::1]:80", "[2001::1]:80", "[2001:0:4136:e378::1]:80", "192.88.99.1:80",
		}},
	} {
		for _, address := range tc.list {
			if got := preview.Public(netip.MustParseAddrPort(address)); got != tc.public {
				t.Errorf("%s: %s is public: %v", tc.name, address, got)
			}
		}
	}
	if preview.Public(netip.AddrPort{}) {
		t.Error("no address is public")
	}
}
