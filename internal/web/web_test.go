package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// get asks the handler as a browser does, with further headers in pairs.
func get(t *testing.T, address string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest("GET", address, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestOldAddressesLeadToTheForum(t *testing.T) {
	for _, address := range []string{"/", "/forum/", "/api/forum", "/api/forum/"} {
		r := get(t, address)
		if r.StatusCode != http.StatusFound || r.Header.Get("Location") != "/forum" {
			t.Errorf("%s: %d to %q", address, r.StatusCode, r.Header.Get("Location"))
		}
	}
}

func TestEverythingIsServedAsWhatItIs(t *testing.T) {
	for address, want := range map[string]string{
		"/forum":                            "text/html; charset=utf-8",
		"/docs":                             "text/html; charset=utf-8",
		site().base + "/main.mjs":           "text/javascript; charset=utf-8",
		site().base + "/vendor/preact.mjs":  "text/javascript; charset=utf-8",
		site().base + "/theme.js":           "text/javascript; charset=utf-8",
		site().base + "/css/forum.css":      "text/css; charset=utf-8",
		site().base + "/icon.svg":           "image/svg+xml",
		site().base + "/forum.webmanifest":  "application/manifest+json",
		"/assets/vendor/LICENSE.preact.txt": "text/plain; charset=utf-8",
	} {
		r := get(t, address)
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != want {
			t.Errorf("%s: %d %q, want %q", address, r.StatusCode, r.Header.Get("Content-Type"), want)
		}
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	for _, address := range []string{"/forum", "/docs", "/", "/assets/nothing.mjs", site().base + "/main.mjs"} {
		h := get(t, address).Header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: headers %v", address, h)
		}
		policy := h.Get("Content-Security-Policy")
		for _, directive := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, directive) {
				t.Errorf("%s: the policy lacks %s: %s", address, directive, policy)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy allows something unsafe: %s", address, policy)
		}
	}
}

// The policy forbids inline script and style: a page that has some would not work.
func TestPagesHaveNothingInline(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son\w+=|<script(?:[^>]*)>[^<]|javascript:`)
	for _, page := range []string{"/forum", "/docs"} {
		if found := inline.FindString(body(t, get(t, page))); found != "" {
			t.Errorf("%s has %q", page, found)
		}
	}
}

func TestPagesNameNoOtherHost(t *testing.T) {
	elsewhere := regexp.MustCompile(`(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}[^\s"']*`)
	for name, f := range site().files {
		ours := !strings.HasPrefix(name, "vendor/") && path.Ext(name) != ".txt"
		text := strings.ReplaceAll(string(f.text), "http://www.w3.org/2000/svg", "")
		text = strings.ReplaceAll(text, "https://forum.example", "")
		if found := elsewhere.FindString(text); ours && found != "" {
			t.Errorf("%s names %s", name, found)
		}
	}
}

func TestEveryModuleThatIsImportedExists(t *testing.T) {
	for name, f := range site().files {
		if path.Ext(name) != ".mjs" {
			continue
		}
		for _, imported := range importsOf(name, f.text) {
			if _, ok := site().files[imported]; !ok {
				t.Errorf("%s imports %s, which is not there", name, imported)
			}
		}
	}
}

var onDemand = regexp.MustCompile(`\bimport\("(\.[^"]+)"\)`)

func TestEveryModuleIsUsed(t *testing.T) {
	used := slices.Concat(modulesOf("main.mjs"), modulesOf("docs.mjs"))
	for _, name := range used { // which grows no further: what is loaded on demand loads nothing on demand
		for _, match := range onDemand.FindAllSubmatch(site().files[name].text, -1) {
			used = append(used, modulesOf(path.Join(path.Dir(name), string(match[1])))...)
		}
	}
	for name := range site().files {
		if path.Ext(name) == ".mjs" && !slices.Contains(used, name) {
			t.Errorf("nothing imports %s", name)
		}
	}
}

func TestEveryAddressInAPageAnswers(t *testing.T) {
	reference := regexp.MustCompile(`(?:href|src)="(/[^"]+)"`)
	for _, page := range []string{"/forum", "/docs"} {
		matches := reference.FindAllStringSubmatch(body(t, get(t, page)), -1)
		if len(matches) < 10 {
			t.Errorf("%s preloads only %d files", page, len(matches))
		}
		for _, match := range matches {
			if !strings.HasPrefix(match[1], "/assets/") {
				continue // served by the API
			}
			if r := get(t, match[1]); r.StatusCode != http.StatusOK {
				t.Errorf("%s refers to %s: %d", page, match[1], r.StatusCode)
			}
		}
	}
}

func TestStyleSheetsArriveInOnePiece(t *testing.T) {
	for _, sheet := range []string{"css/forum.css", "css/docs-page.css"} {
		if text := string(site().files[sheet].text); strings.Contains(text, "@import") || !strings.Contains(text, "@layer base {") {
			t.Errorf("%s still imports, or has no layers", sheet)
		}
	}
}

// Two copies would each have their own hooks and signals, and components of one
// could not use the other's.
func TestThereIsExactlyOneCopyOfPreact(t *testing.T) {
	definition := regexp.MustCompile(`createElement as|as createElement`)
	var copies []string
	for name, f := range site().files {
		if strings.HasPrefix(name, "vendor/") && regexp.MustCompile(`export\{[^}]*as createElement`).Match(f.text) {
			copies = append(copies, name)
		}
		if strings.Contains(string(f.text), `from"preact"`) {
			t.Errorf("%s imports preact by its bare name", name)
		}
	}
	if !slices.Equal(copies, []string{"vendor/preact.mjs"}) || !definition.Match(site().files["vendor/preact.mjs"].text) {
		t.Errorf("copies of Preact: %v", copies)
	}
}

func TestLeanModulesKeepTheirLinesAndTheirWords(t *testing.T) {
	source := "/**\n * Why.\n */\nexport const x = /** @type {number} */ (1) // kept\n\n  // gone\n  call(`a // b`)\n"
	want := "\n\n\nexport const x = (1) // kept\n\n\ncall(`a // b`)\n"
	if got := string(lean([]byte(source))); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestTheScriptsOfTheForumFitTheirBudget(t *testing.T) {
	const budget = 60 << 10
	total := len(body(t, get(t, site().base+"/theme.js", "Accept-Encoding", "gzip")))
	for _, name := range modulesOf("main.mjs") {
		r := get(t, site().base+"/"+name, "Accept-Encoding", "gzip")
		total += len(body(t, r))
	}
	t.Logf("%d modules, %d bytes of script compressed", len(modulesOf("main.mjs")), total)
	if total > budget {
		t.Errorf("%d bytes of script compressed, the budget is %d", total, budget)
	}
}

func TestVersionedAssetsAreKeptAndOthersRevalidated(t *testing.T) {
	for address, want := range map[string]string{
		site().base + "/main.mjs":       "public, max-age=31536000, immutable",
		"/assets/connection.mjs":        "no-cache",
		"/assets/0123456789ab/main.mjs": "no-cache", // a page that a deploy overtook
		"/forum":                        "no-cache",
	} {
		if got := get(t, address).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control %q, want %q", address, got, want)
		}
	}
}

func TestAnUnchangedFileIsNotSentAgain(t *testing.T) {
	tag := get(t, "/forum").Header.Get("ETag")
	if r := get(t, "/forum", "If-None-Match", tag); tag == "" || r.StatusCode != http.StatusNotModified {
		t.Errorf("asked again with ETag %s: %d", tag, r.StatusCode)
	}
}

func TestTextIsCompressedForThoseWhoAskForIt(t *testing.T) {
	plain := body(t, get(t, "/forum"))
	r := get(t, "/forum", "Accept-Encoding", "br, gzip")
	unzipped, err := gzip.NewReader(bytes.NewReader([]byte(body(t, r))))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unzipped)
	if err != nil || string(text) != plain || r.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("compressed text differs (%v), encoding %q", err, r.Header.Get("Content-Encoding"))
	}
	if get(t, "/forum", "Accept-Encoding", "gzip;q=0").Header.Get("Content-Encoding") != "" {
		t.Error("a client that refuses gzip got it")
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	for _, address := range []string{"/assets/", "/assets/types.d.ts", "/assets/..%2fweb.go", "/assets/" + site().version, "/assets/vendor"} {
		if r := get(t, address); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", address, r.StatusCode)
		}
	}
}

// modulesOf lists a module and all it imports.
func modulesOf(root string) []string {
	sources := make(map[string][]byte)
	for name, f := range site().files {
		sources[name] = f.text
	}
	return moduleTree(root, sources)
}
