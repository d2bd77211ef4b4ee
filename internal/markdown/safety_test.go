package markdown

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"parley"
)

// attributes are all that may stand in rendered HTML: element → attribute → what
// its value must match. It is written anew here, not taken from policy.go, so
// that a mistake has to be made twice.
var attributes = map[string]map[string]string{
	"br": {}, "hr": {}, "h3": {}, "h4": {}, "h5": {}, "h6": {}, "blockquote": {},
	"ul": {}, "li": {}, "strong": {}, "em": {}, "del": {},
	"table": {}, "thead": {}, "tbody": {}, "tr": {},
	"p":    {"class": `^link-preview-site$`},
	"div":  {"class": `^link-preview$`},
	"ol":   {"start": `^\d+$`},
	"th":   {"align": `^(left|center|right)$`},
	"td":   {"align": `^(left|center|right)$`},
	"a":    {"href": `^(https?://[^"]+|mailto:[^"]+|/forum#thread-\d+(&message=\d+)?|/api/forum/uploads/\d+)$`, "rel": `^nofollow noopener noreferrer ugc$`},
	"img":  {"src": `^/api/forum/uploads/\d+$`, "alt": `.`, "width": `^\d{1,5}$`, "height": `^\d{1,5}$`, "loading": `^lazy$`},
	"pre":  {"class": `^chroma$`},
	"code": {"class": `^language-[a-z0-9+#._-]+$`},
	"span": {
		"class":             `^(mention|mention mention-(everyone|creator|team)|spoiler|[a-z]{1,2})$`,
		"data-user-id":      `^\d+$`,
		"data-mention-type": `^(everyone|creator|team)$`,
	},
	"input": {"type": `^checkbox$`, "checked": `^$`, "disabled": `^$`, "aria-label": `^(Done|To do)$`},
}

// checkSafe returns what is wrong with rendered HTML: that it does not parse,
// holds what no message may, or that a second cleaning would change it.
func checkSafe(rendered string) error {
	if !utf8.ValidString(rendered) {
		return fmt.Errorf("not UTF-8")
	}
	if again := policy.Sanitize(rendered); again != rendered {
		return fmt.Errorf("cleaned again it is %q", again)
	}
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(rendered), body)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if err := checkNode(n); err != nil {
			return err
		}
	}
	return nil
}

// checkShown returns what is wrong with a rendered message.
func checkShown(rendered string) error {
	return errors.Join(checkSafe(rendered), checkBalanced(rendered))
}

// checkBalanced returns which element is not closed where it should be: what is put
// into a page must not swallow what stands behind it.
func checkBalanced(rendered string) error {
	var open []string
	tokens := html.NewTokenizer(strings.NewReader(rendered))
	for tokens.Next() != html.ErrorToken {
		switch token := tokens.Token(); token.Type {
		case html.StartTagToken:
			if !slices.Contains([]string{"br", "hr", "img", "input"}, token.Data) {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				return fmt.Errorf("</%s> within %v", token.Data, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("%v not closed", open)
	}
	return nil
}

func checkNode(n *html.Node) error {
	if n.Type == html.ElementNode {
		allowed, ok := attributes[n.Data]
		if !ok {
			return fmt.Errorf("element %s", n.Data)
		}
		for _, a := range n.Attr {
			if pattern, ok := allowed[a.Key]; !ok || !matches(pattern, a.Val) {
				return fmt.Errorf("attribute %s %s=%q", n.Data, a.Key, a.Val)
			}
			if _, err := url.Parse(a.Val); a.Key == "href" && err != nil {
				return err
			}
		}
	} else if n.Type != html.TextNode {
		return fmt.Errorf("node of type %d: %q", n.Type, n.Data)
	}
	for child := range n.ChildNodes() {
		if err := checkNode(child); err != nil {
			return err
		}
	}
	return nil
}

var compiled sync.Map // pattern → *regexp.Regexp

func matches(pattern, value string) bool {
	re, ok := compiled.Load(pattern)
	if !ok {
		re, _ = compiled.LoadOrStore(pattern, regexp.MustCompile(pattern))
	}
	return re.(*regexp.Regexp).MatchString(value)
}

func attacks(t testing.TB) []string {
	corpus, err := os.ReadFile("testdata/attacks.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(corpus)), "\n----\n")
}

func TestKnownAttacksComeOutAsHarmlessText(t *testing.T) {
	for _, attack := range attacks(t) {
		if err := checkShown(show(attack)); err != nil {
			t.Errorf("%q became\n%s\n%v", attack, show(attack), err)
		}
	}
}

func TestTheSecondLockHoldsAlone(t *testing.T) {
	for _, attack := range attacks(t) {
		if cleaned := policy.Sanitize(attack); checkSafe(cleaned) != nil {
			t.Errorf("%q became\n%s\n%v", attack, cleaned, checkSafe(cleaned))
		}
	}
}

func TestAPersonsNameCannotCarryMarkup(t *testing.T) {
	hostile := people["mina"]
	hostile.Name = `<img src=x onerror=alert(1)>"`
	html, _ := Parse("@mina").Render(map[string]parley.Mention{"mina": hostile}, nil)
	if err := checkSafe(html); err != nil || strings.Contains(html, "<img") {
		t.Error(html, err)
	}
}

func TestWhatIsTooLongIsShownPlain(t *testing.T) {
	content := "**@Mina** <b>\n" + strings.Repeat("é", 10_000)
	doc := Parse(content)
	html, mentions := doc.Render(people, uploads)
	if !strings.HasPrefix(html, "<p>**@Mina** &lt;b&gt;<br>\né") || len(mentions)+len(doc.Names()) > 0 {
		t.Errorf("%.60s… %v", html, mentions)
	}
}

// textOf returns the text of rendered HTML.
func textOf(rendered string) string {
	var words strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(rendered))
	for tokens.Next() != html.ErrorToken {
		if token := tokens.Token(); token.Type == html.TextToken {
			words.WriteString(token.Data)
		}
	}
	return words.String()
}

// FuzzRender checks of any message that it is safe to show, closes what it opens,
// is not much longer than it was written, shows whom it says that it mentions, and
// comes out the same again.
func FuzzRender(f *testing.F) {
	for _, attack := range attacks(f) {
		f.Add(attack)
	}
	for _, c := range costly {
		f.Add(strings.Repeat(c.unit, 20))
	}
	for _, feature := range goldenSources(f) {
		f.Add(feature)
	}
	f.Fuzz(func(t *testing.T, content string) {
		html, mentions := Parse(content).Render(people, uploads)
		if err := checkShown(html); err != nil {
			t.Errorf("%q became\n%s\n%v", content, html, err)
		}
		if most := perCharacter*len(content) + emptyCells; len(html) > most {
			t.Errorf("%q, %d bytes, became %d", content, len(content), len(html))
		}
		for _, m := range mentions {
			if want := mentionOf(m); !strings.Contains(html, want) {
				t.Errorf("%q mentions %v but shows no %s:\n%s", content, m, want, html)
			}
		}
		plain, _ := Parse(content).render(people, uploads, 0)
		if again, _ := Parse(content).render(people, uploads, 0); again != plain {
			t.Errorf("%q came out in two ways:\n%s\n%s", content, plain, again)
		}
	})
}

// mentionOf returns how a mention begins in HTML.
func mentionOf(m parley.Mention) string {
	if m.Special != "" {
		return fmt.Sprintf(`data-mention-type="%s">@%s<`, m.Special, m.Special)
	}
	return fmt.Sprintf(`data-user-id="%d">@%s<`, m.UserID, m.Name)
}

// What people write without meaning markup reaches the reader letter by letter.
func FuzzPlainWordsArriveUnchanged(f *testing.F) {
	f.Add("Hello you there")
	f.Add("grüße ok 42")
	f.Fuzz(func(t *testing.T, content string) {
		words := strings.Join(plainWord.FindAllString(content, -1), " ")
		if got := textOf(show(words)); got != words {
			t.Errorf("%q arrived as %q", words, got)
		}
	})
}

var plainWord = regexp.MustCompile(`\pL[\pL\pN]*`)
