package markdown

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/chroma/v2"
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
		`<code class="language-python">`, `<span class="k">def</span>`,
		`<span class="nf">greet</span>`, `<span class="c"># hello</span>`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("%s lacks %s", html, want)
		}
	}
}

func TestCodeWithoutABudgetIsPlain(t *testing.T) {
	doc := Parse("```go\nfunc a() {}\n```")
	html, _ := doc.render(nil, nil, 0)
	if want := "<pre class=\"chroma\"><code class=\"language-go\">func a() {}\n</code></pre>"; html != want {
		t.Errorf("got %s, want %s", html, want)
	}
}

// The colours stand in the user interface's style sheet, as part of its look.
func TestEveryClassHasAColourInTheUserInterface(t *testing.T) {
	css, err := os.ReadFile("../web/assets/css/code.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range colored {
		class := tokenClass(kind)
		if !regexp.MustCompile(`\.` + class + `\b`).Match(css) {
			t.Errorf("%v, class %q, has none", kind, class)
		}
	}
}

func TestFinerTokensLookLikeTheirKind(t *testing.T) {
	for kind, want := range map[chroma.TokenType]string{
		chroma.CommentSingle: "c", chroma.KeywordDeclaration: "k", chroma.NameFunctionMagic: "nf",
		chroma.LiteralStringDouble: "s", chroma.LiteralNumberHex: "m", chroma.NameVariableClass: "nv",
		chroma.Punctuation: "", chroma.Text: "", chroma.NameOther: "", chroma.Error: "",
	} {
		if got := tokenClass(kind); got != want {
			t.Errorf("%v is %q, want %q", kind, got, want)
		}
	}
}
