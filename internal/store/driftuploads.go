package store

import (
	"time"

	"parley"
)

// What is wrong about these removes images that messages show, or keeps for ever what
// none does.
var (
	usedUploads = Counter{
		name: "upload_used", walked: "uploads",
		find: `SELECT id, 0, kept, used FROM (SELECT x.id AS id, CASE WHEN x.unused_since IS NULL THEN 1 ELSE 0 END AS kept,
			CASE WHEN EXISTS (SELECT 1 FROM upload_uses u WHERE u.upload_id = x.id) THEN 1 ELSE 0 END AS used
			FROM uploads x WHERE x.id > $1 AND x.id <= $2) AS looked WHERE kept <> used ORDER BY id`,
		says: "whether a message shows upload %[1]d is noted as %[3]d, and should be %[4]d",
		fix: func(tx *Tx, d Drift) error {
			if err := tx.holdUploads([]int64{d.id}); err != nil {
				return err
			}
			// The file of what has gone may be removed already: nothing shows it any more.
			err := tx.write(`DELETE FROM upload_uses WHERE upload_id IN (SELECT id FROM uploads WHERE id = $1 AND gone_at IS NOT NULL)`, d.id)
			if err != nil {
				return err
			}
			return tx.noteUse([]int64{d.id})
		},
	}
	releasedUploads = Counter{
		name: "upload_release", walked: "uploads",
		find: `SELECT upload, message, kept, gone FROM (SELECT x.upload_id AS upload, x.message_id AS message,
			CASE WHEN x.release_at IS NULL THEN 0 ELSE 1 END AS kept, CASE WHEN m.deleted_at IS NULL AND t.deleted_at IS NULL THEN 0 ELSE 1 END AS gone
			FROM upload_uses x JOIN messages m ON m.id = x.message_id JOIN threads t ON t.id = m.thread_id
			WHERE x.upload_id > $1 AND x.upload_id <= $2) AS looked WHERE kept <> gone ORDER BY upload, message`,
		says: "whether upload %[1]d waits to be let go of by message %[2]d, which is deleted, is noted as %[3]d, and should be %[4]d",
		fix: func(tx *Tx, d Drift) error {
			if err := tx.holdUploads([]int64{d.id}); err != nil {
				return err
			}
			return tx.write(`UPDATE upload_uses SET release_at = CASE WHEN EXISTS (SELECT 1 FROM messages m JOIN threads t ON t.id = m.thread_id
				WHERE m.id = upload_uses.message_id AND (m.deleted_at IS NOT NULL OR t.deleted_at IS NOT NULL)) THEN coalesce(release_at, $3) END
				WHERE upload_id = $1 AND message_id = $2`, d.id, d.other, tx.now.Add(parley.RestoreDays*24*time.Hour))
		},
	}
)
