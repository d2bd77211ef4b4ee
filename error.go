package parley

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind classes an Error by what the person who caused it can do about it. One
// place in the API maps kinds to HTTP statuses.
type Kind int

const (
	Internal        Kind = iota // our fault; details are logged, never shown
	Invalid                     // malformed, or impossible in the current state
	Unauthenticated             // nobody is signed in
	Forbidden                   // signed in, but not allowed
	NotFound                    // not there, or not to be revealed
	Conflict                    // contradicts something that exists
	TooLarge                    // over a size limit
	Unprocessable               // well-formed, but fields are wrong: see Fields
	RateLimited                 // too often: see RetryAfter
	Unavailable                 // a dependency is away: see RetryAfter
)

// Error is the one error type a person may see. Message is a sentence for them
// that says what to do next; Err is the cause, for the log alone.
type Error struct {
	Kind       Kind
	Message    string
	Fields     []FieldError  // for Unprocessable
	RetryAfter time.Duration // for RateLimited and Unavailable
	Err        error
}

// FieldError says what is wrong with one field of a request.
type FieldError struct {
	Location string // where it stands: "body.title", "query.limit"
	Message  string
}

// Error tells message and cause; it is meant for logs.
func (e *Error) Error() string {
	parts := []string{e.Message}
	for _, f := range e.Fields {
		parts = append(parts, f.Location+" "+f.Message)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error of a kind with a sentence for the person concerned.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// InvalidField makes an Unprocessable error about one field of the body.
func InvalidField(name, format string, args ...any) *Error {
	message := fmt.Sprintf(format, args...)
	return &Error{
		Kind:    Unprocessable,
		Message: "The field " + name + " " + message + ".",
		Fields:  []FieldError{{Location: "body." + name, Message: message}},
	}
}

// KindOf returns the kind of the first Error in err's chain, Internal if there
// is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// The sentences that more than one rule answers with. ErrThreadNotFound is also
// what somebody without access to a private thread gets, so that its existence
// does not show.
var (
	ErrThreadNotFound  = Errorf(NotFound, "There is no such thread.")
	ErrMessageNotFound = Errorf(NotFound, "There is no such message.")
	ErrAccessDenied    = Errorf(Forbidden, "Your membership does not include this thread.")
	ErrNotSignedIn     = Errorf(Unauthenticated, "Sign in first.")
)
