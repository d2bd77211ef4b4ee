package parley

import (
	"strings"
	"unicode"
)

// SearchTerm is a part of what somebody searches for.
type SearchTerm struct {
	Words  []string // in this order, one after the other
	Prefix bool     // the last word is the beginning of one
}

// maxSearchTerms bounds the work for one search.
const maxSearchTerms = 12

// ParseSearch reads a search: words, and "phrases" in quotation marks. A last word
// with nothing behind it may still be being typed, and stands for all that begin so.
func ParseSearch(q string) (terms []SearchTerm) {
	parts := strings.Split(q, `"`)
	for i, part := range parts {
		words := strings.FieldsFunc(part, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
		if quoted := i%2 == 1; quoted {
			if len(words) > 0 {
				terms = append(terms, SearchTerm{Words: words})
			}
			continue
		}
		for j, word := range words {
			typed := i == len(parts)-1 && j == len(words)-1 && strings.HasSuffix(part, word)
			terms = append(terms, SearchTerm{Words: []string{word}, Prefix: typed})
		}
	}
	return terms[:min(len(terms), maxSearchTerms)]
}
