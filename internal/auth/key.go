package auth

import (
	"encoding/base32"
	"regexp"
	"strings"
)

const (
	keyIDBytes     = 10
	keySecretBytes = 32
)

// An API key is made to be recognised, by people and by programs that look for
// secrets in the wrong places: parley_<public id>_<secret>.
var (
	keyPattern  = regexp.MustCompile(`^parley_[a-z2-7]{16}_[a-z2-7]{52}$`)
	keyEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
)

// NewKey returns an API key of 256 random bits, and the part of it that may be
// shown. Whoever has the key may do what it is for; it is given to its owner, and
// only its hash (see HashToken) is stored.
func NewKey() (key, publicID string) {
	publicID = keyEncoding.EncodeToString(random(keyIDBytes))
	return "parley_" + publicID + "_" + keyEncoding.EncodeToString(random(keySecretBytes)), publicID
}

// IsKey reports whether text has the form of an API key.
func IsKey(text string) bool { return keyPattern.MatchString(text) }

// Bearer returns what an Authorization header shows to be let in by, and whether it
// is of that kind at all (RFC 6750).
func Bearer(header string) (token string, ok bool) {
	scheme, token, _ := strings.Cut(strings.TrimSpace(header), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}
