package main

import (
	"path/filepath"
	"strings"

	"parley/internal/config"
	"parley/internal/storage"
)

// openStorage returns where images are kept, and what to call after the last use.
func openStorage(settings config.Serve, db string) (s storage.Storage, done func() error, err error) {
	if settings.S3Endpoint == "" {
		folder := storage.NewFolder(uploadsFolder(settings.Uploads, db))
		return folder, folder.Close, nil
	}
	bucket, err := storage.NewS3(storage.S3Config{
		Endpoint: settings.S3Endpoint, Bucket: settings.S3Bucket, Region: settings.S3Region,
		AccessKey: settings.S3AccessKey, SecretKey: settings.S3SecretKey,
	})
	if err != nil {
		return nil, nil, err
	}
	return bucket, bucket.Close, nil
}

// uploadsFolder returns the folder that is set, or else the one that belongs to the
// database: forums beside each other do not mix their images.
func uploadsFolder(set, db string) string {
	switch {
	case set != "":
		return set
	case strings.Contains(db, ":"): // a server's, or not simply a file
		return "parley-uploads"
	default:
		return strings.TrimSuffix(db, filepath.Ext(db)) + "-uploads"
	}
}
