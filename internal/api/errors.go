package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley"
)

// Problem is the body of every refusal (RFC 9457).
type Problem struct {
	Type   string         `json:"type" format:"uri-reference" example:"about:blank"`
	Title  string         `json:"title" doc:"What the status means." example:"Unprocessable Entity"`
	Status int            `json:"status" doc:"The HTTP status." example:"422"`
	Detail string         `json:"detail" doc:"A sentence for the person concerned." example:"The field title must have at most 200 characters."`
	Errors []FieldProblem `json:"errors,omitempty" doc:"What is wrong with which field, if fields are wrong."`

	retryAfter time.Duration
}

// FieldProblem says what is wrong with one field of a request. It never repeats
// the value, which may be a password.
type FieldProblem struct {
	Location string `json:"location" doc:"Where it stands." example:"body.title"`
	Message  string `json:"message" example:"must have at most 200 characters"`
}

// statuses maps what people can do about an error to HTTP.
var statuses = map[parley.Kind]int{
	parley.Internal:        http.StatusInternalServerError,
	parley.Invalid:         http.StatusBadRequest,
	parley.Unauthenticated: http.StatusUnauthorized,
	parley.Forbidden:       http.StatusForbidden,
	parley.NotFound:        http.StatusNotFound,
	parley.Conflict:        http.StatusConflict,
	parley.TooLarge:        http.StatusRequestEntityTooLarge,
	parley.Unprocessable:   http.StatusUnprocessableEntity,
	parley.RateLimited:     http.StatusTooManyRequests,
	parley.Unavailable:     http.StatusServiceUnavailable,
}

// WriteError answers a request with err as a problem; what is not a
// *parley.Error, or has a cause, is logged. It is for middleware around the API.
func (a *API) WriteError(w http.ResponseWriter, r *http.Request, err error) {
	writeProblem(w, a.problem(r.Context(), err))
}

// problem turns err into the answer to it and logs what its reader may not see.
func (a *API) problem(ctx context.Context, err error) *Problem {
	var known *parley.Error
	if !errors.As(err, &known) {
		known = unexpected(ctx, err)
	}
	if known.Err != nil {
		a.log.Log(ctx, severity(ctx, known), "request failed", "error", err)
	}
	p := newProblem(statuses[known.Kind], known.Message)
	p.retryAfter = known.RetryAfter
	for _, f := range known.Fields {
		p.Errors = append(p.Errors, FieldProblem{Location: f.Location, Message: f.Message})
	}
	return p
}

// unexpected words an error that no rule foresaw, without telling what it is.
func unexpected(ctx context.Context, err error) *parley.Error {
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return &parley.Error{Kind: parley.Unavailable, Message: "The request took too long. Try again in a moment.", RetryAfter: time.Second, Err: err}
	}
	return &parley.Error{Kind: parley.Internal, Message: "Something went wrong on our side. Try again in a moment.", Err: err}
}

// severity says how bad an error is. A client that went away is none.
func severity(ctx context.Context, e *parley.Error) slog.Level {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return slog.LevelDebug
	case e.Kind == parley.Internal:
		return slog.LevelError
	case e.Kind == parley.Unavailable:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

func newProblem(status int, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
}

// writeProblem answers with p where huma does not do it.
func writeProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

// Error implements huma.StatusError.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	if p.retryAfter <= 0 {
		return nil
	}
	seconds := int64(math.Ceil(p.retryAfter.Seconds()))
	return http.Header{"Retry-After": {strconv.FormatInt(seconds, 10)}}
}

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// unknownRoutes is the pattern of all that no other pattern under /api matches.
const unknownRoutes = "/api/"

// refuseUnknown answers requests that no other route of mux takes: 405 if one
// would for another method, else 404.
func refuseUnknown(mux *http.ServeMux) http.HandlerFunc {
	methods := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	return func(w http.ResponseWriter, r *http.Request) {
		allowed := slices.DeleteFunc(slices.Clone(methods), func(method string) bool {
			_, pattern := mux.Handler(&http.Request{Method: method, Host: r.Host, URL: r.URL})
			return pattern == unknownRoutes
		})
		if len(allowed) == 0 {
			writeProblem(w, newProblem(http.StatusNotFound, "There is nothing at this address."))
			return
		}
		allow := strings.Join(allowed, ", ")
		w.Header().Set("Allow", allow)
		writeProblem(w, newProblem(http.StatusMethodNotAllowed, "This address does not answer to "+r.Method+", only to "+allow+"."))
	}
}
