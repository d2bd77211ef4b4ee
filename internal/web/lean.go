package web

import (
	"bytes"
	"regexp"
)

var (
	// A block comment. Our sources have none within a string, template or regular
	// expression; the tests run what is left in a browser.
	blockComment = regexp.MustCompile(`/\*(?:[^*]|\*+[^*/])*\*+/ ?`)
	lineComment  = regexp.MustCompile(`(?m)^[ \t]*//.*$`)
	indentation  = regexp.MustCompile(`(?m)^[ \t]+`)
)

// lean drops what only readers of the source need, comments and indentation: a
// quarter of what goes over the wire. Lines stay where they are, so that a stack
// trace points into the source.
func lean(source []byte) []byte {
	source = blockComment.ReplaceAllFunc(source, func(comment []byte) []byte {
		return bytes.Repeat([]byte("\n"), bytes.Count(comment, []byte("\n")))
	})
	source = lineComment.ReplaceAll(source, nil)
	return indentation.ReplaceAll(source, nil)
}
