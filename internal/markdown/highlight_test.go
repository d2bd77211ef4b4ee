package markdown

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/chroma/v2/lexers"
)

// Lexers have opinions on line ends, tabs and missing newlines; a reader wants
// what was posted.
func TestHighlightingChangesNoCharacter(t *testing.T) {
	code := "if (x < 1) { print(\"é\\n\", '€') } # // -- /* a */ <b a='1'>\n\n\tkey: value\r\n@x $y `z` %w{} \\ \u2028 \x00end"
	for _, alias := range slices.Sorted(maps.Keys(languages)) {
		if lexer := lexers.Get(languages[alias]); lexer == nil {
			t.Errorf("%s has no lexer", alias)
			continue
		}
		want := strings.ReplaceAll(strings.ReplaceAll(code, "\x00", "\uFFFD"), "\r\n", "\n") + "\n"
		if got := textOf(show("```" + alias + "\n" + code + "\n```")); got != want {
			t.Errorf("%s: %q became %q", alias, want, got)
		}
	}
}

func TestCodeGetsColoursAndItsLanguageAClass(t *testing.T) {
	html := show("```Python\ndef greet(): # hello\n    return 1\n```")
	for _, want := range []string{
		`<code class="language-python">`, `<span class="hl-keyword">def</span>`,
		`<span class="hl-function">greet</span>`, `<span class="hl-comment"># hello</span>`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("%s lacks %s", html, want)
		}
	}
}

func TestCodeWithoutABudgetIsPlain(t *testing.T) {
	doc := "```go\nfunc a() {}\n```"
	pass := &pass{rendering: true}
	var out strings.Builder
	if err := renderer.Render(&out, []byte(doc), pass.parse([]byte(doc))); err != nil {
		t.Fatal(err)
	}
	if want := "<pre><code class=\"language-go\">func a() {}\n</code></pre>\n"; out.String() != want {
		t.Errorf("got %s, want %s", out.String(), want)
	}
}

func TestEveryClassHasAColourAndEveryColourAClass(t *testing.T) {
	used := map[string]bool{}
	for _, class := range tokenClasses {
		used[class] = true
	}
	css := HighlightCSS()
	for class := range used {
		if !strings.Contains(css, ".hl-"+class+" { color: light-dark(#") {
			t.Errorf("%s has no colour", class)
		}
	}
	for _, c := range tokenColors {
		if !used[c.class] {
			t.Errorf("no token is of class %s", c.class)
		}
	}
}

// WCAG 2.2 AA asks for 4.5:1. The grounds are the darkest light and the lightest
// dark one that code may stand on.
func TestColoursCanBeReadOnLightAndDarkGround(t *testing.T) {
	const darkestLight, lightestDark = "#eceff3", "#22272e"
	for _, c := range tokenColors {
		if ratio := contrast(t, c.light, darkestLight); ratio < 4.5 {
			t.Errorf("%s %s on %s: %.2f", c.class, c.light, darkestLight, ratio)
		}
		if ratio := contrast(t, c.dark, lightestDark); ratio < 4.5 {
			t.Errorf("%s %s on %s: %.2f", c.class, c.dark, lightestDark, ratio)
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	light, dark := luminance(t, a), luminance(t, b)
	if light < dark {
		light, dark = dark, light
	}
	return (light + 0.05) / (dark + 0.05)
}

// luminance is WCAG's relative luminance of "#rrggbb".
func luminance(t *testing.T, color string) float64 {
	if !regexp.MustCompile(`^#[0-9a-f]{6}$`).MatchString(color) {
		t.Fatalf("%q is no colour", color)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
