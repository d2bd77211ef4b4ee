package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// vendor writes one package's modules, type declarations and licence to dir.
func vendor(registry string, p library, locked Locked, dir string) (Locked, error) {
	r, err := describe(registry, p.Name, p.Version)
	if err != nil {
		return Locked{}, err
	}
	if locked.Version == p.Version && locked.Integrity != r.Dist.Integrity {
		return Locked{}, fmt.Errorf("locked with integrity %s, the registry now says %s", locked.Integrity, r.Dist.Integrity)
	}
	contents, err := r.download()
	if err != nil {
		return Locked{}, err
	}
	files, err := render(p, contents)
	if err != nil {
		return Locked{}, err
	}
	entry := Locked{Version: p.Version, Integrity: r.Dist.Integrity, Files: make(map[string]string)}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return Locked{}, err
		}
		entry.Files[name] = fmt.Sprintf("%x", sha256.Sum256(text))
	}
	return entry, nil
}

// render gives the files to write for a package, by name.
func render(p library, contents map[string][]byte) (map[string][]byte, error) {
	licence, ok := contents["LICENSE"]
	if !ok {
		return nil, fmt.Errorf("the package has no LICENSE")
	}
	files := map[string][]byte{licenceName(p.Name): licence}
	for _, m := range p.Modules {
		source, ok := contents[m.Path]
		if !ok {
			return nil, fmt.Errorf("the package has no %s", m.Path)
		}
		rewritten, err := rewriteImports(string(source), moduleNames())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		files[m.As] = []byte(rewritten)
		files[strings.TrimSuffix(m.As, ".mjs")+".d.mts"] = []byte(declaration(m.Import))
	}
	return files, nil
}

func licenceName(pkg string) string {
	return "LICENSE." + strings.NewReplacer("@", "", "/", "-").Replace(pkg) + ".txt"
}

// declaration points the type checker at the package's own types, which it
// installs outside the tree: they are ten times the size of the code.
func declaration(specifier string) string {
	text := fmt.Sprintf("export * from %q;\n", specifier)
	if specifier == "htm" {
		text += fmt.Sprintf("export { default } from %q;\n", specifier)
	}
	return text
}

var (
	importFrom  = regexp.MustCompile(`\bfrom\s*"([^"]+)"`)
	sourceMap   = regexp.MustCompile(`(?m)\s*//# sourceMappingURL=\S+\s*$`)
	dynamicLoad = regexp.MustCompile(`\b(import|require)\s*\(`)
)

// rewriteImports replaces bare specifiers by relative ones and drops source
// map comments, whose files are not vendored. A specifier not in names is an
// error: a second copy of a library, or a dependency nobody decided on.
func rewriteImports(source string, names map[string]string) (string, error) {
	if dynamicLoad.MatchString(source) {
		return "", fmt.Errorf("the module loads code dynamically")
	}
	var unknown []string
	source = importFrom.ReplaceAllStringFunc(source, func(clause string) string {
		specifier := importFrom.FindStringSubmatch(clause)[1]
		as, ok := names[specifier]
		if !ok {
			unknown = append(unknown, specifier)
		}
		return fmt.Sprintf("from%q", "./"+as)
	})
	if len(unknown) > 0 {
		return "", fmt.Errorf("imports %s, which packages.go does not name", strings.Join(unknown, ", "))
	}
	return strings.TrimSpace(sourceMap.ReplaceAllString(source, "")) + "\n", nil
}
