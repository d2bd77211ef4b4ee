package markdown

import (
	"fmt"
	stdhtml "html"
	"regexp"
	"strings"
	"time"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

// highlightBudget is how long the colours of one message may take. The lexers
// are regular expressions that backtrack: ten thousand newlines as "java" kept
// one busy for 27 s, an ordinary block of fifty lines for 2 ms.
const highlightBudget = 50 * time.Millisecond

// budgetAttribute is where a block of code finds what is left of its message's
// budget, a *time.Duration.
const budgetAttribute = "highlighting"

// languages are those that get colours, by the name of their lexer. Each was
// tried with hostile input; the lexers of the other two hundred were not.
var languages = map[string]string{
	"bash": "bash", "console": "bash", "sh": "bash", "shell": "bash", "zsh": "bash",
	"c": "c", "h": "c", "c++": "c++", "cpp": "c++", "cc": "c++",
	"c#": "csharp", "cs": "csharp", "csharp": "csharp",
	"css": "css", "scss": "scss", "html": "html", "xml": "xml", "svg": "xml",
	"diff": "diff", "patch": "diff", "docker": "docker", "dockerfile": "docker",
	"go": "go", "golang": "go", "graphql": "graphql", "ini": "ini", "toml": "toml",
	"java": "java", "kotlin": "kotlin", "kt": "kotlin", "scala": "scala", "swift": "swift",
	"javascript": "javascript", "js": "javascript", "mjs": "javascript", "jsx": "jsx",
	"typescript": "typescript", "ts": "typescript", "tsx": "tsx",
	"json": "json", "yaml": "yaml", "yml": "yaml",
	"lua": "lua", "make": "makefile", "makefile": "makefile", "nginx": "nginx",
	"perl": "perl", "php": "php", "powershell": "powershell", "ps1": "powershell",
	"python": "python", "py": "python", "r": "r", "ruby": "ruby", "rb": "ruby",
	"rust": "rust", "rs": "rust", "sql": "sql", "zig": "zig",
}

var languageName = regexp.MustCompile(`^[a-z0-9+#._-]{1,20}$`)

// renderCode shows a fenced block. Its language becomes a class even where it has
// no colours, so that a page can tell its name.
func renderCode(w util.BufWriter, source []byte, n *ast.FencedCodeBlock) {
	var code strings.Builder
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		code.Write(line.Value(source))
	}
	language := strings.ToLower(string(n.Language(source)))
	if !languageName.MatchString(language) {
		fmt.Fprintf(w, "<pre><code>%s</code></pre>\n", stdhtml.EscapeString(code.String()))
		return
	}
	fmt.Fprintf(w, "<pre><code class=\"language-%s\">", language)
	highlight(w, code.String(), languages[language], budgetOf(n))
	_, _ = w.WriteString("</code></pre>\n")
}

func budgetOf(n *ast.FencedCodeBlock) *time.Duration {
	budget, _ := n.AttributeString(budgetAttribute)
	return budget.(*time.Duration)
}

// highlight writes code with its tokens in spans, as many as the budget allows.
// Whatever the lexer makes of it, the text that comes out is what went in.
func highlight(w util.BufWriter, code, lexerName string, budget *time.Duration) {
	rest := code
	if lexerName != "" && *budget > 0 {
		start := time.Now()
		rest = writeTokens(w, code, lexers.Get(lexerName), start.Add(*budget))
		*budget -= time.Since(start)
	}
	_, _ = w.WriteString(stdhtml.EscapeString(rest))
}

// writeTokens writes as much of the code as the lexer understands in time and
// returns the rest.
func writeTokens(w util.BufWriter, code string, lexer chroma.Lexer, deadline time.Time) (rest string) {
	rest = code
	defer func() {
		_ = recover() // chroma's iterators panic where a lexer is wrong: the rest stays plain
	}()
	// Without EnsureLF, as a token must be found in the code as it stands.
	tokens, err := lexer.Tokenise(&chroma.TokeniseOptions{State: "root"}, code)
	if err != nil {
		return rest
	}
	for token := tokens(); token != chroma.EOF; token = tokens() {
		if !strings.HasPrefix(rest, token.Value) || time.Now().After(deadline) {
			break
		}
		rest = rest[len(token.Value):]
		writeToken(w, token)
	}
	return rest
}

func writeToken(w util.BufWriter, token chroma.Token) {
	text := stdhtml.EscapeString(token.Value)
	if class := tokenClass(token.Type); class != "" && strings.TrimSpace(text) != "" {
		fmt.Fprintf(w, `<span class="hl-%s">%s</span>`, class, text)
	} else {
		_, _ = w.WriteString(text)
	}
}

// tokenClass returns the class of the nearest type above that has one.
func tokenClass(t chroma.TokenType) string {
	for {
		if class, ok := tokenClasses[t]; ok || t <= 0 {
			return class
		}
		t = t.Parent()
	}
}

// tokenClasses are the kinds of token that have a colour, or none on purpose.
var tokenClasses = map[chroma.TokenType]string{
	chroma.Keyword:             "keyword",
	chroma.OperatorWord:        "keyword",
	chroma.KeywordConstant:     "number",
	chroma.KeywordType:         "type",
	chroma.NameClass:           "type",
	chroma.NameFunction:        "function",
	chroma.NameFunctionMagic:   "function",
	chroma.NameBuiltin:         "function",
	chroma.NameDecorator:       "function",
	chroma.NameTag:             "tag",
	chroma.NameAttribute:       "attribute",
	chroma.NameVariable:        "attribute",
	chroma.LiteralNumber:       "number",
	chroma.LiteralString:       "string",
	chroma.LiteralStringEscape: "number",
	chroma.Comment:             "comment",
	chroma.CommentPreproc:      "keyword",
	chroma.GenericDeleted:      "deleted",
	chroma.GenericInserted:     "inserted",
	chroma.GenericHeading:      "function",
	chroma.GenericSubheading:   "function",
}

// tokenColors has a light and a dark colour for each class. All reach a contrast
// of 4.5:1 on the grounds named in the test.
var tokenColors = []struct{ class, light, dark string }{
	{"keyword", "#a40e26", "#ff8f87"},
	{"type", "#7a3e00", "#ffb36b"},
	{"function", "#6639ba", "#d2a8ff"},
	{"tag", "#116329", "#7ee787"},
	{"attribute", "#7a3e00", "#ffb36b"},
	{"number", "#0550ae", "#8bc4ff"},
	{"string", "#0a3069", "#a5d6ff"},
	{"comment", "#57606a", "#9aa4ae"},
	{"deleted", "#82071e", "#ffb3ad"},
	{"inserted", "#0b5a22", "#8ff0a4"},
}

// HighlightCSS returns the style sheet of highlighted code. Its colours are
// light-dark() pairs, so they follow whatever color-scheme the page sets.
func HighlightCSS() string {
	var css strings.Builder
	for _, c := range tokenColors {
		fmt.Fprintf(&css, ".hl-%s { color: light-dark(%s, %s); }\n", c.class, c.light, c.dark)
	}
	css.WriteString(".hl-comment { font-style: italic; }\n")
	return css.String()
}
