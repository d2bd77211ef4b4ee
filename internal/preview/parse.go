package preview

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"parley"
)

// How much of what a page says is taken, in characters.
const (
	maxTitle       = 200
	maxDescription = 300
	maxSite        = 80
)

// head is what a page's head says.
type head struct {
	meta    map[string]string // by name; the first of each counts
	title   string
	charset string
}

// Parse reads what a page says that it is about: what it has for the purpose
// (OpenGraph), else its title and description. charset is how it was said to be written,
// empty if nothing was said; the page may say so too. A page that breaks off says what it
// did until then.
func Parse(page io.Reader, charset string) (p parley.Preview, err error) {
	defer func() {
		// A page may be anything, and is read in the background, where a panic would end the
		// process.
		if broken := recover(); broken != nil {
			p, err = parley.Preview{}, fmt.Errorf("parser: %v", broken)
		}
	}()
	h, err := readHead(page)
	if err != nil {
		return parley.Preview{}, err
	}
	if charset == "" {
		charset = h.charset
	}
	for _, part := range []struct {
		into *string
		max  int
		from []string
	}{
		{&p.Title, maxTitle, []string{h.meta["og:title"], h.title}},
		{&p.Description, maxDescription, []string{h.meta["og:description"], h.meta["description"]}},
		{&p.Site, maxSite, []string{h.meta["og:site_name"]}},
	} {
		for _, said := range part.from {
			said, err := decode(said, charset)
			if err != nil {
				return parley.Preview{}, err
			}
			if *part.into = parley.Excerpt(plain(said), part.max); *part.into != "" {
				break
			}
		}
	}
	if p.Title == "" {
		return parley.Preview{}, nil // a preview without one is no link
	}
	return p, nil
}

// readHead reads a page up to the end of its head.
func readHead(page io.Reader) (head, error) {
	h := head{meta: map[string]string{}}
	tokens := html.NewTokenizer(page)
	inTitle, titled := false, false
	for {
		kind := tokens.Next()
		switch kind {
		case html.ErrorToken:
			if err := tokens.Err(); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				return head{}, err
			}
			return h, nil
		case html.TextToken:
			if inTitle {
				h.title += string(tokens.Text())
			}
			continue
		case html.CommentToken, html.DoctypeToken:
			continue
		}
		name, _ := tokens.TagName()
		switch tag := atom.Lookup(name); {
		case tag == atom.Body && kind == html.StartTagToken, tag == atom.Head && kind == html.EndTagToken:
			return h, nil
		case tag == atom.Title:
			inTitle = kind == html.StartTagToken && !titled
			titled = true
		case tag == atom.Meta:
			h.note(tokens)
		}
	}
}

// note notes what a meta element says.
func (h *head) note(tokens *html.Tokenizer) {
	attributes := map[string]string{}
	for more := true; more; {
		var key, value []byte
		key, value, more = tokens.TagAttr()
		attributes[string(key)] = string(value)
	}
	if strings.EqualFold(attributes["http-equiv"], "content-type") {
		_, attributes["charset"], _ = strings.Cut(strings.ToLower(attributes["content"]), "charset=")
	}
	if said := strings.TrimSpace(attributes["charset"]); h.charset == "" {
		h.charset = said
	}
	for _, by := range []string{"property", "name"} {
		name := strings.ToLower(attributes[by])
		if name != "" && h.meta[name] == "" {
			h.meta[name] = attributes["content"]
		}
	}
}

// decode returns text of a page as UTF-8. Nearly all pages are; of the others those are
// read that are as simple, as the tables for all would make the program larger by
// megabytes.
func decode(text, charset string) (string, error) {
	if utf8.ValidString(text) {
		return text, nil
	}
	switch strings.ToLower(charset) {
	case "iso-8859-1", "latin1", "windows-1252", "us-ascii":
		runes := make([]rune, len(text))
		for i := range len(text) {
			runes[i] = rune(text[i])
		}
		return string(runes), nil
	case "", "utf-8", "utf8":
		return strings.ToValidUTF8(text, "\uFFFD"), nil
	}
	return "", fmt.Errorf("pages in %q are not read", parley.Excerpt(strings.ToValidUTF8(charset, "\uFFFD"), maxSite))
}

// plain is text on one line, without what nobody sees but which may turn around what they
// see.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}
