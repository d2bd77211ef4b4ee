//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// options is what every scenario can be told.
type options struct {
	URL               string        `long:"url" default:"http://127.0.0.1:8080" value-name:"URL" description:"The server, on this machine. Empty: none, with --reference."`
	WatchURL          string        `long:"watch-url" value-name:"URL" description:"Where the audience watches: another replica, on this machine. Default: --url."`
	AdminURL          string        `long:"admin-url" default:"http://127.0.0.1:9090" value-name:"URL" description:"Its admin address, to collect garbage before memory is measured. Empty: none."`
	PID               int           `long:"pid" value-name:"N" description:"The server's process; default: who listens at its port."`
	Creator           string        `json:"-" long:"creator" default:"Ada" env:"PARLEYLOAD_CREATOR" value-name:"NAME[:PASSWORD]" description:"Who makes the threads and posts. Without a password: somebody of a demo community."`
	UsersFile         string        `long:"users-file" value-name:"FILE" description:"People who watch, a line each: name,password. Default: new ones are registered."`
	CookieFile        string        `long:"cookie-file" value-name:"FILE" description:"Their Cookie headers, a line each. Those that are missing are added, to be used again: signing in is slow on purpose."`
	MaxSocketsPerUser int           `long:"max-sockets-per-user" default:"20" value-name:"N" description:"The server's own setting of that name."`
	Addresses         int           `long:"addresses" default:"8" value-name:"N" description:"How many of 127.0.0.1, 127.0.0.2, … to connect from: each has 28,000 ports."`
	Shards            int           `long:"shards" default:"2" value-name:"N" description:"Goroutines that read."`
	AtOnce            int           `long:"at-once" default:"64" value-name:"N" description:"Sockets that connect at the same time."`
	Patience          time.Duration `long:"patience" default:"30s" description:"How long to wait for what should come."`
	Reference         bool          `long:"reference" description:"Measure the bare reference hub in the same run, and give every figure as a ratio to it too."`
	FrameBytes        int           `long:"frame-bytes" default:"300" value-name:"N" description:"Size of the reference hub's frames."`
	Repeat            int           `long:"repeat" default:"1" value-name:"N" description:"Runs; figures are medians."`
	KeepThreads       bool          `long:"keep-threads" description:"Leave the threads that were made; default: delete them."`
	Quiet             bool          `long:"quiet" short:"q" description:"No progress line."`
	JSON              string        `long:"json" value-name:"FILE" description:"Write the results as JSON."`
	Plot              string        `long:"plot" value-name:"FILE.svg" description:"Draw latencies and throughput."`
}

// Validate says what is wrong with options that are each well-formed.
func (o *options) Validate() error {
	switch {
	case o.URL == "" && !o.Reference:
		return errors.New("without --url there is only --reference to measure")
	case o.MaxSocketsPerUser < 1, o.Shards < 1, o.AtOnce < 1, o.Repeat < 1:
		return errors.New("--max-sockets-per-user, --shards, --at-once and --repeat must be at least 1")
	case o.Addresses < 1 || o.Addresses > 250:
		return errors.New("--addresses must be 1 to 250")
	}
	for _, base := range []string{o.URL, o.WatchURL} {
		if base == "" {
			continue
		}
		if _, err := loopback(base); err != nil {
			return err
		}
	}
	return nil
}

// loopback returns the address of a server of this machine. Load for any other is
// an attack.
func loopback(base string) (netip.AddrPort, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" || u.Port() == "" {
		return netip.AddrPort{}, fmt.Errorf("--url must be like http://127.0.0.1:8080, not %q", base)
	}
	host := u.Hostname()
	if host == "localhost" {
		host = "127.0.0.1"
	}
	at, err := netip.ParseAddrPort(host + ":" + u.Port())
	if err != nil || !at.Addr().Is4() || !at.Addr().IsLoopback() {
		return at, fmt.Errorf("--url must be at 127.0.0.1 or another IPv4 loopback address, not at %q: parleyload is no weapon", host)
	}
	return at, nil
}

// sources returns the addresses to connect from.
func (o *options) sources() (from []netip.Addr) {
	for i := range o.Addresses {
		from = append(from, netip.AddrFrom4([4]byte{127, 0, 0, byte(1 + i)}))
	}
	return from
}

// spareFiles is how many files are open beside the viewers' sockets.
const spareFiles = 100

// checkFiles returns an error if so many sockets cannot be open at once.
func checkFiles(sockets int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("limit of open files: %w", err)
	}
	if uint64(sockets+spareFiles) > limit.Cur {
		return fmt.Errorf("%d sockets need more open files than the %d allowed: raise it with ulimit -n, "+
			"or start several of this program", sockets, limit.Cur)
	}
	return nil
}
