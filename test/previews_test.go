package test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestTheProgramAsksForPagesOnlyIfToldToAndNoneOfItsOwnNetwork runs the program as
// operators do, where a page of this machine may not be asked whatever they set.
func TestTheProgramAsksForPagesOnlyIfToldToAndNoneOfItsOwnNetwork(t *testing.T) {
	var asked atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(inside.Close)
	db := filepath.Join(t.TempDir(), "parley.db")
	addUser(t, db, "Ada", "creator")
	const refused = "no public place"
	start := func(args ...string) *program {
		p := serve(t, db, append(args, "--log-level", "debug")...)
		signIn(t, p, "Ada").must("POST", "/api/forum/threads", map[string]any{"title": "Joints", "content": "Look at " + inside.URL}, nil)
		return p
	}
	off := start()
	if code := off.stop(); code != 0 || strings.Contains(off.log.tail(1<<20), refused) {
		t.Errorf("ended with %d, and looked at a link without being told to", code)
	}
	on := start("--link-previews")
	eventually(t, "the link is looked at and refused", func() bool { return strings.Contains(on.log.tail(1<<20), refused) })
	if code := on.stop(); code != 0 || asked.Load() != 0 {
		t.Errorf("ended with %d, asked %d times", code, asked.Load())
	}
}
