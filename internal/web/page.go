package web

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// fillIn completes a document: {{base}} becomes the versioned address of the
// assets and {{modules NAME}} a preload link for each module that NAME imports,
// directly or not. The browser then fetches all of them at once instead of
// finding them level by level.
func (s website) fillIn(document []byte, sources map[string][]byte) []byte {
	document = modulesMark.ReplaceAllFunc(document, func(mark []byte) []byte {
		var links strings.Builder
		for _, name := range moduleTree(string(modulesMark.FindSubmatch(mark)[1]), sources) {
			fmt.Fprintf(&links, "<link rel=\"modulepreload\" href=\"%s/%s\">\n", s.base, name)
		}
		return []byte(strings.TrimSuffix(links.String(), "\n"))
	})
	return []byte(strings.ReplaceAll(string(document), "{{base}}", s.base))
}

var (
	modulesMark = regexp.MustCompile(`\{\{modules ([^}]+)\}\}`)
	importLine  = regexp.MustCompile(`\b(?:from|import)\s*"(\.[^"]+\.mjs)"`)
	cssImport   = regexp.MustCompile(`(?m)^@import url\("([^"]+)"\)(?: layer\(([\w-]+)\))?;$`)
)

// moduleTree lists a module and all it imports when it is loaded, in order of
// discovery; what is loaded on demand is not among them.
func moduleTree(root string, sources map[string][]byte) []string {
	names, seen := []string{root}, map[string]bool{root: true}
	for i := 0; i < len(names); i++ {
		for _, name := range importsOf(names[i], sources[names[i]]) {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// importsOf lists the modules a module imports, as paths below assets.
func importsOf(name string, source []byte) []string {
	var names []string
	for _, match := range importLine.FindAllSubmatch(source, -1) {
		names = append(names, path.Join(path.Dir(name), string(match[1])))
	}
	return names
}

// inlineImports puts the text of imported style sheets in place of a sheet's
// @import lines, so that one request brings all of them.
func inlineImports(sheet []byte, dir string, sources map[string][]byte) []byte {
	return cssImport.ReplaceAllFunc(sheet, func(line []byte) []byte {
		match := cssImport.FindSubmatch(line)
		text, ok := sources[path.Join(dir, string(match[1]))]
		if !ok {
			panic(fmt.Errorf("web: no style sheet %s", match[1]))
		}
		if len(match[2]) == 0 {
			return text
		}
		return fmt.Appendf(nil, "@layer %s {\n%s}\n", match[2], text)
	})
}
