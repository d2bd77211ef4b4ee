package markdown

import (
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// spoilerNode stands in the tree for "||text||": what a reader asks to see.
type spoilerNode struct{ ast.BaseInline }

var kindSpoiler = ast.NewNodeKind("Spoiler")

func (*spoilerNode) Kind() ast.NodeKind { return kindSpoiler }

func (n *spoilerNode) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// spoilerParser finds the marks around spoilers. They follow the rules of emphasis,
// so that "a || b || c" stays an expression.
type spoilerParser struct{}

func (spoilerParser) Trigger() []byte { return []byte{'|'} }

func (spoilerParser) Parse(_ ast.Node, block text.Reader, context parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	line, segment := block.PeekLine()
	mark := parser.ScanDelimiter(line, before, len("||"), spoilerMarks{})
	if mark == nil || mark.OriginalLength > len("||") || before == '|' {
		return nil
	}
	mark.Segment = segment.WithStop(segment.Start + mark.OriginalLength)
	block.Advance(mark.OriginalLength)
	context.PushDelimiter(mark)
	return mark
}

// spoilerMarks pairs them.
type spoilerMarks struct{}

func (spoilerMarks) IsDelimiter(b byte) bool { return b == '|' }

func (spoilerMarks) CanOpenCloser(opener, closer *parser.Delimiter) bool {
	return opener.Char == closer.Char
}

func (spoilerMarks) OnMatch(int) ast.Node { return &spoilerNode{} }

// renderSpoiler marks a spoiler; to cover it is the page's business. Who reads the
// HTML without a style sheet sees the text.
func renderSpoiler(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString(`<span class="spoiler">`)
	} else {
		_, _ = w.WriteString("</span>")
	}
	return ast.WalkContinue, nil
}
