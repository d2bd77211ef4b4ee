package parley

import (
	"strconv"
	"strings"
)

// Upload is an image that somebody uploaded, for messages to show.
type Upload struct {
	ID     int64  `json:"id"`
	URL    string `json:"url" doc:"What a message refers to it by: ![description](url)."`
	Width  int    `json:"width" doc:"In pixels, as it is shown: large images are made smaller, turned ones are turned back."`
	Height int    `json:"height"`
}

// MaxUploads is how many different images a message shows at most.
const MaxUploads = 20

// UploadsPath is where uploads are served, each at its id below it.
const UploadsPath = "/api/forum/uploads"

// UploadURL returns the address of an upload within this forum.
func UploadURL(id int64) string { return UploadsPath + "/" + strconv.FormatInt(id, 10) }

// UploadAt returns the upload whose address url is, written as UploadURL does; false
// if it is none.
func UploadAt(url string) (id int64, ok bool) {
	digits, ok := strings.CutPrefix(url, UploadsPath+"/")
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil && id > 0 && UploadURL(id) == url
}
