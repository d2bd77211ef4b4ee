package markdown

import (
	"strings"
	"testing"

	"parley"
)

// costly are the units of messages that some Markdown implementation needed
// quadratic or exponential time or space for, or that looked as if.
var costly = []struct{ name, before, unit string }{
	{"words", "", "words and more "},
	{"quotes", "", ">"},
	{"quotes in lines", "", "> > > > > >\n"},
	{"lists", "", "- "},
	{"lists in lines", "", "- - - - - -\n"},
	{"indented list", "", "  - a\n"},
	{"staircase", "", "* a\n * a\n  * a\n   * a\n"},
	{"numbered list", "", "1. "},
	{"emphasis", "", "*a_ "},
	{"open emphasis", "", "*a "},
	{"nested emphasis", "", "**a *b "},
	{"stars", "", "*"},
	{"closed stars", "", "a**b"},
	{"underscores", "", "_a"},
	{"strikethrough", "", "~~a~"},
	{"spoilers", "", "||a||"},
	{"spoiler words", "", "||a|| "},
	{"open spoilers", "", "||a "},
	{"closed spoilers", "", "a|| "},
	{"spoilers and stars", "", "||a *b "},
	{"brackets", "", "["},
	{"closing brackets", "", "]"},
	{"bracket pairs", "", "[]"},
	{"images", "", "![["},
	{"uploads", "", "![](/api/forum/uploads/7)"},
	{"open links", "", "[a]("},
	{"open destinations", "", "[a](<b"},
	{"empty links", "", "[]("},
	{"shortest links", "", "[](http:a)"},
	{"parentheses", "", "[a](((((("},
	{"references", "[a]: https://example.com/" + strings.Repeat("a", 3_000) + "\n\n", "[a]"},
	{"backticks", "", "`"},
	{"unequal backticks", "", "`a``b```c"},
	{"backslashes", "", `\`},
	{"entities", "", "&a;&#x"},
	{"angle brackets", "", "<"},
	{"open tags", "", "<a b="},
	{"comments", "", "<!--"},
	{"autolinks", "", "<a:b>"},
	{"addresses", "", "http://a "},
	{"addresses in parentheses", "", "(http://a/"},
	{"addresses in stars", "", "*http://a/"},
	{"addresses in spoilers", "", "|| http://a/"},
	{"pipes in addresses", " http://a/", "|a"},
	{"e-mail", "", "a@b.c "},
	{"e-mail without end", "", "_a.b@"},
	{"mentions", "", "@ab "},
	{"unknown mentions", "", "@a1_@b2_ "},
	{"at signs", "", "@"},
	{"underscored mentions", "", "@ab___"},
	{"quotation marks", "", `"`},
	{"line breaks", "", "a\n"},
	{"rules", "", "***\n"},
	{"headings", "", "# a\n"},
	{"setext headings", "", "a\n=\n"},
	{"task list", "", "- [ ] a\n"},
	{"code in lines", "", "    a\n\n"},
	{"fences", "", "```\n"},
	{"wide table", strings.Repeat("|a", 1_600) + "\n" + strings.Repeat("|-", 1_600) + "\n", "|\n"},
	{"tables", "", "|a|b|c|d\n|-|-|-|-\n|\n|\n|\n\n"},
	{"pipes", "", "|"},
	{"delimiters", "", "|-"},
	{"escaped pipes in code", "|a|\n|-|\n", "`\\|`"},
}

// message repeats a unit up to a message's greatest length, or a part of it.
func message(before, unit string, part int) string {
	length := (parley.MaxContent/part - len(before)) / len(unit)
	return before + strings.Repeat(unit, max(0, length))
}

const (
	// perCharacter is what a letter costs at most: the tags around it. "[](http:a)"
	// makes an element of ten characters.
	perCharacter = 16

	// emptyCells is what a message's table cells cost that nobody wrote.
	emptyCells = maxCells * len(`<td align="center"></td>`+"\n")
)

// The longest message must not become more than a page can bear.
func TestOutputIsBoundedByTheLengthOfTheMessage(t *testing.T) {
	for _, c := range costly {
		content := message(c.before, c.unit, 1)
		html := show(content)
		if len(html) > perCharacter*parley.MaxContent {
			t.Errorf("%s: %d bytes became %d", c.name, len(content), len(html))
		}
		if err := checkShown(html); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A message of twice the length may allocate about twice as much. What is
// quadratic would be at four.
func TestMemoryGrowsInStepWithTheMessage(t *testing.T) {
	for _, c := range costly {
		if c.before != "" {
			continue // its fixed part does not double
		}
		eighth, quarter := message("", c.unit, 8), message("", c.unit, 4)
		small := testing.AllocsPerRun(1, func() { show(eighth) })
		large := testing.AllocsPerRun(1, func() { show(quarter) })
		if large > 2.5*small+1_000 {
			t.Errorf("%s: %.0f allocations for %d bytes, %.0f for %d", c.name, small, len(eighth), large, len(quarter))
		}
	}
}

func TestNestingEndsAsText(t *testing.T) {
	html := show(strings.Repeat("> ", 100) + "deep")
	if n := strings.Count(html, "<blockquote>"); n < 10 || n > maxDepth {
		t.Errorf("%d quotes in each other", n)
	}
	if !strings.Contains(html, "&gt; deep") {
		t.Errorf("what is deeper should be text: %s", html)
	}
}

func TestATableTooLargeStaysText(t *testing.T) {
	row := strings.Repeat("|a", 40) + "|\n"
	table := row + strings.Repeat("|-", 40) + "|\n"
	if html := show(table + strings.Repeat(row, 20)); !strings.HasPrefix(html, "<table>") {
		t.Errorf("40 × 20 cells: %.80s…", html)
	}
	if html := show(table + strings.Repeat("|\n", 1_000)); strings.Contains(html, "<table>") {
		t.Errorf("40 × 1,000 cells: %.80s…", html)
	}
}
