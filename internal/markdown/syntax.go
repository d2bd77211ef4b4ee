package markdown

import (
	"bytes"
	"regexp"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

const (
	// maxDepth bounds how deep quotes and lists, and emphasis in them, nest. Ten
	// thousand ">" would otherwise be as many elements in each other: 260 KB of
	// tags, and browsers give up at 512.
	maxDepth = 16

	// maxCells bounds the table cells of a message. A row may leave cells out, and
	// each is filled in: 1,600 columns over rows of one character made 29 MB of
	// HTML and 636 MB of garbage out of 10,000 characters.
	maxCells = 2_000
)

// bareAddress is what becomes a link without brackets. The host may be of any
// script and without a dot (localhost), the path goes on to the next space or to
// the end of a spoiler: https://de.wikipedia.org/wiki/Käse.
var bareAddress = regexp.MustCompile(`^https?://[\p{L}\p{N}][\p{L}\p{N}._~%+@:-]*(?:[/?#](?:[^\s<|]|\|[^\s<|])*)?`)

// blocksAndInlines is the grammar. It leaves out goldmark's two parsers for HTML
// and the paragraph transformer for link references; see the package comment.
var blocksAndInlines = parser.NewParser(
	parser.WithBlockParsers(
		util.Prioritized(parser.NewSetextHeadingParser(), 100),
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(shallow{parser.NewListParser()}, 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewCodeBlockParser(), 500),
		util.Prioritized(parser.NewATXHeadingParser(), 600),
		util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
		util.Prioritized(shallow{parser.NewBlockquoteParser()}, 800),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	),
	parser.WithInlineParsers(
		util.Prioritized(extension.NewTaskCheckBoxParser(), 0),
		util.Prioritized(parser.NewCodeSpanParser(), 100),
		util.Prioritized(parser.NewLinkParser(), 200),
		util.Prioritized(parser.NewAutoLinkParser(), 300),
		util.Prioritized(mentionParser{}, 400),
		util.Prioritized(parser.NewEmphasisParser(), 500),
		util.Prioritized(extension.NewStrikethroughParser(), 500),
		util.Prioritized(spoilerParser{}, 500),
		util.Prioritized(extension.NewLinkifyParser(
			extension.WithLinkifyAllowedProtocols([]string{"http:", "https:"}),
			extension.WithLinkifyURLRegexp(bareAddress),
		), 999),
	),
	parser.WithParagraphTransformers(
		util.Prioritized(boundedTables{extension.NewTableParagraphTransformer()}, 200),
	),
	parser.WithASTTransformers(
		util.Prioritized(extension.NewTableASTTransformer(), 0),
	),
)

// shallow keeps a container block from opening deeper than maxDepth; what would
// have opened it is text there.
type shallow struct{ parser.BlockParser }

func (s shallow) Open(parent ast.Node, reader text.Reader, context parser.Context) (ast.Node, parser.State) {
	depth := 0
	for n := parent; n != nil; n = n.Parent() {
		if depth++; depth > maxDepth {
			return nil, parser.NoChildren
		}
	}
	return s.BlockParser.Open(parent, reader, context)
}

// boundedTables leaves a table as text once the message's cells are used up.
type boundedTables struct{ parser.ParagraphTransformer }

var cellsKey = parser.NewContextKey()

func (t boundedTables) Transform(paragraph *ast.Paragraph, reader text.Reader, context parser.Context) {
	columns, rows := 1, paragraph.Lines().Len()
	for i := range rows {
		line := paragraph.Lines().At(i)
		columns = max(columns, 1+bytes.Count(line.Value(reader.Source()), []byte("|")))
	}
	if columns > 1 { // a single column has no cell that nobody wrote
		used, _ := context.Get(cellsKey).(int)
		used += columns * rows
		context.Set(cellsKey, used)
		if used > maxCells {
			return
		}
	}
	t.ParagraphTransformer.Transform(paragraph, reader, context)
}
