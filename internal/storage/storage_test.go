package storage_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"parley/internal/storage"
	"parley/internal/storage/storagetest"
)

const key = "0123456789abcdef0123456789abcdef"

func folder(t *testing.T, path string) *storage.Folder {
	f := storage.NewFolder(path)
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestAFolderKeepsFiles(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storage.Storage {
		return folder(t, filepath.Join(t.TempDir(), "new", "uploads"))
	})
}

// fakeS3 starts a service with a bucket called pictures.
func fakeS3(t *testing.T, wrap func(http.Handler) http.Handler) *storage.S3 {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("pictures"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(wrap(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()))
	t.Cleanup(server.Close)
	return bucket(t, server.URL, "pictures")
}

func bucket(t *testing.T, endpoint, name string) *storage.S3 {
	t.Helper()
	s, err := storage.NewS3(storage.S3Config{Endpoint: endpoint, Bucket: name, Region: "eu-central-1", AccessKey: "parley", SecretKey: "swordfish"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestABucketKeepsFiles(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storage.Storage {
		return fakeS3(t, func(s http.Handler) http.Handler { return s })
	})
}

func TestABucketIsAddressedByPathAndRequestsAreSigned(t *testing.T) {
	s := fakeS3(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/pictures/"+key || r.URL.RawQuery != "" {
				t.Errorf("asked for %s", r.URL)
			}
			if signature := r.Header.Get("Authorization"); !strings.HasPrefix(signature, "AWS4-HMAC-SHA256 Credential=parley/") || !strings.Contains(signature, "/eu-central-1/s3/") {
				t.Errorf("signed %q", signature)
			}
			next.ServeHTTP(w, r)
		})
	})
	if err := s.Put(t.Context(), key, []byte("here")); err != nil {
		t.Error(err)
	}
	if file, err := s.Open(t.Context(), key); err != nil {
		t.Error(err)
	} else {
		file.Close()
	}
	if err := s.Remove(t.Context(), key); err != nil {
		t.Error(err)
	}
}

func TestWhatFailsInPassingIsTriedAgain(t *testing.T) {
	var requests atomic.Int32
	s := fakeS3(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch requests.Add(1) % 3 {
			case 1:
				http.Error(w, "slow down", http.StatusServiceUnavailable)
			case 2:
				panic(http.ErrAbortHandler)
			default:
				next.ServeHTTP(w, r)
			}
		})
	})
	if err := s.Put(t.Context(), key, []byte("here")); err != nil {
		t.Error(err)
	}
	if err := s.Remove(t.Context(), key); err != nil {
		t.Error(err)
	}
	if n := requests.Load(); n != 6 {
		t.Errorf("%d requests", n)
	}
}

func TestAnAddressOfABucketThatIsNoneIsRefused(t *testing.T) {
	for _, endpoint := range []string{"", "s3.example.org", "ftp://s3.example.org", "https://s3.example.org/bucket", "https://"} {
		if _, err := storage.NewS3(storage.S3Config{Endpoint: endpoint, Bucket: "pictures"}); err == nil {
			t.Errorf("%q was taken", endpoint)
		}
	}
}

// Nothing can be told of files from a bucket that is gone or a service that is away:
// neither that they are there nor that they are not.
func TestAStorageThatIsAwayIsAnError(t *testing.T) {
	away := httptest.NewServer(http.NotFoundHandler())
	away.Close()
	lost := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(lost, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	there := fakeS3(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusServiceUnavailable) })
	})
	noBucket := httptest.NewServer(gofakes3.New(s3mem.New(), gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	defer noBucket.Close()
	for name, s := range map[string]storage.Storage{
		"a service that is away": bucket(t, away.URL, "pictures"), "one that is out of order": there,
		"a bucket that is gone": bucket(t, noBucket.URL, "pictures"), "a file for a folder": folder(t, lost),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		_, err := s.Open(ctx, key)
		for _, err := range []error{err, s.Put(ctx, key, []byte("x"))} {
			if err == nil || errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		cancel()
	}
}

func TestAFolderDoesNotFollowLinksOutOfIt(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, key), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, key[:2])); err != nil {
		t.Fatal(err)
	}
	s := folder(t, dir)
	if file, err := s.Open(t.Context(), key); err == nil {
		content, _ := io.ReadAll(file)
		file.Close()
		t.Errorf("read %q", content)
	}
	if err := s.Put(t.Context(), key, []byte("mine")); err == nil {
		t.Error("wrote there")
	}
}

// Root may write anywhere: what stands in the way here is a folder, as a full disk
// would, after the file was written.
func TestNothingHalfStoredStays(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, key[:2], key, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := folder(t, dir).Put(t.Context(), key, []byte("mine")); err == nil {
		t.Fatal("stored over a folder")
	}
	left, err := fs.Glob(os.DirFS(dir), "*/*")
	if err != nil || len(left) != 1 {
		t.Errorf("left: %v %v", left, err)
	}
}

func TestFilesAreNobodyElsesOnTheMachine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "uploads")
	if err := folder(t, dir).Put(t.Context(), key, []byte("mine")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, key[:2]), filepath.Join(dir, key[:2], key)} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
}
