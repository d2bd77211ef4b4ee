// Package markdown turns what people write into HTML that is safe to show, and
// finds the people they mention.
//
// The dialect is GitHub's: tables, task lists, strikethrough, bare addresses as
// links, fenced code highlighted by class, with what a chat needs on top: a
// newline is a line break, and "||text||" is a spoiler. It differs on purpose in
// what a hostile or careless message could abuse:
//
//   - HTML is not HTML here but text, shown as it was typed: "List<String>" stays.
//   - Links lead to http, https and mailto only, and to places in this forum. Images
//     of this forum's are shown; others become links, so that opening a thread tells
//     no other host who reads it.
//   - There are no reference links ("[a]: https://…"): one definition used a
//     thousand times made 4 MB of 10,000 characters. The address in it is still a
//     link.
//   - Headings start at the third level: a message is no page of its own.
//   - Nesting, table cells, mentioned names and the time for highlighting are bounded.
//
// Rendering takes two steps, because a name means somebody and an address an image
// only if the database knows it: Parse tells them, so that all are looked up in one
// query each, and Document.Render puts people and images in.
//
// Everything here is a pure function of its arguments and safe for concurrent
// use. One thing depends on the machine: code that takes too long to highlight is
// plain from there on.
package markdown

import (
	"bytes"
	"html"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"parley"
)

// Document is a message of which it is known whom it may mention and which images it
// may show.
type Document struct {
	source  []byte
	names   []string
	uploads []int64
}

// Parse reads a message. What is longer than parley.MaxContent is taken for
// plain text without mentions or images.
func Parse(content string) Document {
	doc := Document{source: []byte(clean.Replace(strings.ToValidUTF8(content, "\uFFFD")))}
	refers := bytes.IndexByte(doc.source, '@') >= 0 || bytes.Contains(doc.source, []byte(parley.UploadsPath))
	if refers && !doc.tooLong() {
		pass := &pass{collecting: true}
		pass.parse(doc.source)
		doc.names, doc.uploads = pass.names, pass.shown
	}
	return doc
}

// clean leaves one kind of line end, and nothing that HTML cannot carry.
var clean = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\uFFFD")

// Names returns the names that may mean somebody, as written, in order, each
// once without regard to case (parley.FoldName), at most 100 of them. They hold
// more than the message mentions: of "_@Mina_" both "Mina_" and "Mina", as only
// one of them is somebody. The special names are not among them.
func (d Document) Names() []string { return d.names }

// Uploads returns the images of this forum that the message shows if it may, in
// order, each once, at most parley.MaxUploads.
func (d Document) Uploads() []int64 { return d.uploads }

// Render returns the message as HTML and whom it mentions: special ones and
// those of the people, whose keys are folded names (parley.FoldName) and whose
// Mention.Name is shown. Mentions come in order, each person and special once.
// A name that is nobody's stays as it was written; an image that is not among the
// uploads becomes a link.
func (d Document) Render(people map[string]parley.Mention, uploads map[int64]parley.Upload) (safeHTML string, mentions []parley.Mention) {
	return d.render(people, uploads, highlightBudget)
}

func (d Document) render(people map[string]parley.Mention, uploads map[int64]parley.Upload, highlighting time.Duration) (string, []parley.Mention) {
	if d.tooLong() {
		return plainHTML(d.source), nil
	}
	pass := &pass{people: people, uploads: uploads, highlighting: highlighting}
	root := pass.parse(d.source)
	var out bytes.Buffer
	if err := renderer.Render(&out, d.source, root); err != nil {
		return plainHTML(d.source), nil
	}
	return strings.TrimSpace(policy.Sanitize(out.String())), pass.mentions
}

func (d Document) tooLong() bool {
	return len(d.source) > parley.MaxContent && utf8.RuneCount(d.source) > parley.MaxContent
}

// plainHTML shows text as it is, line by line.
func plainHTML(source []byte) string {
	escaped := html.EscapeString(string(source))
	return policy.Sanitize("<p>" + strings.ReplaceAll(escaped, "\n", "<br>\n") + "</p>")
}

// pass is one reading of a message. The first pass collects names and images; the
// second knows the people behind them and turns them into mentions. There are two
// because it depends on who exists where a name ends, and on that where emphasis
// does: "_@Mina_".
type pass struct {
	collecting bool
	names      []string
	seen       map[string]bool // folded
	shown      []int64         // images

	people       map[string]parley.Mention
	uploads      map[int64]parley.Upload
	mentions     []parley.Mention
	highlighting time.Duration // what is left of it
}

var passKey = parser.NewContextKey()

func (p *pass) parse(source []byte) ast.Node {
	context := parser.NewContext()
	context.Set(passKey, p)
	root := blocksAndInlines.Parse(text.NewReader(source), parser.WithContext(context))
	p.settle(root, 0, false)
	return root
}

// settle walks a finished tree: it flattens what is nested too deep, makes names
// in the text of a link plain (a click there goes elsewhere), lists the mentions
// that remain, tells images of this forum from others, and has all blocks of code
// draw on one budget.
func (p *pass) settle(parent ast.Node, depth int, linked bool) {
	for child := parent.FirstChild(); child != nil; {
		next := child.NextSibling()
		switch n := child.(type) {
		case *mentionNode:
			n.plain = linked
			if !linked {
				p.add(n.Mention)
			}
		case *ast.Link:
			p.settle(n, depth+1, true)
		case *ast.Image:
			if !linked {
				p.show(n)
			}
			p.settle(n, depth+1, true)
		case *ast.FencedCodeBlock:
			n.SetAttributeString(budgetAttribute, &p.highlighting)
		default:
			p.settle(n, depth+1, linked)
		}
		if depth > maxDepth && child.Type() == ast.TypeInline && child.HasChildren() {
			unwrap(parent, child)
		}
		child = next
	}
}

// unwrap puts a node's children in its place.
func unwrap(parent, n ast.Node) {
	for child := n.FirstChild(); child != nil; child = n.FirstChild() {
		parent.InsertBefore(parent, n, child)
	}
	parent.RemoveChild(parent, n)
}

func (p *pass) add(m parley.Mention) {
	for _, known := range p.mentions {
		if known.UserID == m.UserID && known.Special == m.Special {
			return
		}
	}
	p.mentions = append(p.mentions, m)
}
