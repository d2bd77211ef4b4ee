package markdown

import (
	"time"

	"parley"
)

// people are those whom messages in these tests can mention. Finn's name ends in
// an underscore, Zoë's is an alias.
var people = map[string]parley.Mention{
	"ada":   {Name: "Ada", UserID: 1},
	"tomas": {Name: "Tomas", UserID: 2},
	"mina":  {Name: "Mina", UserID: 7},
	"finn_": {Name: "Finn_", UserID: 9},
	"zoë":   {Name: "Zoë", UserID: 12},
}

// uploads are the images that messages in these tests can show.
var uploads = map[int64]parley.Upload{
	7:  {ID: 7, URL: "/api/forum/uploads/7", Width: 640, Height: 480},
	31: {ID: 31, URL: "/api/forum/uploads/31", Width: 2048, Height: 1},
}

// show renders content among people and images and returns the HTML alone. It has all the
// time in the world for colours, so that what comes out is the same on a machine
// that is busy.
func show(content string) string {
	html, _ := Parse(content).render(people, uploads, time.Hour)
	return html
}
