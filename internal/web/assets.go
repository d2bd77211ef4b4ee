package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed assets
var embedded embed.FS

// site returns the whole user interface, prepared once when it is first wanted: no
// other command of the program waits for it.
var site = sync.OnceValue(func() website { return mustPrepare(embedded) })

// A website is every file by its path below /assets, and the version of all of
// them together.
type website struct {
	files   map[string]file // as written, but for style sheets and pages
	lean    map[string]file // modules as the page loads them
	version string          // 12 hex digits of the sha256 over all files
	base    string          // "/assets/" + version: relative imports stay within it
}

// A file is what one address answers.
type file struct {
	name   string
	text   []byte
	zipped []byte // nil when compression does not pay
	tag    string // strong ETag
	mime   string
}

// contentTypes is the closed list of what is served; files with other endings
// (type declarations) stay in the source.
var contentTypes = map[string]string{
	".mjs":         "text/javascript; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".svg":         "image/svg+xml",
	".webmanifest": "application/manifest+json",
	".txt":         "text/plain; charset=utf-8",
}

// mustPrepare panics on a defect of the embedded files: the tests prepare the
// same ones, so a released binary has none.
func mustPrepare(root fs.FS) website {
	sources, err := readSources(root)
	if err != nil {
		panic(fmt.Errorf("web: %w", err))
	}
	s := website{files: make(map[string]file), lean: make(map[string]file), version: versionOf(sources)}
	s.base = "/assets/" + s.version
	z := newZipper()
	for name, text := range sources {
		switch path.Ext(name) {
		case ".css":
			text = inlineImports(text, path.Dir(name), sources)
		case ".html":
			text = s.fillIn(text, sources)
		case ".mjs":
			if !strings.HasPrefix(name, "vendor/") { // minified already
				s.lean[name] = newFile(name, lean(text), z)
			}
		}
		s.files[name] = newFile(name, text, z)
	}
	return s
}

func readSources(root fs.FS) (map[string][]byte, error) {
	sources := make(map[string][]byte)
	err := fs.WalkDir(root, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || contentTypes[path.Ext(name)] == "" {
			return err
		}
		text, err := fs.ReadFile(root, name)
		sources[strings.TrimPrefix(name, "assets/")] = text
		return err
	})
	return sources, err
}

func versionOf(sources map[string][]byte) string {
	sum := sha256.New()
	for _, name := range sortedNames(sources) {
		fmt.Fprintf(sum, "%s %d\n%s", name, len(sources[name]), sources[name])
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

func isVersion(segment string) bool {
	_, err := hex.DecodeString(segment)
	return err == nil && len(segment) == 12
}

func sortedNames(sources map[string][]byte) []string {
	names := make([]string, 0, len(sources))
	for name := range sources {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func newFile(name string, text []byte, z *zipper) file {
	sum := sha256.Sum256(text)
	f := file{name: name, text: text, mime: contentTypes[path.Ext(name)], tag: `"` + hex.EncodeToString(sum[:8]) + `"`}
	if zipped := z.compress(text); len(zipped) < len(text)-64 {
		f.zipped = zipped
	}
	return f
}

// zipper compresses one text after the other with the same memory, of which gzip
// wants more than a megabyte.
type zipper struct{ w *gzip.Writer }

func newZipper() *zipper {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestCompression) // the level is valid
	return &zipper{w}
}

func (z *zipper) compress(text []byte) []byte {
	var out bytes.Buffer
	z.w.Reset(&out)
	z.w.Write(text) // a buffer takes everything
	z.w.Close()
	return out.Bytes()
}

// serve answers one request, compressed if the client takes it: the work was
// done at start, so that a cold cache costs the server nothing but the copy.
func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.mime)
	h.Add("Vary", "Accept-Encoding")
	text, tag := f.text, f.tag
	if f.zipped != nil && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		text, tag = f.zipped, strings.TrimSuffix(f.tag, `"`)+`-gz"`
	}
	h.Set("ETag", tag)
	http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(text))
}

func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if name == "gzip" {
			return strings.TrimSpace(weight) != "q=0"
		}
	}
	return false
}
