package auth

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/bcrypt"

	"parley"
)

const phrase = "correct horse battery"

// Made by the reference implementation's command line: argon2 -id.
const (
	reference      = "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbmJ5dGVzYWx0IQ$uK4NoNpf03VJrINkkcCrc4an9SipOhGNt7Ohup4YmhA"
	otherReference = "$argon2id$v=19$m=4096,t=3,p=2$c2l4dGVlbmJ5dGVzYWx0IQ$mexNfFSr9Tfz4pTcIY0rdg"
)

func TestAPasswordIsRecognisedByItsHashAndNoOtherIs(t *testing.T) {
	p := NewPasswords()
	hash, err := p.Hash(t.Context(), phrase)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`).MatchString(hash) {
		t.Errorf("hash %q", hash)
	}
	for password, want := range map[string]bool{phrase: true, phrase + " ": false, "": false, hash: false} {
		if ok, err := p.Verify(t.Context(), hash, password); ok != want || err != nil {
			t.Errorf("%q: %v, %v", password, ok, err)
		}
	}
	if again, _ := p.Hash(t.Context(), phrase); again == hash {
		t.Error("two hashes of one password share a salt")
	}
}

func TestHashesOfOtherProgramsAreRecognised(t *testing.T) {
	p := NewPasswords()
	made, err := bcrypt.GenerateFromPassword([]byte(phrase), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	own := string(made)
	for _, c := range []struct{ hash, password string }{
		{reference, phrase},
		{otherReference, phrase},
		{own, phrase},
		{strings.Replace(own, "$2a$", "$2b$", 1), phrase},
		{strings.Replace(own, "$2a$", "$2y$", 1), phrase},
		{"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"}, // of crypt_blowfish's own tests
	} {
		if ok, err := p.Verify(t.Context(), c.hash, c.password); !ok || err != nil {
			t.Errorf("%s: %v, %v", c.hash, ok, err)
		}
		if ok, err := p.Verify(t.Context(), c.hash, c.password+"!"); ok || err != nil {
			t.Errorf("%s with a wrong password: %v, %v", c.hash, ok, err)
		}
	}
}

func TestNobodyHasNoPassword(t *testing.T) {
	p := NewPasswords()
	for _, password := range []string{"", phrase} {
		if ok, err := p.Verify(t.Context(), "", password); ok || err != nil {
			t.Errorf("%q: %v, %v", password, ok, err)
		}
	}
	params, salt, key, err := decodeArgon(nobodysHash)
	if params != todays || len(salt) != saltBytes || len(key) != keyBytes || err != nil {
		t.Errorf("%q costs something else than a real hash: %v", nobodysHash, err)
	}
}

func TestAnUnreadableHashIsAnErrorThatDoesNotTellIt(t *testing.T) {
	p := NewPasswords()
	for _, hash := range []string{
		"x", "$", "$$", "$argon2id$", "$2", "$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
		"$2a$05$CCCCCCCC", phrase, "$argon2i" + reference[9:],
		strings.Replace(reference, "v=19", "v=16", 1),
		strings.Replace(reference, "m=19456", "m=99999999", 1),
		strings.Replace(reference, "t=2", "t=9999", 1),
		strings.Replace(reference, "t=2", "t=0", 1),
		strings.Replace(reference, "p=1", "p=0", 1),
		strings.Replace(reference, "p=1", "p=1,x=2", 1),
		strings.Replace(reference, "m=19456", "m=+19456", 1),
		strings.Replace(reference, "$uK4", "$uK=", 1),
		reference[:len(reference)-30], reference + "!", reference + "\n",
	} {
		ok, err := p.Verify(t.Context(), hash, phrase)
		if ok || !errors.Is(err, errUnreadableHash) || strings.Contains(err.Error(), hash) && len(hash) > 2 {
			t.Errorf("%q: %v, %v", hash, ok, err)
		}
	}
}

func TestAWeakerOrForeignHashIsToBeReplaced(t *testing.T) {
	p := NewPasswords()
	for hash, want := range map[string]bool{
		reference:      false,
		otherReference: true,
		"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW": true,
		"": false, // nobody's
	} {
		if got := p.NeedsRehash(hash); got != want {
			t.Errorf("%q: %v", hash, got)
		}
	}
}

// takeAllTurns takes all turns and returns what gives one of them back.
func takeAllTurns(t *testing.T, p *Passwords) (giveBack func()) {
	t.Helper()
	for range cap(p.turns) {
		done, err := p.turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		giveBack = done
	}
	return giveBack
}

func TestALogInWaitsForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPasswords()
		giveBack := takeAllTurns(t, p)
		verified := false
		var waiting sync.WaitGroup
		waiting.Go(func() { verified, _ = p.Verify(t.Context(), reference, phrase) })
		synctest.Wait()
		if verified {
			t.Error("it did not wait")
		}
		giveBack()
		waiting.Wait()
		if !verified {
			t.Error("its turn never came")
		}
	})
}

func TestALogInThatWaitsTooLongIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPasswords()
		takeAllTurns(t, p)
		_, err := p.Verify(t.Context(), reference, phrase)
		var refused *parley.Error
		if !errors.As(err, &refused) || refused.Kind != parley.Unavailable || refused.RetryAfter <= 0 {
			t.Errorf("Verify: %v", err)
		}
		if _, err := p.Hash(t.Context(), phrase); parley.KindOf(err) != parley.Unavailable {
			t.Errorf("Hash: %v", err)
		}
	})
}

func TestWhoHasGoneNoLongerWaits(t *testing.T) {
	p := NewPasswords()
	takeAllTurns(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Verify(ctx, reference, phrase); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAPasswordHasTenCharactersAndIsNotTheUsername(t *testing.T) {
	for password, want := range map[string]string{
		"ten chars!":               "",
		"žluťoučký!":               "",
		strings.Repeat("a", 256):   "",
		"nine char":                "at least 10 characters",
		"žluťoučky":                "at least 10 characters",
		"":                         "at least 10 characters",
		strings.Repeat("a", 257):   "at most 256 bytes",
		strings.Repeat("žlu", 100): "at most 256 bytes",
		"Mina_the_Great":           "not be the username",
		"mina_THE_great":           "not be the username",
	} {
		err := CheckPassword("Mina_the_Great", password)
		if want == "" && err != nil || want != "" && (parley.KindOf(err) != parley.Unprocessable || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", password, err, want)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	p := NewPasswords()
	for b.Loop() {
		if ok, err := p.Verify(b.Context(), reference, phrase); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

// What can be read is written back the same, so nothing hides in a hash.
func FuzzAHashReadsBackAsItWasWritten(f *testing.F) {
	f.Add(reference)
	f.Add(otherReference)
	f.Add("$argon2id$v=19$m=1,t=1,p=1$c2l4dGVlbg$c2l4dGVlbmJ5dGVzYWx0IQ")
	f.Fuzz(func(t *testing.T, hash string) {
		params, salt, key, err := decodeArgon(hash)
		if err == nil && encodeArgon(params, salt, key) != hash {
			t.Errorf("%q reads back as %q", hash, encodeArgon(params, salt, key))
		}
	})
}
