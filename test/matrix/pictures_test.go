package matrix

import (
	"bytes"
	"fmt"
	"image"
	"image/png"

	"parley"
)

const boundary = "picture"

// aPicture is a form with a small one.
func aPicture() string {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 1))); err != nil {
		panic(err) // into memory
	}
	return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n" + b.String() + "\r\n--" + boundary + "--\r\n"
}

// show has a message show a picture of its author's.
func (f *forum) show(m *message) {
	u := decode[parley.Upload](f.call(m.author, "POST", "/api/forum/uploads", aPicture()))
	m.picture = u.ID
	f.must(m.author, "PATCH", fmt.Sprintf("/api/forum/messages/%d", m.id), `{"content":%q}`, fmt.Sprintf("See ![%s](%s)", m.word, u.URL))
}

// pictures asks for every picture: "served to those who may read it".
func pictures(f *forum, p *person, r route) {
	none := f.ask(p, r, nowhere, "")
	for _, t := range f.threads {
		for _, m := range t.messages {
			if m.picture == 0 {
				continue
			}
			want := 404
			switch {
			case !p.knocks():
				want = 401
			case p.reads(m):
				want = 200
			}
			a := f.ask(p, r, m.picture, "")
			equal(f, a.status, want, "%s in %s", a.what, t.story)
			if a.status != 200 {
				equal(f, string(a.body), string(none.body), "%s", a.what)
			}
		}
	}
}

// uploads sends a picture: whoever may write may.
func uploads(f *forum, p *person, r route) {
	want := 401
	if p.knocks() {
		want = when(!p.silenced)
	}
	a := f.ask(p, r, "", aPicture())
	equal(f, a.status, want, "%s", a.what)
}
