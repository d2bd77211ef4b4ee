package storage

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
)

// Folder keeps files in a folder, in 256 folders within it. It implements Storage.
type Folder struct {
	path string

	mu   sync.Mutex
	root *os.Root // nil until the first file is stored or read
}

// NewFolder returns a storage in a folder, which is made when there is something to
// keep.
func NewFolder(path string) *Folder { return &Folder{path: path} }

// open returns the folder as a root that no path leads out of.
func (f *Folder) open() (*os.Root, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.root != nil {
		return f.root, nil
	}
	if err := os.MkdirAll(f.path, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(f.path)
	f.root = root
	return root, err
}

// Close lets go of the folder.
func (f *Folder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.root == nil {
		return nil
	}
	return f.root.Close()
}

// place returns the folder that a file is kept in, and its path.
func place(key string) (folder, path string) { return key[:2], key[:2] + "/" + key }

// unfinished marks a file that is being written.
const unfinished = ".part"

// Put implements Storage.
func (f *Folder) Put(_ context.Context, key string, content []byte) error {
	if err := checkKey(key); err != nil {
		return err
	}
	root, err := f.open()
	if err != nil {
		return err
	}
	folder, path := place(key)
	if err := root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	err = writeSynced(root, path+unfinished, content)
	if err == nil {
		err = root.Rename(path+unfinished, path)
	}
	if err != nil {
		return errors.Join(err, removeAny(root, path+unfinished))
	}
	// The names outlive a loss of power too: the file's in its folder, the folder's here.
	return errors.Join(syncFolder(root, folder), syncFolder(root, "."))
}

func writeSynced(root *os.Root, path string, content []byte) error {
	file, err := root.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func syncFolder(root *os.Root, path string) error {
	folder, err := root.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Open implements Storage.
func (f *Folder) Open(_ context.Context, key string) (io.ReadCloser, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	root, err := f.open()
	if err != nil {
		return nil, err
	}
	_, path := place(key)
	file, err := root.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return file, nil
}

// Remove implements Storage.
func (f *Folder) Remove(_ context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	root, err := f.open()
	if err != nil {
		return err
	}
	_, path := place(key)
	return errors.Join(removeAny(root, path+unfinished), removeAny(root, path))
}

func removeAny(root *os.Root, path string) error {
	if err := root.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
