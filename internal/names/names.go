// Package names tells names that look alike. Somebody who calls themselves "Аdа"
// with two Cyrillic letters is not Ada, but reads so.
package names

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Skeleton maps names that look alike to one text: letters of other scripts and of
// other forms to the Latin ones that they resemble, without regard to case, and
// the letters and digits that people mistake for each other to one of them. It
// compares names and is never shown. It knows the letters that serve to deceive in
// earnest; it cannot know all that any font draws alike.
func Skeleton(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(name) { // full-width, mathematical and ligatured letters become plain
		if unicode.Is(unicode.Cf, r) {
			continue // invisible
		}
		r = alike(r)
		b.WriteRune(alike(unicode.ToLower(r)))
	}
	return pairs.Replace(norm.NFC.String(b.String()))
}

func alike(r rune) rune {
	if latin, ok := lookalikes[r]; ok {
		return latin
	}
	return r
}

// pairs are those that read as one letter.
var pairs = strings.NewReplacer("rn", "m", "vv", "w", "cl", "d")

// lookalikes maps a letter to the Latin one that it resembles, in either case.
var lookalikes = func() map[rune]rune {
	all := map[rune]rune{}
	for latin, others := range resembling {
		for _, r := range others {
			all[r] = latin
		}
	}
	return all
}()

// resembling lists what is taken for each letter: in Cyrillic, Greek, Armenian,
// Cherokee, Lisu, Hebrew and Arabic digits, and Latin letters with a difference
// that is easily missed. I, l and 1 are one, and so are O and 0.
var resembling = map[rune]string{
	'a': "аАαΑɑᎪꓮ",
	'b': "вВЬьβΒᏴꓐƀ",
	'c': "сСϲϹᏟꓚ",
	'd': "ԁԀᎠꓓđĐɗ",
	'e': "еЕεΕᎬꓰҽ",
	'f': "ϝϜꓝƒ",
	'g': "ɡԍցᏀꓖ",
	'h': "нНһҺηΗհᎻꓧħĦ",
	'j': "јЈϳᎫꓙյ",
	'k': "кКκΚᏦꓗ",
	'l': "1iIіІӏӀιΙıɩᏞꓡӀǀ|łŁ١۱וןا",
	'm': "мМΜᎷꓟ",
	'n': "ΝոпПꓠ",
	'o': "0оОοΟσօՕഠ๐ᴏ௦०০੦૦౦೦٥۵ךסøØꓳ",
	'p': "рРρΡᏢꓑ",
	'q': "ԛԚգզ",
	'r': "гГᎡꓣ",
	's': "ѕЅՏᏚꓢ5ƽ",
	't': "тТτΤᎢꓔŧŦ",
	'u': "υսՍꓴ",
	'v': "ѵѴνᏙꓦ",
	'w': "ԝԜωᎳꓪ",
	'x': "хХχΧꓫ",
	'y': "уУүҮΥγꓬ",
	'z': "ΖᏃꓜ",
	'3': "зЗЭэ",
	'6': "б",
}
