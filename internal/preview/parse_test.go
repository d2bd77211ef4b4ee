package preview_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/preview"
)

func TestWhatPagesSay(t *testing.T) {
	for _, tc := range []struct {
		name, charset, page string
		want                parley.Preview
	}{
		{
			"for the purpose", "", `<!doctype html><html><head><title>Joints | Wood | Home</title>
			<meta property="og:title" content="Joints &amp; more"><meta property="og:description" content="How they hold.">
			<meta property="og:site_name" content="Wood"><meta name="description" content="For machines"></head>`,
			parley.Preview{Title: "Joints & more", Description: "How they hold.", Site: "Wood"},
		},
		{"to everybody", "utf-8", "<TITLE>\n  Joints\t&lt;b&gt;\n</TITLE><META NAME=Description CONTENT='How  they\nhold.'>", parley.Preview{Title: "Joints <b>", Description: "How they hold."}},
		{"empty for the purpose", "", `<meta property="og:title" content=" "><title>Joints</title>`, parley.Preview{Title: "Joints"}},
		{"the same twice", "", `<title>Joints</title><title>Other</title><meta property="og:site_name" content="Wood"><meta property="og:site_name" content="Other">`, parley.Preview{Title: "Joints", Site: "Wood"}},
		{"without a title", "", `<meta property="og:description" content="How they hold."><meta property="og:site_name" content="Wood">`, parley.Preview{}},
		{"below its head", "", `<head></head><title>Joints</title>`, parley.Preview{}},
		{"in its body", "", `<body><svg><title>Joints</title></svg>`, parley.Preview{}},
		{"in a script or a comment", "", `<script>"<title>Joints</title>"</script><!-- <title>Joints</title> -->`, parley.Preview{}},
		{"and breaks off", "", `<title>Joints</title><meta property="og:desc`, parley.Preview{Title: "Joints"}},
		{"nothing", "", "", parley.Preview{}},
		{"backwards", "", "<title>Jo\u202eints\u0007\u2066\u0085 ok</title>", parley.Preview{Title: "Joints ok"}},
		{"at length", "", "<title>" + strings.Repeat("ä", 500) + "</title>", parley.Preview{Title: strings.Repeat("ä", 200)}},
		{"in old letters, by its header", "ISO-8859-1", "<title>K\xe4se</title>", parley.Preview{Title: "Käse"}},
		{"in old letters, by itself", "", "<meta charset=windows-1252><title>K\xe4se</title>", parley.Preview{Title: "Käse"}},
		{"in old letters, as it was said of old", "", `<meta http-equiv=Content-Type content="text/html; charset=latin1"><title>K` + "\xe4se</title>", parley.Preview{Title: "Käse"}},
		{"in broken letters", "", "<title>K\xe4se</title>", parley.Preview{Title: "K\uFFFDse"}},
		{"in UTF-8 whatever it was said to be", "shift_jis", "<title>Käse</title>", parley.Preview{Title: "Käse"}},
	} {
		got, err := preview.Parse(strings.NewReader(tc.page), tc.charset)
		if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", tc.name, err, diff)
		}
	}
	if p, err := preview.Parse(strings.NewReader("<title>\x83\x65</title>"), "shift_jis"); err == nil {
		t.Errorf("letters that are not known say %+v", p)
	}
}

// trap is a page that the parser stumbles over.
type trap struct{}

func (trap) Read([]byte) (int, error) { panic("index out of range") }

func TestAPageThatTheParserStumblesOverIsAnError(t *testing.T) {
	if p, err := preview.Parse(trap{}, ""); err == nil || p != (parley.Preview{}) {
		t.Errorf("read %+v and the error %v", p, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`<title>Joints</title><meta property="og:title" content="a&#0;b">`), "")
	f.Add([]byte("<meta charset=latin1><title>K\xe4se"), "")
	f.Add([]byte("<title>\x83</title><script><!--"), "shift_jis")
	f.Fuzz(func(t *testing.T, page []byte, charset string) {
		p, err := preview.Parse(strings.NewReader(string(page)), charset)
		if err != nil {
			return
		}
		if p.Title == "" && p != (parley.Preview{}) {
			t.Errorf("without a title: %+v", p)
		}
		for text, longest := range map[string]int{p.Title: 200, p.Description: 300, p.Site: 80} {
			if !utf8.ValidString(text) || utf8.RuneCountInString(text) > longest || strings.ContainsFunc(text, unicode.IsControl) {
				t.Errorf("says %q", text)
			}
		}
	})
}
