package api

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
)

// huma is adjusted through its package variables. They are set before anything
// else runs, as schemas word their messages when they are made.
func init() {
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return invalid(status, message, errs)
	}
	huma.DefaultArrayNullable = false // lists are never null

	validation.MsgExpectedRequiredProperty = "%s" + isMissing
	validation.MsgExpectedBoolean = notBoolean
	validation.MsgExpectedNumber = "must be a number"
	validation.MsgExpectedInteger = notInteger
	validation.MsgExpectedString = "must be a string"
	validation.MsgExpectedArray = "must be an array"
	validation.MsgExpectedObject = "must be an object"
	validation.MsgExpectedOneOf = "must be one of %s"
	validation.MsgExpectedMinimumNumber = "must be at least %v"
	validation.MsgExpectedMaximumNumber = "must be at most %v"
	validation.MsgExpectedMinLength = "must have at least %d characters"
	validation.MsgExpectedMaxLength = "must have at most %d characters"
	validation.MsgExpectedMinItems = "must have at least %d elements"
	validation.MsgExpectedMaxItems = "must have at most %d elements"
	validation.MsgExpectedRFC5322Email = "must be an e-mail address"
}

// Messages that are used in more than one place.
const (
	notBoolean = "must be true or false"
	notInteger = "must be a whole number"
	// isMissing ends the message about a missing field, which begins with its
	// name: huma gives the object as the location.
	isMissing = " is missing"
)

// plainly words the messages that huma keeps in its code.
var plainly = map[string]string{
	"invalid integer":                     notInteger,
	"invalid boolean":                     notBoolean,
	"required query parameter is missing": strings.TrimSpace(isMissing),
	"required path parameter is missing":  strings.TrimSpace(isMissing),
}

// invalid words what huma refuses before a handler is asked.
func invalid(status int, message string, errs []error) *Problem {
	p := newProblem(status, message)
	var fields []FieldProblem
	var sentences []string
	for _, err := range errs {
		f := fieldProblem(err)
		fields = append(fields, f)
		sentences = append(sentences, f.sentence())
	}
	switch {
	case status == http.StatusUnsupportedMediaType:
		p.Detail = "Send the body as JSON, with Content-Type: application/json."
	case status == http.StatusBadRequest && len(errs) == 0:
		p.Detail = "This request needs a body in JSON."
	case status == http.StatusBadRequest:
		p.Detail = "The body is not valid JSON: " + fields[0].Message + "."
	case len(errs) > 0:
		p.Detail, p.Errors = strings.Join(sentences, " "), fields
	}
	return p
}

// fieldProblem takes location and message of one of huma's errors, and leaves
// the value.
func fieldProblem(err error) FieldProblem {
	detailer, ok := err.(huma.ErrorDetailer)
	if !ok {
		return FieldProblem{Location: "body", Message: err.Error()}
	}
	d := detailer.ErrorDetail()
	f := FieldProblem{Location: d.Location, Message: d.Message}
	if plain, ok := plainly[f.Message]; ok {
		f.Message = plain
	}
	if name, ok := strings.CutSuffix(f.Message, isMissing); ok {
		f.Location, f.Message = f.Location+"."+name, strings.TrimSpace(isMissing)
	}
	return f
}

// sentence says the problem to a person.
func (f FieldProblem) sentence() string {
	place, name, nested := strings.Cut(f.Location, ".")
	switch {
	case !nested:
		return "The " + place + " " + f.Message + "."
	case place == "body":
		return "The field " + name + " " + f.Message + "."
	default:
		return "The " + place + " parameter " + name + " " + f.Message + "."
	}
}
