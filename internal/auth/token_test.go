package auth

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"testing"
)

func TestTokensAre256RandomBitsThatFitACookie(t *testing.T) {
	seen := map[string]bool{}
	for range 1_000 {
		token := NewToken()
		if raw, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(raw) != 32 || seen[token] {
			t.Fatalf("token %q: %d bytes, seen %v, %v", token, len(raw), seen[token], err)
		}
		seen[token] = true
	}
}

func TestOnlyTheHashOfATokenIsStored(t *testing.T) {
	token := NewToken()
	want := sha256.Sum256([]byte(token))
	if !bytes.Equal(HashToken(token), want[:]) || bytes.Equal(HashToken(token), HashToken(token+"x")) {
		t.Error("the hash is not the SHA-256 of the token")
	}
}

func TestPublicIDsAre128RandomBitsInHexadecimal(t *testing.T) {
	id := NewPublicID()
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(id) || id == NewPublicID() {
		t.Errorf("public id %q", id)
	}
}
