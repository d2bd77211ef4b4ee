package markdown

import (
	"bufio"
	"bytes"
	"fmt"
	stdhtml "html"
	"slices"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"

	"parley"
)

// uploadAttribute is where an image finds the parley.Upload that it shows. Images of
// other hosts have none.
const uploadAttribute = "upload"

// show notes which upload an image shows, and in the first pass that it asks for it.
func (p *pass) show(n *ast.Image) {
	id, ok := parley.UploadAt(string(n.Destination))
	if !ok {
		return
	}
	if p.collecting && len(p.shown) < parley.MaxUploads && !slices.Contains(p.shown, id) {
		p.shown = append(p.shown, id)
	}
	if upload, known := p.uploads[id]; known {
		n.SetAttributeString(uploadAttribute, upload)
	}
}

// renderImage shows an upload, with its size so that the text keeps its place when
// it arrives, and any other image as a link with its description. Inside of another
// link it can only be the description.
func renderImage(w util.BufWriter, source []byte, n *ast.Image) {
	address := webAddress(n.Destination)
	if address == "" || insideLink(n) {
		writeText(w, source, n)
		return
	}
	fmt.Fprintf(w, openLink, stdhtml.EscapeString(address))
	if upload, shown := n.AttributeString(uploadAttribute); shown {
		u := upload.(parley.Upload)
		fmt.Fprintf(w, `<img src="%s" alt="%s" width="%d" height="%d" loading="lazy">`, u.URL, description(source, n), u.Width, u.Height)
	} else if n.HasChildren() {
		writeText(w, source, n)
	} else {
		_, _ = w.WriteString(stdhtml.EscapeString(address))
	}
	_, _ = w.WriteString("</a>")
}

// description returns an image's description for an attribute. A link must have a
// name, and that of an image in it is its description.
func description(source []byte, n *ast.Image) string {
	var text bytes.Buffer
	w := bufio.NewWriter(&text)
	writeText(w, source, n)
	_ = w.Flush()
	if text.Len() == 0 {
		return "Image"
	}
	return stdhtml.EscapeString(stdhtml.UnescapeString(text.String()))
}

func insideLink(n ast.Node) bool {
	for n = n.Parent(); n != nil; n = n.Parent() {
		if n.Kind() == ast.KindLink {
			return true
		}
	}
	return false
}

// writeText writes the text below a node without its markup.
func writeText(w util.BufWriter, source []byte, n ast.Node) {
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		switch child := child.(type) {
		case *ast.Text:
			html.DefaultWriter.Write(w, child.Value(source))
			if child.SoftLineBreak() || child.HardLineBreak() {
				_ = w.WriteByte(' ')
			}
		case *ast.AutoLink:
			_, _ = w.Write(util.EscapeHTML(child.Label(source)))
		case *mentionNode:
			renderMention(w, source, child)
		default:
			writeText(w, source, child)
		}
	}
}
