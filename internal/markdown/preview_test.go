package markdown

import (
	"strings"
	"testing"

	"parley"
)

func TestThePreviewIsOfTheFirstAddressThatStandsAsItIs(t *testing.T) {
	for _, tc := range []struct{ name, content, want string }{
		{"alone", "https://wood.example/joints", "https://wood.example/joints"},
		{"in a sentence", "Look at https://wood.example/joints, please.", "https://wood.example/joints"},
		{"in brackets of its own", "<http://wood.example>", "http://wood.example"},
		{"in a list, after a mail address", "ada@wood.example\n\n- **https://wood.example**", "https://wood.example"},
		{"the first of two", "https://one.example https://two.example", "https://one.example"},
		{"after one that says where it leads", "[joints](https://one.example) https://two.example", "https://two.example"},
		{"without the place in the page", "https://wood.example/joints#dovetail", "https://wood.example/joints"},
		{"encoded", "https://wood.example/käse?q=a&b", "https://wood.example/k%C3%A4se?q=a&b"},
		{"none", "No joints here.", ""},
		{"only one that says where it leads", "[joints](https://wood.example)", ""},
		{"only one in a quote", "> https://wood.example", ""},
		{"only one in a spoiler", "||https://wood.example||", ""},
		{"only one in code", "`https://wood.example`\n\n```\nhttps://wood.example\n```", ""},
		{"only a picture", "![joints](https://wood.example/a.png)", ""},
		{"only a mail address", "mailto:ada@wood.example and <mailto:ada@wood.example> ://", ""},
		{"only another scheme", "<ftp://wood.example>", ""},
		{"only one that is too long", "https://wood.example/" + strings.Repeat("a", maxLink), ""},
		{"more than a message may be", strings.Repeat("https://wood.example ", parley.MaxContent/20), ""},
	} {
		if got := Parse(tc.content).Link(); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestAPreviewIsALinkWithWhatThePageSays(t *testing.T) {
	got := Preview("https://wood.example/?a=1&b=2", parley.Preview{Title: "Joints & <more>", Description: `How "they" hold.`, Site: "Wood"})
	want := "\n" + `<div class="link-preview"><p class="link-preview-site">Wood</p><p><a href="https://wood.example/?a=1&amp;b=2" rel="nofollow noopener noreferrer ugc">` +
		`Joints &amp; &lt;more&gt;</a></p><p>How &#34;they&#34; hold.</p></div>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := Preview("https://wood.example", parley.Preview{Description: "How they hold.", Site: "Wood"}); got != "" {
		t.Errorf("of a page without a title: %s", got)
	}
}

func FuzzPreview(f *testing.F) {
	f.Add("https://wood.example", "Joints", "How they hold.", "Wood")
	f.Add("https://wood.example/\">x", "</a><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\u202e&lt;")
	f.Add("javascript:alert(1)", "a\x00b", "\xff", "</div>")
	f.Fuzz(func(t *testing.T, content, title, description, site string) {
		link := Parse(content).Link()
		if link == "" {
			return
		}
		shown := Preview(link, parley.Preview{Title: strings.ToValidUTF8(title, ""), Description: strings.ToValidUTF8(description, ""), Site: strings.ToValidUTF8(site, "")})
		if err := checkShown(shown); err != nil {
			t.Errorf("%v in %q", err, shown)
		}
	})
}
