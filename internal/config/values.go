package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"

	"github.com/jessevdk/go-flags"
)

// Origin is a web origin, as browsers send it: https://example.org, with a port
// if it is not the scheme's own.
type Origin string

// Origins are several, separated by commas where they are given.
type Origins []Origin

// UnmarshalFlag adds origins from the command line.
func (o *Origins) UnmarshalFlag(value string) error {
	for text := range strings.SplitSeq(value, ",") {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || *u != (url.URL{Scheme: u.Scheme, Host: u.Host}) {
			return wrong("--origin: %q is no origin: give scheme and host alone, like https://example.org", text)
		}
		*o = append(*o, Origin(strings.ToLower(u.Scheme+"://"+u.Host)))
	}
	return nil
}

// Networks are ranges of addresses, separated by commas where they are given.
type Networks []netip.Prefix

// UnmarshalFlag adds networks from the command line.
func (n *Networks) UnmarshalFlag(value string) error {
	for text := range strings.SplitSeq(value, ",") {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return wrong("--trusted-proxies: %q is no network: give it like 10.0.0.0/8 or ::1/128", text)
		}
		*n = append(*n, network)
	}
	return nil
}

// Level is what is logged, and what is graver.
type Level struct{ slog.Level }

// UnmarshalFlag reads a level from the command line.
func (l *Level) UnmarshalFlag(value string) error {
	if err := l.UnmarshalText([]byte(value)); err != nil {
		return wrong("--log-level must be debug, info, warn or error, not %q", value)
	}
	return nil
}

// wrong is an error that is told as it is, without what the flag would expect in Go.
func wrong(format string, args ...any) error {
	return &flags.Error{Type: flags.ErrMarshal, Message: fmt.Sprintf(format, args...)}
}
