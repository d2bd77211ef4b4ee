package markdown

import (
	"fmt"
	stdhtml "html"
	"regexp"
	"slices"
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
const highlightBudget = 100 * time.Millisecond

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
	fmt.Fprintf(w, `<pre class="chroma"><code class="language-%s">`, language)
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
		rest = writeTokens(w, code, lexers.Get(lexerName), budget)
	}
	_, _ = w.WriteString(stdhtml.EscapeString(rest))
}

// writeTokens writes as much of the code as the lexer understands in time and
// returns the rest.
func writeTokens(w util.BufWriter, code string, lexer chroma.Lexer, budget *time.Duration) (rest string) {
	rest = code
	defer func() {
		_ = recover() // chroma's iterators panic where a lexer is wrong: the rest stays plain
	}()
	// Without EnsureLF, as a token must be found in the code as it stands.
	tokens, err := lexer.Tokenise(&chroma.TokeniseOptions{State: "root"}, code)
	if err != nil {
		return rest
	}
	// Not before: the first use of a lexer compiles it, for the process.
	start := time.Now()
	defer func() { *budget -= time.Since(start) }()
	for token := tokens(); token != chroma.EOF; token = tokens() {
		if !strings.HasPrefix(rest, token.Value) || time.Since(start) > *budget {
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
		fmt.Fprintf(w, `<span class="%s">%s</span>`, class, text)
	} else {
		_, _ = w.WriteString(text)
	}
}

// tokenClass returns chroma's class for a token or the kind it belongs to, "" if
// it is shown as plain text.
func tokenClass(t chroma.TokenType) string {
	for ; t > 0; t = t.Parent() {
		if slices.Contains(colored, t) {
			return chroma.StandardTypes[t]
		}
	}
	return ""
}

// colored are the kinds of token that get a class, and with them the finer ones
// they stand for. The user interface has a colour for each.
var colored = []chroma.TokenType{
	chroma.Comment, chroma.CommentPreproc,
	chroma.Keyword, chroma.KeywordType, chroma.OperatorWord,
	chroma.NameAttribute, chroma.NameBuiltin, chroma.NameClass, chroma.NameConstant, chroma.NameDecorator,
	chroma.NameFunction, chroma.NameNamespace, chroma.NameTag, chroma.NameVariable,
	chroma.LiteralNumber, chroma.LiteralString,
	chroma.GenericDeleted, chroma.GenericEmph, chroma.GenericHeading, chroma.GenericInserted,
	chroma.GenericStrong, chroma.GenericSubheading,
}
