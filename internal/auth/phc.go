package auth

import (
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// encodeArgon writes a hash as a PHC string:
// $argon2id$v=19$m=19456,t=2,p=1$<salt>$<key>, both in unpadded base64.
func encodeArgon(a argonParams, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		a.memory, a.time, a.threads, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// decodeArgon reads what encodeArgon wrote, with any parameters that can be
// afforded. What is wrong with a hash is not told, as it would end up in a log.
func decodeArgon(hash string) (a argonParams, salt, key []byte, err error) {
	fields := strings.Split(hash, "$")
	if len(fields) != 6 {
		return a, nil, nil, errUnreadableHash
	}
	_, err = fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &a.memory, &a.time, &a.threads)
	if err == nil {
		salt, err = base64.RawStdEncoding.DecodeString(fields[4])
	}
	if err == nil {
		key, err = base64.RawStdEncoding.DecodeString(fields[5])
	}
	// What reads back as it was written has nothing in it that was not understood.
	if err != nil || !a.affordable() || len(salt) < 8 || len(key) < 16 || encodeArgon(a, salt, key) != hash {
		return a, nil, nil, errUnreadableHash
	}
	return a, salt, key, nil
}
