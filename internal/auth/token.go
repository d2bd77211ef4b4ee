package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

const (
	tokenBytes    = 32
	publicIDBytes = 16
)

// NewToken returns a session token: 256 random bits as 43 characters of
// unpadded base64url. Whoever has it is signed in; it is given to its owner and
// stored nowhere.
func NewToken() string {
	return base64.RawURLEncoding.EncodeToString(random(tokenBytes))
}

// HashToken returns what is stored of a token, 32 bytes. A plain SHA-256 is
// enough, as nobody guesses 256 random bits; and a session may be looked up by
// it, as the time a lookup takes tells of the hash, not of the token.
func HashToken(token string) []byte {
	hash := sha256.Sum256([]byte(token))
	return hash[:]
}

// NewPublicID returns a name for a session, 128 random bits in hexadecimal. It
// may be shown and opens nothing.
func NewPublicID() string { return hex.EncodeToString(random(publicIDBytes)) }

// random returns n random bytes; crypto/rand ends the program rather than fail.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
