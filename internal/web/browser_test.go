package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// The modules are tested where they run: testdata/*.test.mjs in Chromium, under
// the same security policy as the page.
func TestModulesInABrowser(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/", Handler())
	mux.Handle("/testdata/", withSecurityHeaders(http.StripPrefix("/testdata/", http.FileServer(http.Dir("testdata")))))
	server := httptest.NewServer(mux)
	defer server.Close()

	type result struct {
		Name    string `json:"name"`
		Problem string `json:"problem"` // empty: it behaves as its name says
	}
	// The address of a licence is a page of our origin with nothing on it.
	results := inChromium[[]result](t, server.URL+"/assets/vendor/LICENSE.htm.txt", `import("/testdata/all.mjs").then(tests => tests.results)`)
	if len(results) == 0 {
		t.Fatal("no test ran")
	}
	for _, r := range results {
		t.Run(r.Name, func(t *testing.T) {
			if r.Problem != "" {
				t.Error(r.Problem)
			}
		})
	}
}

// The page loads the lean form of each module: it must be the same program.
func TestLeanModulesLoadInABrowser(t *testing.T) {
	server := httptest.NewServer(Handler())
	defer server.Close()
	var loads []string
	for name := range site().lean {
		if name != "main.mjs" && name != "docs.mjs" { // they start at once; what they import is loaded here
			loads = append(loads, fmt.Sprintf("import(%q)", site().base+"/"+name))
		}
	}
	promise := "Promise.all([" + strings.Join(loads, ",") + "]).then(modules => modules.length)"
	if loaded := inChromium[int](t, server.URL+"/assets/vendor/LICENSE.htm.txt", promise); loaded != len(loads) {
		t.Errorf("%d of %d modules loaded", loaded, len(loads))
	}
}

// inChromium opens an address and gives what a promise in that page resolves to.
func inChromium[T any](t *testing.T, address, promise string) T {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	tab, closeTab := chromedp.NewContext(allocator)
	defer closeTab()
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	ctx, cancel := context.WithTimeout(tab, 2*time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	await := func(p *runtime.EvaluateParams) { yes := true; p.AwaitPromise = &yes }
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](promise, await))
	if err != nil {
		t.Fatalf("in the page: %v", err)
	}
	return value
}
