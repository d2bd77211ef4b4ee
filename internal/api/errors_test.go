package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley"
	"parley/internal/api"
)

func TestUnknownAddressesAndMethodsAreProblemsToo(t *testing.T) {
	f := open(t, api.Config{})
	for _, unknown := range []string{"/api/", "/api/nothing", "/api/forum/debug/x", "/api/forum/statistics", "/api/forum/threads/", "/api/forum/moderation/polls", "/api/forum/test-notification"} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			f.ada.call(method, unknown, ``).refused(404)
		}
	}
	a := f.stranger().call("PUT", "/api/forum/threads", `{}`)
	a.refused(405)
	if allow := a.header.Get("Allow"); allow != "GET, HEAD, POST" {
		t.Errorf("Allow: %s", allow)
	}
	a = f.ada.call("PATCH", "/api/auth/login", ``)
	a.refused(405)
	if allow := a.header.Get("Allow"); allow != "POST" {
		t.Errorf("Allow: %s", allow)
	}
}

func TestHeadAnswersLikeGetWithoutTheBody(t *testing.T) {
	f := open(t, api.Config{})
	a := f.ada.call("HEAD", "/api/forum/threads", ``)
	if a.status != http.StatusOK || len(a.body) != 0 || a.header.Get("Event-Id") == "" {
		t.Errorf("%d %s %v", a.status, a.body, a.header)
	}
}

func TestWhatIsOurFaultIsLoggedAndNotTold(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	for _, c := range []struct {
		ctx    context.Context
		err    error
		status int
		level  string // empty: not in the log
	}{
		{t.Context(), errors.New("no such table: threads"), 500, "ERROR"},
		{t.Context(), fmt.Errorf("reading threads: %w", context.DeadlineExceeded), 503, "WARN"},
		{t.Context(), &parley.Error{Kind: parley.Unavailable, Message: "The database is busy.", RetryAfter: 1500 * time.Millisecond, Err: errors.New("no such table: threads")}, 503, "WARN"},
		{t.Context(), fmt.Errorf("looking: %w", parley.ErrThreadNotFound), 404, ""},
		{ended, fmt.Errorf("reading threads: %w", context.Canceled), 503, ""},
	} {
		var logs bytes.Buffer
		w := httptest.NewRecorder()
		a := api.New(nil, api.Config{Logger: slog.New(slog.NewTextHandler(&logs, nil))})
		a.WriteError(w, httptest.NewRequestWithContext(c.ctx, "GET", "/api/forum/threads", nil), c.err)
		p := answered{t: t, what: c.err.Error(), status: w.Code, header: w.Header(), body: w.Body.Bytes()}.refused(c.status)
		if strings.Contains(p.Detail, "threads") || strings.Contains(p.Detail, "reading") {
			t.Errorf("%v: tells %q", c.err, p.Detail)
		}
		if logged := logs.String(); c.level == "" && logged != "" || !strings.Contains(logged, c.level) || c.level != "" && !strings.Contains(logged, "threads") {
			t.Errorf("%v: logs %q, want level %s", c.err, logged, c.level)
		}
		if retry := w.Header().Get("Retry-After"); (retry != "") != (c.status == 503) || strings.Contains(p.Detail, "busy") && retry != "2" {
			t.Errorf("%v: Retry-After %q", c.err, retry)
		}
	}
}

func TestOldLinksLeadToThePage(t *testing.T) {
	f := open(t, api.Config{})
	for _, link := range []string{"/api/forum", "/api/forum/"} {
		if a := f.stranger().get(link); a.status != http.StatusFound || a.header.Get("Location") != "/forum" {
			t.Errorf("%s: %d to %s", link, a.status, a.header.Get("Location"))
		}
	}
}
