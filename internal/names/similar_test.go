package names

import (
	"slices"
	"strings"
	"testing"
)

func TestANameThatCannotBeHadReadsLikeItStill(t *testing.T) {
	for name, want := range map[string]string{
		"Mina": "Mina", "Jürgen Müller": "Jurgen_Muller", "a.b-c": "a_b_c", "  Ada  ": "Ada", "Łukasz": "ukasz",
		"": "member", "x": "member", "Мина": "member", "🦊🦊": "member", "ﬁnn": "finn", "Ada２": "Ada2",
		strings.Repeat("abc ", 20): "abc_abc_abc_abc_abc_abc_abc_abc",
	} {
		similar := Similar(name)
		if similar[0] != want || similar[1] != cut(want, 30)+"_2" {
			t.Errorf("%q: %v, want %s first", name, similar[:2], want)
		}
		for _, s := range similar {
			if len(s) > maxUsername || len(s) < 2 || strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(letters, r) }) {
				t.Errorf("%q: %q is no username", name, s)
			}
		}
		slices.Sort(similar)
		if len(slices.Compact(similar)) < 10 {
			t.Errorf("%q: too few: %v", name, similar)
		}
	}
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
