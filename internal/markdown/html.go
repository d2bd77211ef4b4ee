package markdown

import (
	"bytes"
	"fmt"
	stdhtml "html"
	"net/url"
	"regexp"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	goldmark "github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"

	"parley"
)

// renderer turns a tree into HTML. The table extension aligns with an attribute,
// as the page's content security policy forbids inline styles.
var renderer = goldmark.NewRenderer(goldmark.WithNodeRenderers(
	util.Prioritized(ownNodes{}, 100),
	util.Prioritized(extension.NewTableHTMLRenderer(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), 500),
	util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500),
	util.Prioritized(html.NewRenderer(html.WithHardWraps()), 1000),
))

// ownNodes renders what looks different here than in goldmark.
type ownNodes struct{}

func (ownNodes) RegisterFuncs(register goldmark.NodeRendererFuncRegisterer) {
	register.Register(kindMention, onEntering(renderMention))
	register.Register(kindSpoiler, renderSpoiler)
	register.Register(ast.KindHeading, renderHeading)
	register.Register(ast.KindLink, renderLink)
	register.Register(ast.KindAutoLink, onEntering(renderAutoLink))
	register.Register(ast.KindImage, onEntering(renderImage))
	register.Register(ast.KindFencedCodeBlock, onEntering(renderCode))
	register.Register(extast.KindTaskCheckBox, onEntering(renderCheckBox))
}

// onEntering renders a node at once, its children included if it has any.
func onEntering[N ast.Node](render func(w util.BufWriter, source []byte, n N)) goldmark.NodeRendererFunc {
	return func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			render(w, source, n.(N))
		}
		return ast.WalkSkipChildren, nil
	}
}

func renderMention(w util.BufWriter, _ []byte, n *mentionNode) {
	switch {
	case n.plain:
		fmt.Fprintf(w, `@%s`, n.written)
	case n.Special != "":
		fmt.Fprintf(w, `<span class="mention mention-%[1]s" data-mention-type="%[1]s">@%[1]s</span>`, n.Special)
	default:
		_, _ = w.WriteString(n.Link())
	}
}

// A page has its title in h1 and a thread its own in h2.
const outerHeadings = 2

func renderHeading(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	level := min(6, outerHeadings+n.(*ast.Heading).Level)
	if entering {
		fmt.Fprintf(w, "<h%d>", level)
	} else {
		fmt.Fprintf(w, "</h%d>\n", level)
	}
	return ast.WalkContinue, nil
}

// A link out of a message gives its destination neither rank in searches, nor a
// handle on this page, nor its address.
const openLink = `<a href="%s" rel="nofollow noopener noreferrer ugc">`

// renderLink shows a link that leads nowhere it may as its text.
func renderLink(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	address := webAddress(n.(*ast.Link).Destination)
	switch {
	case address == "":
	case entering:
		fmt.Fprintf(w, openLink, stdhtml.EscapeString(address))
	default:
		_, _ = w.WriteString("</a>")
	}
	return ast.WalkContinue, nil
}

func renderAutoLink(w util.BufWriter, source []byte, n *ast.AutoLink) {
	destination := n.URL(source)
	if n.AutoLinkType == ast.AutoLinkEmail && !bytes.HasPrefix(destination, []byte("mailto:")) {
		destination = append([]byte("mailto:"), destination...)
	}
	label := stdhtml.EscapeString(string(n.Label(source)))
	if address := webAddress(destination); address != "" {
		fmt.Fprintf(w, openLink+"%s</a>", stdhtml.EscapeString(address), label)
	} else {
		// Only "<scheme:…>" can be anything else than a web address.
		fmt.Fprintf(w, "&lt;%s&gt;", label)
	}
}

// renderCheckBox gives the box of a task its name, which it has no label for.
func renderCheckBox(w util.BufWriter, _ []byte, n *extast.TaskCheckBox) {
	if n.IsChecked {
		_, _ = w.WriteString(`<input type="checkbox" checked disabled aria-label="Done"> `)
	} else {
		_, _ = w.WriteString(`<input type="checkbox" disabled aria-label="To do"> `)
	}
}

// forumPlace is how this forum writes the address of a thread or a message in it:
// quotes link to what they quote by it.
var forumPlace = regexp.MustCompile(`^/forum#thread-[0-9]{1,19}(&message=[0-9]{1,19})?$`)

// webAddress returns where a link may lead, percent-encoded: an http, https or
// mailto address, a place or an upload in this forum, or nothing. Other relative
// ones are refused: "//host" is one of them.
func webAddress(destination []byte) string {
	if _, ok := parley.UploadAt(string(destination)); ok || forumPlace.Match(destination) {
		return string(destination)
	}
	address, err := url.Parse(string(util.URLEscape(destination, true)))
	if err != nil {
		return ""
	}
	switch address.Scheme {
	case "http", "https":
		if address.Host == "" {
			return ""
		}
	case "mailto":
		if address.Opaque == "" {
			return ""
		}
	default:
		return ""
	}
	return address.String()
}
