package parley_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"parley"
)

func TestAnErrorKeepsItsKindThroughWrapping(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		want parley.Kind
	}{
		{"none", io.EOF, parley.Internal},
		{"plain", parley.ErrThreadNotFound, parley.NotFound},
		{"wrapped", fmt.Errorf("open the page: %w", parley.ErrAccessDenied), parley.Forbidden},
		{"joined", errors.Join(io.EOF, parley.ErrNotSignedIn), parley.Unauthenticated},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := parley.KindOf(tc.err); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestAnErrorTellsSentenceFieldsAndCause(t *testing.T) {
	err := &parley.Error{
		Kind: parley.Unavailable, Message: "Try again.", Fields: []parley.FieldError{{Location: "body.title", Message: "is empty"}}, Err: io.EOF,
	}
	if got, want := err.Error(), "Try again.: body.title is empty: EOF"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, io.EOF) {
		t.Error("the cause is lost")
	}
}

func TestAFieldErrorSaysWhatIsWrongWhere(t *testing.T) {
	err := parley.InvalidField("title", "must have %d characters at most", 200)
	if err.Kind != parley.Unprocessable || err.Message != "The field title must have 200 characters at most." {
		t.Errorf("got kind %v, %q", err.Kind, err.Message)
	}
	if want := (parley.FieldError{Location: "body.title", Message: "must have 200 characters at most"}); len(err.Fields) != 1 || err.Fields[0] != want {
		t.Errorf("got fields %+v, want %+v", err.Fields, want)
	}
}
