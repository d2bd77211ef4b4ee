package parley

// Preview is what a page on the web says that it is about, as plain text. The zero
// value says nothing.
type Preview struct {
	Title       string
	Description string
	Site        string // what the page belongs to
}
