package store

import (
	"time"

	"parley"
)

// LinkedPage returns what is known of the page at an address; false if nothing is, or
// nothing any more.
func (s *Snapshot) LinkedPage(address string) (parley.Preview, bool, error) {
	return one(s, func(row scanner) (p parley.Preview, err error) {
		err = row.Scan(&p.Title, &p.Description, &p.Site)
		return p, err
	}, `SELECT title, description, site FROM linked_pages WHERE url = $1 AND is_known AND until > $2`, address, s.now)
}

// AskPage gives the caller for a while the right to ask a page what it says, and reports
// whether it did: not if the page is known, or somebody else has it.
func (tx *Tx) AskPage(address string, lease time.Duration) (bool, error) {
	n, err := tx.exec(`INSERT INTO linked_pages (url, until) VALUES ($1, $2)
		ON CONFLICT (url) DO UPDATE SET until = excluded.until, is_known = FALSE WHERE linked_pages.until <= $3`,
		address, tx.now.Add(lease), tx.now)
	return n == 1, err
}

// KeepPage notes what a page says, to be believed for a while.
func (tx *Tx) KeepPage(address string, p parley.Preview, lasts time.Duration) error {
	return tx.write(`INSERT INTO linked_pages (url, title, description, site, is_known, until) VALUES ($1, $2, $3, $4, TRUE, $5)
		ON CONFLICT (url) DO UPDATE SET title = excluded.title, description = excluded.description, site = excluded.site,
			is_known = TRUE, until = excluded.until`,
		address, p.Title, p.Description, p.Site, tx.now.Add(lasts))
}

// ForgetPage forgets about a page that could not be asked.
func (tx *Tx) ForgetPage(address string) error {
	return tx.write(`DELETE FROM linked_pages WHERE url = $1`, address)
}

// ShowPreview shows the preview of a link below a message. Its text stays as it is.
func (tx *Tx) ShowPreview(messageID int64, html string) error {
	return tx.write(`UPDATE messages SET preview_html = $2 WHERE id = $1`, messageID, html)
}

// PrunePages forgets what pages said too long ago.
func (tx *Tx) PrunePages() error {
	return tx.write(`DELETE FROM linked_pages WHERE until <= $1`, tx.now)
}
