package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"parley"
	"parley/internal/app"
	"parley/internal/auth"
)

// maxBody is the size of a request's body at most, in bytes: the longest message
// with every character escaped in JSON, and room for the rest.
const maxBody = 12*parley.MaxContent + 16<<10

// exchange is what handlers need to know of a request beside its input.
type exchange struct {
	principal app.Principal // zero: nobody is signed in
	client    app.Client
	secure    bool   // came by HTTPS
	token     string // of the session, from the cookie; empty: none, or there is a key
	key       string // of the administration, from Authorization: Bearer
	keyed     bool   // something was given as a key
	target    string // method and path
	body      []byte // as received
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange { return ctx.Value(exchangeKey{}).(*exchange) }

// principalOf returns who is asking, on routes that ask for it.
func principalOf(ctx context.Context) app.Principal { return exchangeOf(ctx).principal }

// viewerOf returns who is asking as access decisions see them.
func viewerOf(ctx context.Context) parley.Viewer { return principalOf(ctx).Viewer() }

// receive reads the body of r and finds out who is asking, and returns r with
// what it found in its context. It refuses strangers before anything else, so
// that nobody learns from a validation error what is behind the sign-in.
func (a *API) receive(w http.ResponseWriter, r *http.Request, op *huma.Operation) (*http.Request, error) {
	x := &exchange{
		client: app.Client{UserAgent: r.UserAgent(), Address: hostOf(r.RemoteAddr)},
		secure: a.secure(r),
		target: r.Method + " " + r.URL.Path,
	}
	// A key outweighs the cookie, which browsers send along unasked: whoever shows both
	// is the key, also where the key is wrong.
	if x.key, x.keyed = auth.Bearer(r.Header.Get("Authorization")); !x.keyed {
		if cookie, err := r.Cookie(a.cookie); err == nil {
			x.token = cookie.Value
		}
	}
	if len(op.Security) > 0 {
		if err := a.authenticate(r.Context(), x, op); err != nil {
			return r, err
		}
		a.renewCookie(w, x)
	}
	if op.RequestBody != nil {
		if err := x.readBody(w, r, op.MaxBodyBytes-1); err != nil {
			return r, err
		}
	}
	return r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)), nil
}

func (a *API) authenticate(ctx context.Context, x *exchange, op *huma.Operation) (err error) {
	if x.keyed {
		if x.principal, err = a.app.AuthenticateKey(ctx, x.key, x.client); err != nil {
			return err
		}
		return permit(x.principal.Key, op.OperationID)
	}
	if x.token == "" {
		return parley.ErrNotSignedIn
	}
	x.principal, err = a.app.Authenticate(ctx, x.token)
	return err
}

// readBody takes the whole body in, for the fingerprint, and leaves a copy to be
// decoded. Space alone counts as no body.
func (x *exchange) readBody(w http.ResponseWriter, r *http.Request, limit int64) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return parley.Errorf(parley.TooLarge, "The request is too large: at most %d KB are read.", tooLarge.Limit/1024)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return parley.Errorf(parley.Invalid, "The request's body did not arrive in time: send it again.")
	case err != nil:
		return parley.Errorf(parley.Invalid, "The request's body did not arrive completely: send it again.")
	}
	// The decoder would replace what is no UTF-8, and store something else than was sent.
	if !utf8.Valid(body) {
		return parley.Errorf(parley.Invalid, "The body is not valid JSON: it is not text in UTF-8.")
	}
	x.body = bytes.TrimSpace(body)
	r.Body = io.NopCloser(bytes.NewReader(x.body))
	return nil
}

// hostOf returns the address without its port.
func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}

// Creation is the part of their input that all creating requests share.
type Creation struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"Makes it safe to send the request again: the same key within 24 hours returns what the first request created and creates nothing. Use a new random key for every new request."`
}

// idempotency returns the key with the fingerprint that recognises the request
// it belongs to.
func (c Creation) idempotency(ctx context.Context) app.Idempotency {
	if c.IdempotencyKey == "" {
		return app.Idempotency{}
	}
	x := exchangeOf(ctx)
	sum := sha256.New()
	io.WriteString(sum, x.target+"\n")
	sum.Write(x.body)
	return app.Idempotency{Key: c.IdempotencyKey, Fingerprint: sum.Sum(nil)}
}
