package markdown

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"golang.org/x/text/unicode/norm"

	"parley"
)

const (
	// Usernames have 2 to 32 characters, aliases, which may be written in any
	// script, 2 to 50.
	minName, maxName = 2, 50

	// maxNames bounds the query that looks names up. A message of 10,000
	// characters has room for three thousand.
	maxNames = 100

	// maxShorter is how many underscores may be cut from a name's end to leave
	// them to emphasis. Markdown knows no more than three: "___@Mina___".
	maxShorter = 3
)

// mentionNode stands in the tree for a name that means somebody.
type mentionNode struct {
	ast.BaseInline
	parley.Mention
	written string // as it stands in the message
	plain   bool   // in the text of a link: shown as written, no mention
}

var kindMention = ast.NewNodeKind("Mention")

func (*mentionNode) Kind() ast.NodeKind { return kindMention }

func (n *mentionNode) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// mentionParser finds "@name". It is an inline parser of the Markdown grammar
// and therefore never sees code, link destinations, autolinks or an escaped "\@".
type mentionParser struct{}

func (mentionParser) Trigger() []byte { return []byte{'@'} }

func (mentionParser) Parse(_ ast.Node, block text.Reader, context parser.Context) ast.Node {
	line, segment := block.PeekLine()
	if !opensWord(block.Source()[:segment.Start]) {
		return nil
	}
	pass := context.Get(passKey).(*pass)
	for _, name := range candidates(line[1:]) {
		if m, ok := pass.resolve(name); ok {
			block.Advance(len("@") + len(name))
			return &mentionNode{Mention: m, written: name}
		}
	}
	return nil
}

// resolve returns whom a name means. The first pass knows the special names
// alone, and remembers the others.
func (p *pass) resolve(name string) (parley.Mention, bool) {
	name = norm.NFC.String(name) // as names are kept; some keyboards and files give accents apart
	folded := parley.FoldName(name)
	switch special := parley.SpecialMention(folded); special {
	case parley.MentionEveryone, parley.MentionCreator, parley.MentionTeam:
		return parley.Mention{Name: folded, Special: special}, true
	}
	if p.collecting {
		p.remember(name, folded)
	}
	m, ok := p.people[folded]
	return m, ok
}

func (p *pass) remember(name, folded string) {
	if p.seen[folded] || len(p.names) == maxNames {
		return
	}
	if p.seen == nil {
		p.seen = make(map[string]bool)
	}
	p.seen[folded] = true
	p.names = append(p.names, name)
}

// opensWord reports whether an "@" after this text may begin a mention. It may
// not inside a word or an address: "mina@example.com", "a_@b", "@@mina",
// "example.com/@mina", "https://localhost?by=@mina". Underscores do not count:
// they may be emphasis.
func opensWord(before []byte) bool {
	last, _ := utf8.DecodeLastRune(bytes.TrimRight(before, "_"))
	if isNamePart(last) || last == '@' || last == '/' {
		return false
	}
	word := before[max(0, len(before)-longestAddress):]
	if space := bytes.LastIndexAny(word, " \t\r\n"); space >= 0 {
		word = word[space:]
	}
	return !bytes.Contains(word, []byte("://"))
}

// longestAddress bounds how far opensWord looks back, so that a message of "@"
// alone stays linear.
const longestAddress = 256

// candidates returns the names that the text after an "@" may begin with, the
// longest first.
func candidates(rest []byte) []string {
	end, length := 0, 0
	for end < len(rest) {
		r, size := utf8.DecodeRune(rest[end:])
		if !isNamePart(r) {
			if r == '@' { // "@mina@example.com" is an address elsewhere
				return nil
			}
			break
		}
		end += size
		length++
	}
	var names []string
	name := string(rest[:end])
	for shorter := 0; shorter <= maxShorter && length >= minName; shorter++ {
		if length <= maxName {
			names = append(names, name)
		}
		if !strings.HasSuffix(name, "_") {
			break
		}
		name = name[:len(name)-1]
		length--
	}
	return names
}

// isNamePart reports whether r continues a word. Combining marks do, so that a
// name does not end in the middle of a letter.
func isNamePart(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}
