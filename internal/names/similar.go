package names

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	maxUsername = 32 // characters
	nobody      = "member"
)

// Similar returns usernames that read like a name which cannot be one, or is taken, the
// most similar first: with plain letters for accented ones, underscores for what is
// neither letter nor digit, and with numbers behind it. Any of them may be taken, and
// the first may be reserved.
func Similar(name string) []string {
	base := plain(name)
	if len(base) < 2 {
		base = nobody
	}
	similar := []string{cut(base, maxUsername)}
	for n := 2; n < 10; n++ {
		similar = append(similar, numbered(base, n))
	}
	for range 5 { // there are many of the name: one of a million is likely to be free
		similar = append(similar, numbered(base, 100_000+rand.IntN(900_000)))
	}
	return similar
}

func numbered(base string, n int) string {
	suffix := "_" + strconv.Itoa(n)
	return cut(base, maxUsername-len(suffix)) + suffix
}

func cut(name string, length int) string {
	return strings.TrimRight(name[:min(len(name), length)], "_")
}

// plain leaves of a name what usernames are made of.
func plain(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(name) {
		switch {
		case unicode.Is(unicode.Mn, r): // an accent, of the letter before it
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	return strings.Trim(b.String(), "_")
}
