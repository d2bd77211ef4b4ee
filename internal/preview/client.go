// Package preview fetches what a page on the web says that it is about. Addresses come
// from whoever may write a message, and answers from whoever they like: the client asks
// none but public places, and believes and reads little of what they say.
//
//   - Each address is checked after its name was looked up, at each redirect: neither
//     names nor redirects lead into the operator's networks.
//   - It asks without cookies, credentials, proxies, or the address of the forum.
//   - Time, redirects, bytes, and how often one host is asked are bounded.
//   - What comes back is text, to be escaped by whoever shows it.
package preview

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"parley"
)

const (
	maxRedirects = 3
	maxPage      = 512 << 10 // bytes read; what is looked for stands at the beginning
	maxHeader    = 64 << 10
	patience     = 5 * time.Second // for all of it
)

// ErrBusy means that the page's host was asked much in the last minute: it may be asked
// again after a while.
var ErrBusy = errors.New("the host was asked too much in the last minute")

// Client fetches pages. Its methods may be called concurrently.
type Client struct {
	http    *http.Client
	allowed func(netip.AddrPort) bool
	pace    pace
}

// Options adjusts a Client; the zero value is right outside tests.
type Options struct {
	Allowed  func(netip.AddrPort) bool // which addresses may be asked; nil: Public
	Resolver *net.Resolver             // nil: the system's
	Patience time.Duration             // how long a page may take; 0: 5 s
}

// New returns a client.
func New(opts Options) *Client {
	c := &Client{allowed: opts.Allowed}
	if c.allowed == nil {
		c.allowed = Public
	}
	if opts.Patience == 0 {
		opts.Patience = patience
	}
	dialer := &net.Dialer{
		Resolver: opts.Resolver,
		Control:  func(_, address string, _ syscall.RawConn) error { return c.admit(address) },
	}
	c.http = &http.Client{
		Timeout:       opts.Patience,
		CheckRedirect: follow,
		Transport: &http.Transport{
			Proxy:                  nil, // one would look names up for itself, behind the guard's back
			DialContext:            dialer.DialContext,
			DisableKeepAlives:      true, // so that each request passes the guard
			DisableCompression:     true, // or little that is read becomes much
			MaxResponseHeaderBytes: maxHeader,
		},
	}
	return c
}

// follow decides over a redirect.
func follow(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	r.Header.Del("Referer")
	return checkURL(r.URL)
}

// checkURL refuses addresses that are none of a page on the web. Ports are the guard's
// business.
func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("the scheme %q is not of the web", u.Scheme)
	case u.User != nil:
		return errors.New("the address has credentials in it")
	case u.Hostname() == "":
		return errors.New("the address has no host")
	}
	return nil
}

// Fetch returns what the page at an address says that it is about. A page that says
// nothing is no error. The error is ErrBusy if its host was asked much lately.
func (c *Client) Fetch(ctx context.Context, address string) (parley.Preview, error) {
	u, err := url.Parse(address)
	if err != nil {
		return parley.Preview{}, err
	}
	if err := checkURL(u); err != nil {
		return parley.Preview{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return parley.Preview{}, err
	}
	r.Header.Set("User-Agent", "Parley (link preview)")
	r.Header.Set("Accept", "text/html")
	response, err := c.http.Do(r)
	if err != nil {
		return parley.Preview{}, err
	}
	defer response.Body.Close()
	return read(response)
}

// read takes from an answer what it is about.
func read(response *http.Response) (parley.Preview, error) {
	if response.StatusCode != http.StatusOK {
		return parley.Preview{}, fmt.Errorf("answered with %s", response.Status)
	}
	kind, parameters, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || kind != "text/html" {
		return parley.Preview{}, fmt.Errorf("a page of type %q is not read", response.Header.Get("Content-Type"))
	}
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return parley.Preview{}, fmt.Errorf("answered in %q, which was not asked for", encoding)
	}
	return Parse(io.LimitReader(response.Body, maxPage), parameters["charset"])
}
