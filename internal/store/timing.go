package store

import (
	"regexp"
	"strings"
	"sync"
	"time"
)

// timing tells how long statements took, under names that are few.
type timing struct {
	observe func(query string, took time.Duration) // nil: nobody wants to know
	names   sync.Map                               // the text of a statement → its name
}

// ran notes that the statement with this text has ended, its rows read.
func (t *timing) ran(text string, began time.Time) {
	if t.observe == nil {
		return
	}
	name, known := t.names.Load(text)
	if !known {
		// The texts are few: connections keep every one prepared.
		name, _ = t.names.LoadOrStore(text, queryName(text))
	}
	t.observe(name.(string), time.Since(began))
}

var sqlWords = regexp.MustCompile(`[()]|\w+`)

// queryName names a statement by what it does and the table it is about: the first
// one outside of parentheses, or the first one at all. The tables that WITH defines
// are none.
func queryName(text string) string {
	words := sqlWords.FindAllString(text, -1)
	verb, first, depth := words[0], "", 0
	if verb == "WITH" {
		if verb = mainVerb(words); verb == "SELECT" {
			depth = 1
		}
	}
	for i, word := range words {
		switch word {
		case "(":
			depth++
		case ")":
			depth--
		case "FROM", "INTO", "UPDATE", "JOIN":
			if i+1 == len(words) || words[i+1] == "(" {
				continue
			}
			if table := words[i+1]; depth == 0 {
				return strings.ToLower(verb + "_" + table)
			} else if first == "" {
				first = "_" + table
			}
		}
	}
	return strings.ToLower(verb + first)
}

// mainVerb returns what a statement does after all that WITH defines.
func mainVerb(words []string) string {
	depth := 0
	for _, word := range words {
		switch word {
		case "(":
			depth++
		case ")":
			depth--
		case "SELECT", "INSERT", "UPDATE", "DELETE":
			if depth == 0 {
				return word
			}
		}
	}
	return "SELECT"
}
