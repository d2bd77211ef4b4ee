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

// show renders content among people and returns the HTML alone. It has all the
// time in the world for colours, so that what comes out is the same on a machine
// that is busy.
func show(content string) string {
	html, _ := Parse(content).render(people, time.Hour)
	return html
}
