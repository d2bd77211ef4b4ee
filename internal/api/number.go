package api

import (
	"bytes"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// number is a whole number in a request's body. Clients in the field send
// numbers as strings as often ("min_tier_id":"3"), and null where they mean to
// leave something alone.
type number struct {
	value int64
	given bool // present, and not null
	wrong bool // present, and no number
}

// UnmarshalJSON takes whatever stands there; Resolve refuses what is no number,
// because it knows where it stands.
func (n *number) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		*n = number{}
		return nil
	}
	value, err := strconv.ParseInt(string(bytes.Trim(raw, `"`)), 10, 64)
	*n = number{value: value, given: true, wrong: err != nil}
	return nil
}

// Resolve implements huma.ResolverWithPath.
func (n *number) Resolve(_ huma.Context, at *huma.PathBuffer) []error {
	if !n.wrong {
		return nil
	}
	return []error{&huma.ErrorDetail{Location: at.String(), Message: notInteger}}
}

// Schema implements huma.SchemaProvider. The type goes into the extensions, as
// huma's own field holds one type: Resolve validates.
func (number) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Pattern:    `^-?[0-9]+$`,
		Extensions: map[string]any{"type": []string{"integer", "string", "null"}},
	}
}

// pointer returns nil for a number that was not given.
func (n number) pointer() *int64 {
	if !n.given {
		return nil
	}
	return &n.value
}
