package parley_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley"
)

func TestASearchIsReadAsWordsAndPhrases(t *testing.T) {
	for q, want := range map[string]string{
		"":                          "[]",
		"hide glue":                 "[{[hide] false} {[glue] true}]",
		"hide glue ":                "[{[hide] false} {[glue] false}]",
		`"hide glue" joi`:           "[{[hide glue] false} {[joi] true}]",
		`"hide glue"`:               "[{[hide glue] false}]",
		`a "b c`:                    "[{[a] false} {[b c] false}]",
		"can't":                     "[{[can] false} {[t] true}]",
		"C++":                       "[{[C] false}]",
		"Жанна":                     "[{[Жанна] true}]",
		strings.Repeat("word ", 50): fmt.Sprint(parley.ParseSearch(strings.Repeat("word ", 12))),
	} {
		if got := fmt.Sprint(parley.ParseSearch(q)); got != want && !(q == "" && got == "[]") {
			t.Errorf("%q: %s, want %s", q, got, want)
		}
	}
}

func TestNoWordOfASearchMeansSomethingToADatabase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, term := range parley.ParseSearch(rapid.String().Draw(t, "q")) {
			for _, word := range term.Words {
				if word == "" || strings.ContainsAny(word, "\"'*:&|!()<>\\ \x00") {
					t.Fatalf("%q", word)
				}
			}
		}
	})
}
