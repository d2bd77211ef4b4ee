package store

import (
	"slices"
	"time"

	"parley"
)

// Upload is what is known of an uploaded image.
type Upload struct {
	ID            int64
	UserID        int64
	Key           string // of its file
	Type          string
	Size          int64 // in bytes
	Width, Height int
	Stored        bool // the file is there
	Unused        bool // no message shows it, nor did one that may be restored
}

const uploadRows = `SELECT id, user_id, key, type, size, width, height, stored_at IS NOT NULL, unused_since IS NOT NULL FROM uploads `

func scanUpload(row scanner) (u Upload, err error) {
	err = row.Scan(&u.ID, &u.UserID, &u.Key, &u.Type, &u.Size, &u.Width, &u.Height, &u.Stored, &u.Unused)
	return u, err
}

// Upload returns an upload; false if there is none, or no longer. Its file may not be
// there yet.
func (s *Snapshot) Upload(id int64) (Upload, bool, error) {
	return one(s, scanUpload, uploadRows+`WHERE id = $1 AND gone_at IS NULL`, id)
}

// UploadsOf returns those of the uploads that are somebody's own and can be shown,
// by id.
func (s *Snapshot) UploadsOf(userID int64, ids []int64) (map[int64]parley.Upload, error) {
	args := arguments{userID}
	uploads, err := list(s, scanUpload, uploadRows+`WHERE user_id = $1 AND stored_at IS NOT NULL AND gone_at IS NULL AND id IN `+in(&args, ids), args...)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]parley.Upload, len(uploads))
	for _, u := range uploads {
		byID[u.ID] = parley.Upload{ID: u.ID, URL: parley.UploadURL(u.ID), Width: u.Width, Height: u.Height}
	}
	return byID, nil
}

// MessagesShowing returns messages that show an upload, deleted ones included, the
// first limit of them after an id.
func (s *Snapshot) MessagesShowing(uploadID, after int64, limit int) ([]int64, error) {
	return list(s, scalar[int64], `SELECT message_id FROM upload_uses WHERE upload_id = $1 AND message_id > $2 ORDER BY message_id LIMIT $3`,
		uploadID, after, limit)
}

// CountUnusedUploads returns how many uploads somebody has that no message shows.
func (s *Snapshot) CountUnusedUploads(userID int64) (int64, error) {
	n, _, err := one(s, scalar[int64], `SELECT count(*) FROM uploads WHERE user_id = $1 AND unused_since IS NOT NULL`, userID)
	return n, err
}

// InsertUpload notes an upload whose file is about to be stored, and returns its id.
func (tx *Tx) InsertUpload(u Upload) (int64, error) {
	return tx.insert(`INSERT INTO uploads (user_id, key, type, size, width, height, unused_since, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id`, u.UserID, u.Key, u.Type, u.Size, u.Width, u.Height, tx.now)
}

// UploadStored notes that an upload's file is there. It reports whether the upload
// still is.
func (tx *Tx) UploadStored(id int64) (bool, error) {
	n, err := tx.exec(`UPDATE uploads SET stored_at = $2 WHERE id = $1 AND gone_at IS NULL`, id, tx.now)
	return n == 1, err
}

// ShowUploads makes a message show these uploads of its author, and no others. What
// has gone meanwhile is left out.
func (tx *Tx) ShowUploads(messageID, authorID int64, ids []int64) error {
	before, err := list(&tx.Snapshot, scalar[int64], `SELECT upload_id FROM upload_uses WHERE message_id = $1`, messageID)
	if err != nil || len(before)+len(ids) == 0 {
		return err
	}
	if err := tx.holdUploads(append(slices.Clone(before), ids...)); err != nil {
		return err
	}
	for _, id := range before {
		if !slices.Contains(ids, id) {
			if err := tx.write(`DELETE FROM upload_uses WHERE upload_id = $1 AND message_id = $2`, id, messageID); err != nil {
				return err
			}
		}
	}
	for _, id := range ids {
		err := tx.write(`INSERT INTO upload_uses (upload_id, message_id)
			SELECT id, $2 FROM uploads WHERE id = $1 AND user_id = $3 AND stored_at IS NOT NULL AND gone_at IS NULL
			ON CONFLICT (upload_id, message_id) DO NOTHING`, id, messageID, authorID)
		if err != nil {
			return err
		}
	}
	return tx.noteUse(append(before, ids...))
}

// holdUploads keeps others from using or removing some uploads until the transaction
// ends.
func (tx *Tx) holdUploads(ids []int64) error {
	var args arguments
	return tx.lock(`SELECT id FROM uploads WHERE id IN `+in(&args, ids)+` ORDER BY id FOR UPDATE`, args...)
}

// noteUse notes of some uploads, which are held, whether a message shows them.
func (tx *Tx) noteUse(ids []int64) error {
	args := arguments{tx.now}
	return tx.write(`UPDATE uploads SET unused_since = CASE
		WHEN EXISTS (SELECT 1 FROM upload_uses u WHERE u.upload_id = uploads.id) THEN NULL
		ELSE coalesce(unused_since, $1) END WHERE id IN `+in(&args, ids), args...)
}

// keepUploads keeps the uploads that deleted messages show until these can no longer
// be restored.
func (tx *Tx) keepUploads(messageIDs []int64) error {
	args := arguments{tx.now.Add(parley.RestoreDays * 24 * time.Hour)}
	return tx.write(`UPDATE upload_uses SET release_at = $1 WHERE message_id IN `+in(&args, messageIDs), args...)
}

// keepUploadsOfThread is keepUploads for a thread that is deleted.
func (tx *Tx) keepUploadsOfThread(id int64) error {
	return tx.write(`UPDATE upload_uses SET release_at = $2 WHERE message_id IN (SELECT id FROM messages WHERE thread_id = $1)`,
		id, tx.now.Add(parley.RestoreDays*24*time.Hour))
}

// uploadsBatch is how many uploads one transaction of the background work changes.
const uploadsBatch = 100

// use is that a message shows an upload.
type use struct{ upload, message int64 }

// ReleaseUploads lets go of uploads that only deleted messages show which can no
// longer be restored. It reports whether there may be more.
func (tx *Tx) ReleaseUploads() (more bool, err error) {
	due, err := list(&tx.Snapshot, func(row scanner) (u use, err error) {
		err = row.Scan(&u.upload, &u.message)
		return u, err
	}, `SELECT upload_id, message_id FROM upload_uses WHERE release_at <= $1 ORDER BY release_at LIMIT $2`, tx.now, uploadsBatch)
	if err != nil || len(due) == 0 {
		return false, err
	}
	uploads := make([]int64, len(due))
	for i, u := range due {
		uploads[i] = u.upload
	}
	if err := tx.holdUploads(uploads); err != nil {
		return false, err
	}
	for _, u := range due {
		err := tx.write(`DELETE FROM upload_uses WHERE upload_id = $1 AND message_id = $2 AND release_at <= $3`, u.upload, u.message, tx.now)
		if err != nil {
			return false, err
		}
	}
	return len(due) == uploadsBatch, tx.noteUse(uploads)
}

// RetireUploads makes sure that no message shows those uploads again that none has
// shown for so long. It reports whether there may be more.
func (tx *Tx) RetireUploads(unused time.Duration) (more bool, err error) {
	before := tx.now.Add(-unused)
	ids, err := list(&tx.Snapshot, scalar[int64], `SELECT id FROM uploads WHERE unused_since <= $1 AND gone_at IS NULL
		ORDER BY unused_since, id LIMIT $2`+tx.locking("FOR UPDATE SKIP LOCKED"), before, uploadsBatch)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	args := arguments{tx.now}
	return len(ids) == uploadsBatch, tx.write(`UPDATE uploads SET gone_at = $1 WHERE id IN `+in(&args, ids), args...)
}

// RetiredUploads returns the first uploads after an id that no message shows again,
// and whose files are to be removed.
func (s *Snapshot) RetiredUploads(after int64) ([]Upload, error) {
	return list(s, scanUpload, uploadRows+`WHERE gone_at IS NOT NULL AND id > $1 ORDER BY id LIMIT $2`, after, uploadsBatch)
}

// DeleteUpload forgets an upload whose file was removed.
func (tx *Tx) DeleteUpload(id int64) error {
	return tx.write(`DELETE FROM uploads WHERE id = $1 AND gone_at IS NOT NULL`, id)
}
