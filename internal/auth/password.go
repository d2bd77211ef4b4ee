package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"parley"
)

const (
	minPassword = 10  // characters, by contract
	maxPassword = 256 // bytes; room for a sentence in any script
)

// CheckPassword says what is wrong with a password that somebody chose, nil if
// nothing is: it has at least 10 characters and at most 256 bytes, and is not
// the username. There are no rules about digits or capitals, which make
// passwords harder to remember, not to guess.
func CheckPassword(username, password string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return parley.InvalidField("password", "must have at least %d characters", minPassword)
	case len(password) > maxPassword:
		return parley.InvalidField("password", "must have at most %d bytes", maxPassword)
	case parley.FoldName(password) == parley.FoldName(username):
		return parley.InvalidField("password", "must not be the username")
	}
	return nil
}

const (
	// maxHashing bounds the memory that hashing takes, 19 MiB each, and leaves
	// half of the cores to the forum while many sign in at once.
	maxHashing = 8
	// maxWait is how long a log-in waits for its turn before it is refused.
	maxWait = 10 * time.Second
)

// Passwords hashes and verifies passwords, a few at a time: each takes 19 MiB, so
// that all log-ins of a storm at once would take all memory.
type Passwords struct {
	turns chan struct{}
}

// NewPasswords returns a Passwords that works on half of the cores, at most 8.
func NewPasswords() *Passwords {
	return &Passwords{turns: make(chan struct{}, max(1, min(maxHashing, runtime.GOMAXPROCS(0)/2)))}
}

// Hash returns what is stored of a password: its argon2id hash with salt and
// parameters as a PHC string. It waits for its turn as Verify does.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	done, err := p.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	salt := random(saltBytes)
	return encodeArgon(todays, salt, todays.key(password, salt, keyBytes)), nil
}

// Verify reports whether a stored hash is that of the password: one that Hash
// made, with these or earlier parameters, or a bcrypt hash, as imports bring
// them. An empty hash stands for a name that does not exist or has no password:
// it is nobody's, and takes as long to find out. (A bcrypt hash takes its own
// time, until NeedsRehash has it replaced at the first log-in.)
//
// An error is the hash being unreadable, ctx ending before it was this call's
// turn, or parley.Unavailable if that did not come within 10 s.
func (p *Passwords) Verify(ctx context.Context, hash, password string) (bool, error) {
	done, err := p.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	if isBcrypt(hash) {
		return verifyBcrypt(hash, password)
	}
	nobodys := hash == ""
	if nobodys {
		hash = nobodysHash
	}
	params, salt, key, err := decodeArgon(hash)
	if err != nil {
		return false, err
	}
	same := subtle.ConstantTimeCompare(key, params.key(password, salt, uint32(len(key)))) == 1
	return same && !nobodys, nil
}

// NeedsRehash reports whether a stored hash is weaker than, or only different
// from, what Hash makes today. The password is known right after it was verified.
func (p *Passwords) NeedsRehash(hash string) bool {
	if hash == "" {
		return false
	}
	params, _, _, err := decodeArgon(hash)
	return err != nil || params != todays
}

var errBusy = &parley.Error{
	Kind:       parley.Unavailable,
	Message:    "Too many people are signing in at once: try again in a moment.",
	RetryAfter: 5 * time.Second,
}

// turn waits until this call may hash; done ends its turn.
func (p *Passwords) turn(ctx context.Context) (done func(), err error) {
	patience := time.NewTimer(maxWait)
	defer patience.Stop()
	select {
	case p.turns <- struct{}{}:
		return func() { <-p.turns }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("auth: wait to hash a password: %w", ctx.Err())
	case <-patience.C:
		return nil, errBusy
	}
}

// argonParams are the parameters of argon2id.
type argonParams struct {
	memory  uint32 // KiB
	time    uint32 // passes
	threads uint8
}

// todays are OWASP's (Password Storage Cheat Sheet): 19 MiB, two passes, one
// thread.
var todays = argonParams{memory: 19 * 1024, time: 2, threads: 1}

const (
	saltBytes = 16
	keyBytes  = 32
)

// nobodysHash costs as much to verify as any that Hash makes.
var nobodysHash = encodeArgon(todays, random(saltBytes), random(keyBytes))

func (a argonParams) key(password string, salt []byte, length uint32) []byte {
	return argon2.IDKey([]byte(password), salt, a.time, a.memory, a.threads, length)
}

// affordable keeps a hash that came with an import or a broken disk from asking
// for gigabytes or minutes.
func (a argonParams) affordable() bool {
	return a.memory >= 1 && a.memory <= 256*1024 && a.time >= 1 && a.time <= 16 && a.threads >= 1 && a.threads <= 16
}

var errUnreadableHash = errors.New("auth: a stored password hash is unreadable")

func isBcrypt(hash string) bool { return strings.HasPrefix(hash, "$2") }

// maxBcryptCost is about a second of work.
const maxBcryptCost = 14

func verifyBcrypt(hash, password string) (bool, error) {
	if cost, err := bcrypt.Cost([]byte(hash)); err != nil || cost > maxBcryptCost {
		return false, errUnreadableHash
	}
	switch err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)); {
	case err == nil:
		return true, nil
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return false, nil
	default:
		return false, errUnreadableHash
	}
}
