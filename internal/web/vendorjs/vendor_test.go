package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBareImportsBecomeRelative(t *testing.T) {
	source := `import{h as t}from"preact";import{useRef as r}from "preact/hooks";export{signal}from"@preact/signals-core";t();` +
		"\n//# sourceMappingURL=signals.mjs.map\n"
	got, err := rewriteImports(source, moduleNames())
	if err != nil {
		t.Fatal(err)
	}
	want := `import{h as t}from"./preact.mjs";import{useRef as r}from"./preact-hooks.mjs";export{signal}from"./signals-core.mjs";t();` + "\n"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAnImportNobodyDecidedOnIsRefused(t *testing.T) {
	for _, source := range []string{`import x from"left-pad";`, `const x=await import("preact")`} {
		if got, err := rewriteImports(source, moduleNames()); err == nil {
			t.Errorf("%s was accepted as %s", source, got)
		}
	}
}

func TestVendoredFilesAreTheLockedOnes(t *testing.T) {
	lock, err := readLock("lock.json")
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	for _, p := range packages {
		if lock[p.Name].Version != p.Version {
			t.Errorf("%s is locked at %q, packages.go says %s: run vendorjs", p.Name, lock[p.Name].Version, p.Version)
		}
		for name, sum := range lock[p.Name].Files {
			known[name] = true
			text, err := os.ReadFile(filepath.Join("..", "assets", "vendor", name))
			if err != nil {
				t.Error(err)
			} else if got := fmt.Sprintf("%x", sha256.Sum256(text)); got != sum {
				t.Errorf("%s was changed by hand: sha256 %s, locked %s", name, got, sum)
			}
		}
	}
	assertNothingElse(t, known)
}

func assertNothingElse(t *testing.T, known map[string]bool) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("..", "assets", "vendor"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !known[e.Name()] {
			t.Errorf("%s is not in lock.json", e.Name())
		}
	}
}

func TestEveryLicenceIsKept(t *testing.T) {
	for _, p := range packages {
		text, err := os.ReadFile(filepath.Join("..", "assets", "vendor", licenceName(p.Name)))
		if err != nil {
			t.Error(err)
		} else if !strings.Contains(strings.ToLower(string(text)), "license") {
			t.Errorf("%s is not a licence", licenceName(p.Name))
		}
	}
}
