package markdown

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley"
)

const mina = `<span class="mention" data-user-id="7">@Mina</span>`

func TestAMentionBecomesASpanThatNamesThePerson(t *testing.T) {
	for _, c := range []struct{ content, want string }{
		{"@Mina", mina},
		{"@mina hello", mina + " hello"},
		{"Thanks @Mina.", "Thanks " + mina + "."},
		{"(@Mina)", "(" + mina + ")"},
		{"@Mina's idea", mina + "&#39;s idea"},
		{"@Mina,@Tomas!", mina + `,<span class="mention" data-user-id="2">@Tomas</span>!`},
		{"\"@Mina\"", "&#34;" + mina + "&#34;"},
		{"**@Mina**", "<strong>" + mina + "</strong>"},
		{"_@Mina_", "<em>" + mina + "</em>"},
		{"__@Mina__", "<strong>" + mina + "</strong>"},
		{"~~@Mina~~", "<del>" + mina + "</del>"},
		{"@Finn_", `<span class="mention" data-user-id="9">@Finn_</span>`},
		{"_@Finn__", `<em><span class="mention" data-user-id="9">@Finn_</span></em>`},
		{"@ZOË", `<span class="mention" data-user-id="12">@Zoë</span>`},
		{"@Zoe\u0308", `<span class="mention" data-user-id="12">@Zoë</span>`},
		{"line\n@Mina", "line<br>\n" + mina},
		{"@everyone look", `<span class="mention mention-everyone" data-mention-type="everyone">@everyone</span> look`},
		{"@Creator", `<span class="mention mention-creator" data-mention-type="creator">@creator</span>`},
		{"@TEAM", `<span class="mention mention-team" data-mention-type="team">@team</span>`},
	} {
		if got := show(c.content); got != "<p>"+c.want+"</p>" {
			t.Errorf("%q became\n%s, want\n<p>%s</p>", c.content, got, c.want)
		}
	}
}

func TestWhatIsNoMentionStaysAsItWasWritten(t *testing.T) {
	for _, content := range []string{
		"@nobody", "@M", "@", "@ Mina", "@@Mina", "@Minaé", "@Mina\u0301", "@Mina2",
		"mail mina@mina.example", "a_@Mina", "é@Mina", "@Mina@example.com",
		"example.com/@Mina", "https://localhost/?by=(x,@Mina", "ftp://example.com,@Mina",
		"https://example.com/@Mina", "www.example.com/@Mina", "<https://example.com/@Mina>",
		"[profile](https://example.com/@Mina)", "[@Mina](https://example.com)", "![@Mina](https://example.com/a.png)",
		"`@Mina`", "``a `@Mina` b``", "```\n@Mina\n```", "    @Mina", `\@Mina`, "&#64;Mina",
		"[@everyone](https://example.com)", "`@everyone`", "all@everyone", "https://a.example/@team",
		"@here", "@all", "@" + strings.Repeat("a", 51),
	} {
		html, mentions := Parse(content).Render(people, uploads)
		if strings.Contains(html, "<span") || len(mentions) > 0 {
			t.Errorf("%q mentions %v: %s", content, mentions, html)
		}
	}
}

func TestNamesAreLookedUpOnceEachInOrder(t *testing.T) {
	doc := Parse("@Tomas @mina @MINA _@Finn_ @everyone `@code` @Team @tomas")
	if diff := cmp.Diff([]string{"Tomas", "mina", "Finn_", "Finn"}, doc.Names()); diff != "" {
		t.Error(diff)
	}
}

func TestMentionsAreThePeopleShownInOrderOnceEach(t *testing.T) {
	_, mentions := Parse("@Tomas @mina [@Ada](https://example.com) @team @MINA @nobody @team").Render(people, uploads)
	want := []parley.Mention{{Name: "Tomas", UserID: 2}, {Name: "Mina", UserID: 7}, {Name: "team", Special: "team"}}
	if diff := cmp.Diff(want, mentions); diff != "" {
		t.Error(diff)
	}
}

func TestAPersonIsShownUnderTheNameTheyGoBy(t *testing.T) {
	masked := map[string]parley.Mention{"mina": {Name: "Moonlight", UserID: 7}}
	html, _ := Parse("@mina").Render(masked, nil)
	if want := `<p><span class="mention" data-user-id="7">@Moonlight</span></p>`; html != want {
		t.Errorf("got %s, want %s", html, want)
	}
}

func TestTheNamesOfAMessageAreBounded(t *testing.T) {
	var content strings.Builder
	for i := range 1_000 {
		fmt.Fprintf(&content, "@u%d ", i)
	}
	names := Parse(content.String()).Names()
	if len(names) != maxNames || names[0] != "u0" || names[maxNames-1] != "u99" {
		t.Errorf("%d names: %v", len(names), names)
	}
}

func TestImagesOfThisForumAreAskedForOnce(t *testing.T) {
	var content strings.Builder
	for id := 1; id <= parley.MaxUploads+5; id++ {
		fmt.Fprintf(&content, "![a](%s) ![b](%[1]s) `![c](/api/forum/uploads/99)` [![d](/api/forum/uploads/98)](https://example.com)\n", parley.UploadURL(int64(id)))
	}
	got := Parse(content.String()).Uploads()
	if len(got) != parley.MaxUploads || got[0] != 1 || got[parley.MaxUploads-1] != parley.MaxUploads {
		t.Errorf("asks for %v", got)
	}
	if none := Parse("see /api/forum/uploads/7, https://example.com/api/forum/uploads/7").Uploads(); none != nil {
		t.Errorf("asks for %v", none)
	}
}
