// Package storage keeps files: in a folder, or in a bucket of a service that speaks
// S3. Package storagetest is the suite that both pass.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// Storage keeps files by their keys. A file never changes: its key is drawn anew for
// each. Methods may be called concurrently.
type Storage interface {
	// Put stores a file, wholly or not at all; when it returns nil the file outlives
	// the process and the machine's power. To store the same once more does no harm.
	Put(ctx context.Context, key string, content []byte) error
	// Open returns a file for its reader to close, ErrNotFound if there is none.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// Remove removes a file, and whatever an interrupted Put left of it. There need
	// not be any.
	Remove(ctx context.Context, key string) error
}

// ErrNotFound means that there is no file with this key.
var ErrNotFound = errors.New("no such file")

var wellFormed = regexp.MustCompile(`^[0-9a-f]{32}$`)

// checkKey refuses all that is no key: what a folder takes for a path must not lead
// out of it, wherever the key came from.
func checkKey(key string) error {
	if !wellFormed.MatchString(key) {
		return fmt.Errorf("%q is no key of a file", key)
	}
	return nil
}
