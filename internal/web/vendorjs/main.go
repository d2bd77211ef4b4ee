// Command vendorjs copies the few JavaScript libraries of the user interface
// from the npm registry into internal/web/assets/vendor, so that neither a
// bundler nor Node is needed to build or run Parley.
//
//	go run ./internal/web/vendorjs
//
// It is a development tool: it asks `npm config get registry` where packages
// come from, checks each tarball against the registry's sha512 integrity and
// against lock.json from the previous run, rewrites bare imports to relative
// ones, keeps every licence, and records what it wrote in lock.json. A locked
// version whose contents changed is an error, never an update.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	dir := flag.String("dir", "internal/web", "folder of the web package")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "vendorjs:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	registry, err := configuredRegistry()
	if err != nil {
		return err
	}
	lockPath := filepath.Join(dir, "vendorjs", "lock.json")
	old, err := readLock(lockPath)
	if err != nil {
		return err
	}
	lock := Lock{}
	for _, p := range packages {
		entry, err := vendor(registry, p, old[p.Name], filepath.Join(dir, "assets", "vendor"))
		if err != nil {
			return fmt.Errorf("%s@%s: %w", p.Name, p.Version, err)
		}
		lock[p.Name] = entry
		fmt.Printf("%s %s: %d files\n", p.Name, p.Version, len(entry.Files))
	}
	return writeLock(lockPath, lock)
}

// Lock says what was vendored: package name to its pinned contents.
type Lock map[string]Locked

// Locked is one package as it was vendored.
type Locked struct {
	Version   string            `json:"version"`
	Integrity string            `json:"integrity"` // the tarball's, as the registry states it
	Files     map[string]string `json:"files"`     // file in assets/vendor to its sha256
}

func readLock(path string) (Lock, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Lock{}, nil
	}
	if err != nil {
		return nil, err
	}
	var lock Lock
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return lock, nil
}

func writeLock(path string, lock Lock) error {
	text, err := json.MarshalIndent(lock, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
