package main

import (
	"strings"
	"testing"
)

func TestASummary(t *testing.T) {
	for _, c := range []struct {
		name, events string
		good         bool
		want         []string // in this order
		never        string
	}{
		{
			name: "counts tests and subtests that passed, failed or were skipped",
			events: `{"Action":"start","Package":"forum"}
				{"Action":"run","Package":"forum","Test":"TestA"}
				{"Action":"output","Package":"forum","Test":"TestA","Output":"chatter\n"}
				{"Action":"run","Package":"forum","Test":"TestA/sub"}
				{"Action":"pass","Package":"forum","Test":"TestA/sub","Elapsed":0.1}
				{"Action":"pass","Package":"forum","Test":"TestA","Elapsed":0.1}
				{"Action":"skip","Package":"forum","Test":"TestB"}
				{"Action":"pass","Package":"forum","Elapsed":1.234}`,
			good:  true,
			want:  []string{"ok    forum  3 tests, 1.23s\n", "2 passed, 0 failed, 1 skipped\n"},
			never: "chatter",
		},
		{
			name: "shows the whole output of a test that failed, and its package's line",
			events: `{"Action":"output","Package":"forum","Test":"TestA","Output":"a_test.go:1: one\n"}
				{"Action":"output","Package":"forum","Test":"TestA","Output":"a_test.go:2: two\n"}
				{"Action":"fail","Package":"forum","Test":"TestA","Elapsed":2}
				{"Action":"fail","Package":"forum","Elapsed":3}`,
			want: []string{"--- FAIL: forum TestA (2s)\n    a_test.go:1: one\n    a_test.go:2: two\n", "FAIL  forum  1 tests, 3s", "0 passed, 1 failed, 0 skipped\n"},
		},
		{
			name: "counts a package that does not build",
			events: `{"ImportPath":"forum [forum.test]","Action":"build-output","Output":"f.go:2: undefined: x\n"}
				{"ImportPath":"forum [forum.test]","Action":"build-fail"}
				{"Action":"fail","Package":"forum","Elapsed":0,"FailedBuild":"forum [forum.test]"}`,
			want: []string{"--- FAIL: forum\n    f.go:2: undefined: x\n", "0 passed, 1 failed, 0 skipped\n"},
		},
		{
			name: "counts a package that runs out of time, and shows the test that hung",
			events: `{"Action":"pass","Package":"forum","Test":"TestA"}
				{"Action":"output","Package":"forum","Test":"TestB","Output":"panic: test timed out\n"}
				{"Action":"fail","Package":"forum","Elapsed":600}`,
			want: []string{"--- FAIL: forum\n    panic: test timed out\n", "FAIL  forum  1 tests, 10m0s\n", "1 passed, 1 failed, 0 skipped\n"},
		},
		{
			name:   "counts a package whose end was never told",
			events: `{"Action":"pass","Package":"forum","Test":"TestA"}`,
			want:   []string{"--- FAIL: forum\n", "1 passed, 1 failed, 0 skipped\n"},
		},
		{
			name:   "is not good when nothing ran",
			events: `{"Action":"skip","Package":"forum","Elapsed":0}`,
			want:   []string{"0 passed, 0 failed, 0 skipped\n"},
		},
		{
			name:   "passes on what is no event",
			events: "go: downloading something\n" + `{"Action":"pass","Package":"forum","Test":"TestA"}` + "\n" + `{"Action":"pass","Package":"forum"}`,
			good:   true,
			want:   []string{"go: downloading something\n", "1 passed, 0 failed, 0 skipped\n"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			sum := newSummary(&out)
			if err := sum.read(strings.NewReader(c.events)); err != nil {
				t.Fatal(err)
			}
			sum.close()
			if sum.good() != c.good {
				t.Errorf("good: %v", sum.good())
			}
			rest := out.String()
			for _, want := range c.want {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("lacks %q, in order:\n%s", want, out.String())
				}
				rest = after
			}
			if rest != "" {
				t.Errorf("the closing line is not the last: %q", rest)
			}
			if c.never != "" && strings.Contains(out.String(), c.never) {
				t.Errorf("shows %q:\n%s", c.never, out.String())
			}
		})
	}
}

func TestACommandThatFailsSilentlyIsCounted(t *testing.T) {
	for _, command := range []string{"false", "no-such-program-anywhere"} {
		var out strings.Builder
		sum := newSummary(&out)
		run(sum, []string{command})
		if sum.failed != 1 || !strings.Contains(out.String(), "--- FAIL: "+command) {
			t.Errorf("%d failed: %s", sum.failed, out.String())
		}
	}
}
