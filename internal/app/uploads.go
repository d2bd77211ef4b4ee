package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"time"

	"parley"
	"parley/internal/picture"
	"parley/internal/storage"
	"parley/internal/store"
)

const (
	// uploadKept is how long an upload is kept that no message shows.
	uploadKept = 24 * time.Hour

	// maxUnused bounds the uploads of one person that no message shows: they take space
	// that nobody sees. Posts are limited, and so are the uploads they show.
	maxUnused = 100

	// How long the storage may take to keep or give a file, and to remove one.
	storagePatience = 30 * time.Second
	removalPatience = 10 * time.Second
)

// errNoImage is also what somebody gets who may read no message that shows it.
var errNoImage = parley.Errorf(parley.NotFound, "There is no such image.")

// uploads is what uploading needs beside the store.
type uploads struct {
	storage  storage.Storage // nil: nothing can be uploaded
	decoding chan struct{}   // holds an element for each image that is decoded
}

func newUploads() uploads {
	// An image takes a processor and up to 200 MB while it is decoded: half of the
	// processors are left for what people wait for.
	return uploads{decoding: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
}

// unavailable is err as people are told of it when the storage did not do its part.
func unavailable(err error) error {
	return &parley.Error{
		Kind: parley.Unavailable, Message: "Images cannot be reached at the moment. Try again in a minute.", RetryAfter: time.Minute, Err: err,
	}
}

// Upload stores an image for messages of v to show; file is what they sent. The row
// comes first: if the process dies before the file is stored, it is known that
// something may have to be removed.
func (a *App) Upload(ctx context.Context, v parley.Viewer, file []byte, idem Idempotency) (parley.Upload, error) {
	if a.storage == nil {
		return parley.Upload{}, parley.Errorf(parley.Unavailable, "This forum stores no images.")
	}
	p, err := a.clean(ctx, file)
	if err != nil {
		return parley.Upload{}, err
	}
	key := newFileKey()
	id, err := a.create(ctx, v.ID, idem, func(tx *store.Tx, v parley.Viewer) (int64, error) {
		unused, err := tx.CountUnusedUploads(v.ID)
		if err != nil {
			return 0, err
		}
		if unused >= maxUnused {
			full := parley.Errorf(parley.RateLimited, "You have %d images that no message shows. They are removed after a day: upload others then.", unused)
			full.RetryAfter = time.Hour
			return 0, full
		}
		return tx.InsertUpload(store.Upload{
			UserID: v.ID, Key: key, Type: p.Type, Size: int64(len(p.Content)), Width: p.Width, Height: p.Height,
		})
	})
	if err != nil {
		return parley.Upload{}, err
	}
	return a.storeUpload(ctx, id, p)
}

// clean decodes an image when it is its turn.
func (a *App) clean(ctx context.Context, file []byte) (picture.Picture, error) {
	select {
	case a.decoding <- struct{}{}:
		defer func() { <-a.decoding }()
		return picture.Clean(file)
	case <-ctx.Done():
		return picture.Picture{}, ctx.Err()
	}
}

func newFileKey() string {
	key := make([]byte, 16)
	rand.Read(key) // never fails
	return hex.EncodeToString(key)
}

// storeUpload stores the file of an upload, unless an earlier request did.
func (a *App) storeUpload(ctx context.Context, id int64, p picture.Picture) (parley.Upload, error) {
	u, err := a.upload(ctx, id)
	if err != nil {
		return parley.Upload{}, err
	}
	if !u.Stored {
		putting, cancel := context.WithTimeout(ctx, storagePatience)
		defer cancel()
		if err := a.storage.Put(putting, u.Key, p.Content); err != nil {
			return parley.Upload{}, unavailable(err)
		}
		there := false
		err := a.update(ctx, func(tx *store.Tx) (err error) {
			there, err = tx.UploadStored(id)
			return err
		})
		if err == nil && !there {
			err = errNoImage // it took a day
		}
		if err != nil {
			return parley.Upload{}, err
		}
	}
	return parley.Upload{ID: u.ID, URL: parley.UploadURL(u.ID), Width: u.Width, Height: u.Height}, nil
}

// upload returns an upload, whoever may see it.
func (a *App) upload(ctx context.Context, id int64) (u store.Upload, err error) {
	found := false
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		u, found, err = s.Upload(id)
		return err
	})
	if err == nil && !found {
		err = errNoImage
	}
	return u, err
}

// Image is an uploaded image that somebody may see.
type Image struct {
	Type string // of the content
	Size int64  // in bytes
	Tag  string // of this file alone
	key  string
}

// Image returns an upload that v may see: that a message shows which v may read, or
// v's own while none does. It tells nobody else that there is one.
func (a *App) Image(ctx context.Context, v parley.Viewer, id int64) (i Image, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		u, found, err := s.Upload(id)
		if err != nil {
			return err
		}
		if !found || !u.Stored {
			return errNoImage
		}
		i = Image{Type: u.Type, Size: u.Size, Tag: tagOf(u.Key), key: u.Key}
		if u.Unused && u.UserID == v.ID && v.Active {
			return nil
		}
		return mayReadOne(s, v, id)
	})
	if err != nil {
		return Image{}, err
	}
	return i, nil
}

// tagOf returns a tag for caches, which tells nothing of where the file is.
func tagOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:8])
}

// showingBatch is how many messages that show an image are looked at at a time.
const showingBatch = 20

// mayReadOne returns nil if v may read one of the messages that show an upload. It
// looks at no more than a few batches: the image of a welcome is in one message, and
// one that its author repeats a thousand times is not worth a thousand reads.
func mayReadOne(s *store.Snapshot, v parley.Viewer, uploadID int64) error {
	after := int64(0)
	for range 5 {
		ids, err := s.MessagesShowing(uploadID, after, showingBatch)
		if err != nil {
			return err
		}
		for _, id := range ids {
			_, _, err := readableMessage(s, v, id)
			if kind := parley.KindOf(err); err == nil || kind != parley.NotFound && kind != parley.Forbidden {
				return err
			}
			after = id
		}
		if len(ids) < showingBatch {
			break
		}
	}
	return errNoImage
}

// OpenImage returns the content of an image, for its reader to close.
func (a *App) OpenImage(ctx context.Context, i Image) (io.ReadCloser, error) {
	if a.storage == nil {
		return nil, unavailable(errors.New("no storage for uploads"))
	}
	file, err := a.storage.Open(ctx, i.key)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return nil, &parley.Error{Kind: parley.NotFound, Message: "This image was lost.", Err: err}
	case err != nil:
		return nil, unavailable(err)
	}
	return file, nil
}

// sweepUploads removes uploads that no message has shown for a day, or can show
// again. Nothing happens if two servers are about the same file.
func (a *App) sweepUploads(ctx context.Context) {
	if a.storage == nil {
		return
	}
	for _, step := range []func(*store.Tx) (bool, error){
		(*store.Tx).ReleaseUploads,
		func(tx *store.Tx) (bool, error) { return tx.RetireUploads(uploadKept) },
	} {
		for more := true; more && ctx.Err() == nil; {
			err := a.update(ctx, func(tx *store.Tx) (err error) {
				more, err = step(tx)
				return err
			})
			if err != nil {
				a.warn(ctx, err, "unused uploads not retired, will try again")
				return
			}
		}
	}
	if err := a.removeRetired(ctx); err != nil {
		a.warn(ctx, err, "unused uploads not removed, will try again")
	}
}

// removeRetired removes the files of uploads that nothing shows again, and then what
// is known of them. What cannot be removed is tried again at the next sweep.
func (a *App) removeRetired(ctx context.Context) error {
	for after := int64(0); ; {
		var retired []store.Upload
		err := a.store.View(ctx, func(s *store.Snapshot) (err error) {
			retired, err = s.RetiredUploads(after)
			return err
		})
		if err != nil || len(retired) == 0 {
			return err
		}
		for _, u := range retired {
			if err := a.removeFile(ctx, u.Key); err != nil {
				return err
			}
			if err := a.update(ctx, func(tx *store.Tx) error { return tx.DeleteUpload(u.ID) }); err != nil {
				return err
			}
			after = u.ID
		}
	}
}

func (a *App) removeFile(ctx context.Context, key string) error {
	removing, cancel := context.WithTimeout(ctx, removalPatience)
	defer cancel()
	return a.storage.Remove(removing, key)
}
