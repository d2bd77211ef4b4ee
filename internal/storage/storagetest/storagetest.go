// Package storagetest is the suite that every storage.Storage passes.
package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"parley/internal/storage"
)

// Run runs the suite; open returns an empty storage.
func Run(t *testing.T, open func(*testing.T) storage.Storage) {
	for name, test := range map[string]func(*testing.T, storage.Storage){
		"a file is read as it was stored":                 filesAreKept,
		"what was not stored or was removed is not there": filesGo,
		"what is no key is refused":                       keysAreChecked,
		"files come and go at the same time":              concurrently,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// key returns the nth key.
func key(n int) string { return fmt.Sprintf("%032x", n*0x10_0001) }

func read(t *testing.T, s storage.Storage, key string) []byte {
	t.Helper()
	file, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	return content
}

func filesAreKept(t *testing.T, s storage.Storage) {
	for n, content := range [][]byte{[]byte("one"), bytes.Repeat([]byte("\x00\r\n\xff"), 1<<18)} {
		for range 2 { // the same once more
			if err := s.Put(t.Context(), key(n), content); err != nil {
				t.Fatal(err)
			}
			if got := read(t, s, key(n)); !bytes.Equal(got, content) {
				t.Errorf("%d bytes became %d", len(content), len(got))
			}
		}
	}
}

func filesGo(t *testing.T, s storage.Storage) {
	absent := func() {
		t.Helper()
		if _, err := s.Open(t.Context(), key(1)); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("opened what is not there: %v", err)
		}
	}
	absent()
	if err := s.Remove(t.Context(), key(1)); err != nil {
		t.Error(err)
	}
	for _, n := range []int{1, 2} {
		if err := s.Put(t.Context(), key(n), []byte("here")); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := s.Remove(t.Context(), key(1)); err != nil {
			t.Error(err)
		}
		absent()
	}
	if got := read(t, s, key(2)); string(got) != "here" {
		t.Errorf("another file was touched: %q", got)
	}
}

func keysAreChecked(t *testing.T, s storage.Storage) {
	good := key(1)
	for _, bad := range []string{"", ".", "..", "../" + good, "/etc/passwd", good + "/..", good[1:], good + "0", "../../../../../../../../etc/hosts", good[:30] + "/x", good[:30] + "\x00x", good[:31] + "G"} {
		_, err := s.Open(t.Context(), bad)
		for _, err := range []error{err, s.Put(t.Context(), bad, []byte("x")), s.Remove(t.Context(), bad)} {
			if err == nil || errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%q was taken for a key: %v", bad, err)
			}
		}
	}
}

func concurrently(t *testing.T, s storage.Storage) {
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for round := range 4 {
				content := bytes.Repeat([]byte{byte(n)}, 1000+round)
				err := s.Put(context.WithoutCancel(t.Context()), key(n), content)
				if got := read(t, s, key(n)); err != nil || !bytes.Equal(got, content) {
					t.Errorf("file %d: %d bytes, want %d: %v", n, len(got), len(content), err)
				}
				if err := s.Remove(t.Context(), key(n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
