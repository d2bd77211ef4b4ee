package markdown

import (
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

// policy is the second lock on the door: it lets through exactly what the
// renderer writes, whatever a mistake in there may let out.
var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li",
		"strong", "em", "del", "code", "pre", "span", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,9}$`)).OnElements("ol")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|center|right)$`)).OnElements("th", "td")

	p.RequireParseableURLs(true)
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true) // those that the next line admits
	p.AllowAttrs("href").Matching(regexp.MustCompile(`^(https?:|mailto:|/forum#thread-[0-9]+(&message=[0-9]+)?$|/api/forum/uploads/[0-9]+$)`)).OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile(`^nofollow noopener noreferrer ugc$`)).OnElements("a")

	p.AllowAttrs("src").Matching(regexp.MustCompile(`^/api/forum/uploads/[0-9]+$`)).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(regexp.MustCompile(`^[0-9]{1,5}$`)).OnElements("img")
	p.AllowAttrs("loading").Matching(regexp.MustCompile(`^lazy$`)).OnElements("img")

	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(mention( mention-(everyone|creator|team))?|spoiler|[a-z]{1,2})$`)).OnElements("span")
	p.AllowAttrs("data-user-id").Matching(regexp.MustCompile(`^[0-9]+$`)).OnElements("span")
	p.AllowAttrs("data-mention-type").Matching(regexp.MustCompile(`^(everyone|creator|team)$`)).OnElements("span")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^chroma$`)).OnElements("pre")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^language-[a-z0-9+#._-]+$`)).OnElements("code")

	p.AllowAttrs("class").Matching(regexp.MustCompile(`^link-preview$`)).OnElements("div")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^link-preview-site$`)).OnElements("p")

	p.AllowAttrs("type").Matching(regexp.MustCompile(`^checkbox$`)).OnElements("input")
	p.AllowAttrs("checked", "disabled").Matching(regexp.MustCompile(`^$`)).OnElements("input")
	p.AllowAttrs("aria-label").Matching(regexp.MustCompile(`^(Done|To do)$`)).OnElements("input")
	return p
}
