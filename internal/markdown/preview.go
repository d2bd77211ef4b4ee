package markdown

import (
	"bytes"
	"fmt"
	"html"
	"net/url"
	"strings"

	"github.com/yuin/goldmark/ast"

	"parley"
)

// maxLink is how long the address of a page may be that is looked at, in bytes.
const maxLink = 1000

// Link returns the web address whose preview goes with the message, empty if there is
// none: the first that stands in its text as it is. A link with words of its own says
// already where it leads, and a quote, a spoiler or code are no place to look from.
func (d Document) Link() string {
	if !bytes.Contains(d.source, []byte("://")) || d.tooLong() {
		return ""
	}
	root := (&pass{collecting: true}).parse(d.source)
	link := ""
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // fails for no node
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Blockquote, *ast.Link, *ast.Image, *spoilerNode:
			return ast.WalkSkipChildren, nil
		case *ast.AutoLink:
			if link = pageAddress(n.URL(d.source)); link != "" {
				return ast.WalkStop, nil
			}
		}
		return ast.WalkContinue, nil
	})
	return link
}

// pageAddress returns the address of a page on the web, without the place in it;
// empty if it is none.
func pageAddress(destination []byte) string {
	address, err := url.Parse(webAddress(destination))
	if err != nil || address.Scheme != "http" && address.Scheme != "https" {
		return ""
	}
	address.Fragment, address.RawFragment = "", ""
	if link := address.String(); len(link) <= maxLink {
		return link
	}
	return ""
}

// Preview returns what is shown below a message of the page that it links to, as HTML;
// nothing if the page says nothing. All of it is text that the page wrote, and its
// address, which has to be one that Link returned.
func Preview(address string, p parley.Preview) (safeHTML string) {
	if p.Title == "" {
		return ""
	}
	var out strings.Builder
	out.WriteString(`<div class="link-preview">`)
	if p.Site != "" {
		fmt.Fprintf(&out, `<p class="link-preview-site">%s</p>`, html.EscapeString(p.Site))
	}
	fmt.Fprintf(&out, "<p>"+openLink+"%s</a></p>", html.EscapeString(address), html.EscapeString(p.Title))
	if p.Description != "" {
		fmt.Fprintf(&out, "<p>%s</p>", html.EscapeString(p.Description))
	}
	out.WriteString("</div>")
	return "\n" + policy.Sanitize(out.String())
}
