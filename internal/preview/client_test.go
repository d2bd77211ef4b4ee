package preview_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"

	"parley"
	"parley/internal/preview"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quiet is the log of servers that are meant to fail.
var quiet = log.New(io.Discard, "", 0)

// here has a client ask servers of this machine, which it refuses outside tests.
var here = preview.Options{Allowed: func(a netip.AddrPort) bool { return a.Addr().IsLoopback() }}

// site is a host on the web that counts who asks.
type site struct {
	*httptest.Server
	asked atomic.Int64
}

func serve(t *testing.T, handle http.HandlerFunc) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// page answers with a page.
func page(w http.ResponseWriter, html string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, html)
}

func titled(w http.ResponseWriter, _ *http.Request) { page(w, "<title>Joints</title>") }

func TestAPageSaysWhatItIsAbout(t *testing.T) {
	var got *http.Request
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
		titled(w, r)
	})
	client := preview.New(here)
	for range 2 {
		p, err := client.Fetch(t.Context(), s.URL+"/joints?kind=all")
		if err != nil || p != (parley.Preview{Title: "Joints"}) {
			t.Errorf("says %+v, %v", p, err)
		}
	}
	if agent := got.UserAgent(); !strings.HasPrefix(agent, "Parley") {
		t.Errorf("asked as %q", agent)
	}
	if got.URL.String() != "/joints?kind=all" || len(got.Cookies()) != 0 || got.Header.Get("Accept-Encoding") != "" {
		t.Errorf("asked for %s with %v", got.URL, got.Header)
	}
}

func TestAddressesThatAreNoPagesAreNotAsked(t *testing.T) {
	s := serve(t, titled)
	host := s.Listener.Addr().String()
	for _, address := range []string{"ftp://" + host, "file:///etc/passwd", "gopher://" + host, "http://ada:secret@" + host, "http://", "//" + host, "http://[::1", ""} {
		if p, err := preview.New(here).Fetch(t.Context(), address); err == nil {
			t.Errorf("%s says %+v", address, p)
		}
	}
	if n := s.asked.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

func TestWhatIsNotPublicIsNotAskedByAnyWayOfWritingIt(t *testing.T) {
	s := serve(t, titled)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	// As outside tests, but that the port is none of the web's.
	client := preview.New(preview.Options{Allowed: func(a netip.AddrPort) bool { return preview.Public(netip.AddrPortFrom(a.Addr(), 80)) }})
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "0.0.0.0"} {
		if p, err := client.Fetch(t.Context(), "http://"+host+":"+port); err == nil {
			t.Errorf("%s says %+v", host, p)
		}
	}
	if _, err := preview.New(preview.Options{}).Fetch(t.Context(), s.URL); err == nil || !strings.Contains(err.Error(), "no public place") {
		t.Errorf("asked without options: %v", err)
	}
	if n := s.asked.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

func TestRedirectsAreFollowedAFewTimesAndCheckedEachTime(t *testing.T) {
	inside := serve(t, titled)
	var referred []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var left int
		if r.Header.Get("Referer") != "" {
			referred = append(referred, r.Header.Get("Referer"))
		}
		if n, _ := fmt.Sscanf(r.URL.Path, "/%d", &left); n == 0 || left == 0 {
			titled(w, r)
			return
		}
		to := fmt.Sprintf("/%d", left-1)
		if r.URL.Query().Has("to") {
			to = r.URL.Query().Get("to")
		}
		http.Redirect(w, r, to, http.StatusFound)
	})
	of := netip.MustParseAddrPort(s.Listener.Addr().String())
	client := preview.New(preview.Options{Allowed: func(a netip.AddrPort) bool { return a == of }})
	for _, tc := range []struct {
		path string
		ok   bool
	}{
		{"/3", true}, {"/4", false}, {"/1?to=" + inside.URL, false}, {"/1?to=file:///etc/passwd", false}, {"/1?to=http://ada:secret@" + of.String() + "/0", false},
	} {
		if p, err := client.Fetch(t.Context(), s.URL+tc.path); (err == nil) != tc.ok {
			t.Errorf("%s says %+v, %v", tc.path, p, err)
		}
	}
	if n := inside.asked.Load(); n != 0 || referred != nil {
		t.Errorf("inside was asked %d times; told %v", n, referred)
	}
}

// answering returns a resolver that looks every name up as the next of these addresses,
// and the last one ever after.
func answering(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	var asked atomic.Int64
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			question := make([]byte, 512)
			length := make([]byte, 2) // a stream, as net.Pipe is no packet connection
			if _, err := io.ReadFull(server, length); err != nil {
				return
			}
			n, err := io.ReadFull(server, question[:int(length[0])<<8|int(length[1])])
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if err := m.Unpack(question[:n]); err != nil {
				return
			}
			m.Response, m.Additionals = true, nil
			if m.Questions[0].Type == dnsmessage.TypeA {
				address := addresses[min(int(asked.Add(1)), len(addresses))-1]
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET},
					Body:   &dnsmessage.AResource{A: netip.MustParseAddr(address).As4()},
				}}
			}
			answer, err := m.Pack()
			if err != nil {
				return
			}
			_, _ = server.Write(append([]byte{byte(len(answer) >> 8), byte(len(answer))}, answer...))
		}()
		return client, nil
	}}
}

func TestANameThatTurnsPrivateIsNotAsked(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) })
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var checked []string
	client := preview.New(preview.Options{
		Resolver: answering(t, "127.0.0.1", "127.0.0.2"),
		Allowed: func(a netip.AddrPort) bool {
			checked = append(checked, a.Addr().String())
			return a.Addr().String() == "127.0.0.1" // the public one, of these
		},
	})
	if p, err := client.Fetch(t.Context(), "http://wood.example:"+port); err == nil || !strings.Contains(err.Error(), "no public place") {
		t.Errorf("says %+v, %v", p, err)
	}
	if n := s.asked.Load(); n != 1 || strings.Join(checked, " ") != "127.0.0.1 127.0.0.2" {
		t.Errorf("asked %d times, checked %v", n, checked)
	}
	if _, err := preview.New(preview.Options{Resolver: answering(t, "169.254.169.254")}).Fetch(t.Context(), "http://metadata.example"); err == nil {
		t.Error("the metadata's address was asked by another name")
	}
}

func TestAServerMustBeWhoItSaysItIs(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(titled))
	s.Config.ErrorLog = quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	if p, err := preview.New(here).Fetch(t.Context(), s.URL); err == nil {
		t.Errorf("believed a certificate that nobody vouches for: %+v", p)
	}
}

func TestAnswersAreReadOnlyIfTheyArePages(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "<title>Joints</title>")
		},
		"JSON":          func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "application/json") },
		"no type":       func(w http.ResponseWriter, _ *http.Request) { w.Header()["Content-Type"] = nil },
		"a broken type": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html;;") },
		"a huge header": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
			titled(w, r)
		},
		"a bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", "gzip")
			bomb := gzip.NewWriter(w)
			_, _ = io.Copy(bomb, io.LimitReader(zeros{}, 10<<20))
			_ = bomb.Close()
		},
	} {
		if p, err := preview.New(here).Fetch(t.Context(), serve(t, answer).URL); err == nil {
			t.Errorf("%s says %+v", name, p)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestAPageIsReadNoFurtherThanItMayBeLong(t *testing.T) {
	ended := make(chan error, 1)
	endless := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		page(w, "<title>Joints</title><!--")
		for {
			if _, err := io.CopyN(w, zeros{}, 1<<16); err != nil {
				ended <- err
				return
			}
		}
	})
	p, err := preview.New(here).Fetch(t.Context(), endless.URL)
	if err != nil || p.Title != "Joints" {
		t.Errorf("says %+v, %v", p, err)
	}
	<-ended // it was hung up on
	late := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		page(w, "<!--"+strings.Repeat("x", 512<<10)+"--><title>Joints</title>")
	})
	if p, err := preview.New(here).Fetch(t.Context(), late.URL); err != nil || p.Title != "" {
		t.Errorf("what stands too late says %+v, %v", p, err)
	}
}

func TestAPageMayTakeSoLongInAll(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"one that does not answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"one that never ends": func(w http.ResponseWriter, r *http.Request) {
			page(w, "<title>Joints")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		opts := here
		opts.Patience = 50 * time.Millisecond
		if p, err := preview.New(opts).Fetch(t.Context(), serve(t, answer).URL); err == nil {
			t.Errorf("%s says %+v", name, p)
		}
	}
}

func TestOneHostIsNotAskedAgainAndAgain(t *testing.T) {
	s := serve(t, titled)
	client := preview.New(here)
	for n := range 20 {
		if _, err := client.Fetch(t.Context(), fmt.Sprint(s.URL, "/", n)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.Fetch(t.Context(), s.URL+"/more"); !errors.Is(err, preview.ErrBusy) {
		t.Errorf("after 20 within a minute: %v", err)
	}
	if n := s.asked.Load(); n != 20 {
		t.Errorf("asked %d times", n)
	}
}
