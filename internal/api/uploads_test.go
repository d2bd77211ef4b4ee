package api_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"parley"
	"parley/internal/api"
	"parley/internal/auth"
	"parley/internal/storage"
)

// openAlbum is open with a folder for images.
func openAlbum(t *testing.T, cfg api.Config) *forum {
	t.Helper()
	f := open(t, cfg)
	folder := storage.NewFolder(t.TempDir())
	t.Cleanup(func() { folder.Close() })
	f.app.StoreUploads(folder)
	return f
}

func drawing(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// form is the body of an upload with its type: fields in pairs of name and content.
func form(t *testing.T, fields ...string) (body, contentType string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for i := 0; i < len(fields); i += 2 {
		part, err := w.CreateFormFile(fields[i], `../../"evil".html`)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, fields[i+1])
	}
	w.Close()
	return out.String(), w.FormDataContentType()
}

func (p *person) upload(file []byte, headers ...string) answered {
	p.f.t.Helper()
	body, contentType := form(p.f.t, "alt", "a joint", "file", string(file))
	return p.call("POST", "/api/forum/uploads", body, append(headers, "Content-Type", contentType)...)
}

func TestAnImageIsUploadedShownAndServedToThoseWhoMayReadIt(t *testing.T) {
	f := openAlbum(t, api.Config{})
	u := decode[parley.Upload](f.mina.upload(drawing(t)))
	if u.URL != parley.UploadURL(u.ID) || u.Width != 40 || u.Height != 30 {
		t.Errorf("uploaded %+v", u)
	}
	paid := decode[parley.Thread](f.ada.post("/api/forum/threads", `{"title":"Joints","content":"Hi","min_tier_id":%d}`, f.supporters))
	if m := f.mina.say(paid.ID, "![a joint]("+u.URL+")"); !strings.Contains(m.ContentHTML, `<img src="`+u.URL) {
		t.Errorf("shown as %s", m.ContentHTML)
	}
	got := f.tomas.get(u.URL)
	if _, err := png.Decode(bytes.NewReader(got.body)); got.status != 200 || err != nil {
		t.Fatalf("%d: %v", got.status, err)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "Content-Disposition": "inline",
		"Cross-Origin-Resource-Policy": "same-site",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
		}
	}
	tag := got.header.Get("ETag")
	if again := f.mina.call("GET", u.URL, "", "If-None-Match", tag); again.status != 304 || len(again.body) > 0 || tag == "" {
		t.Errorf("asked again for %s: %d", tag, again.status)
	}
	if head := f.mina.call("HEAD", u.URL, ""); head.status != 200 || head.header.Get("Content-Length") != got.header.Get("Content-Length") {
		t.Errorf("HEAD: %d, %s bytes", head.status, head.header.Get("Content-Length"))
	}
	// Not even that it is the same as before.
	there, nowhere := f.finn.call("GET", u.URL, "", "If-None-Match", tag).refused(404), f.finn.get("/api/forum/uploads/4711").refused(404)
	if there.Detail != nowhere.Detail {
		t.Errorf("%q tells it from what is not there: %q", there.Detail, nowhere.Detail)
	}
}

func TestImagesAreForPeopleWhoAreSignedIn(t *testing.T) {
	f := openAlbum(t, api.Config{})
	former := &person{f: f, name: "somebody with an old cookie", token: auth.NewToken()}
	for _, p := range []*person{f.stranger(), former} {
		p.upload(drawing(t)).refused(401)
		p.get("/api/forum/uploads/1").refused(401)
	}
	for _, id := range []string{"0", "-1", "x", "1x", "99999999999999999999", "%2e%2e%2f1"} {
		f.ada.get("/api/forum/uploads/" + id).refused(404)
	}
	f.ada.delete("/api/forum/uploads/1").refused(405)
}

func TestWhatIsNoFormWithAnImageIsRefused(t *testing.T) {
	f := openAlbum(t, api.Config{MaxUpload: 1 << 20})
	upload := func(body, contentType string) answered {
		return f.mina.call("POST", "/api/forum/uploads", body, "Content-Type", contentType)
	}
	upload(`{"file":"x"}`, "application/json").refused(415)
	upload("", "multipart/form-data").refused(415)
	whole, contentType := form(t, "file", string(drawing(t)))
	upload(whole[:len(whole)-80], contentType).refused(400)
	if p := upload(form(t, "image", "x")).refused(422); len(p.Errors) != 1 || p.Errors[0].Location != "body.file" {
		t.Errorf("without a file: %+v", p)
	}
	for name, file := range map[string]string{
		"nothing": "", "HTML": "<!doctype html><script>alert(1)</script>", "SVG": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
		"half an image": string(drawing(t)[:40]),
	} {
		if p := upload(form(t, "file", file)).refused(422); len(p.Errors) != 1 || p.Errors[0].Location != "body.file" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	upload(form(t, "file", strings.Repeat("x", 1<<20+1))).refused(413)
	upload(form(t, "before", strings.Repeat("x", 2<<20), "file", "x")).refused(413)
}

func TestUploadsAreLimitedAsPostsAre(t *testing.T) {
	f := openAlbum(t, api.Config{PostsPerMinute: 2})
	thread := f.ada.thread("Joints")
	f.finn.upload(drawing(t)).ok()
	f.finn.upload([]byte("no image")).refused(422)
	if p := f.finn.upload(drawing(t)); p.refused(429).Detail == "" || p.header.Get("Retry-After") == "" {
		t.Errorf("Retry-After %q", p.header.Get("Retry-After"))
	}
	f.finn.say(thread.ID, "Words are counted apart.")
	for range 4 {
		f.tomas.upload(drawing(t)).ok()
	}
}

// A browser draws another boundary for each form: the file is what counts.
func TestAnUploadIsRepeatedSafely(t *testing.T) {
	f := openAlbum(t, api.Config{})
	first := decode[parley.Upload](f.mina.upload(drawing(t), "Idempotency-Key", "k"))
	if again := decode[parley.Upload](f.mina.upload(drawing(t), "Idempotency-Key", "k")); again != first {
		t.Errorf("again: %+v, first %+v", again, first)
	}
	var other bytes.Buffer
	if err := png.Encode(&other, image.NewGray(image.Rect(0, 0, 3, 3))); err != nil {
		t.Fatal(err)
	}
	f.mina.upload(other.Bytes(), "Idempotency-Key", "k").refused(422)
	f.mina.upload(drawing(t), "Idempotency-Key", strings.Repeat("k", 201)).refused(422)
}

func TestOnePersonsSlowUploadsKeepNobodyElseFromUploading(t *testing.T) {
	f := openAlbum(t, api.Config{})
	for range api.MaxUploadingEach {
		body, feed := io.Pipe()
		defer feed.Close()
		r, err := http.NewRequestWithContext(t.Context(), "POST", f.url+"/api/forum/uploads", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		r.AddCookie(&http.Cookie{Name: "session_id", Value: f.finn.token})
		go func() {
			if response, err := f.client.RoundTrip(r); err == nil {
				response.Body.Close()
			}
		}()
		io.WriteString(feed, "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n")
	}
	f.await("Finn's uploads to begin", func() bool { return f.api.Uploading() == api.MaxUploadingEach })
	f.finn.upload(drawing(t)).refused(429)
	f.mina.upload(drawing(t)).ok()
}

func TestAStorageThatIsAwayIsToldAsSuch(t *testing.T) {
	f := open(t, api.Config{})
	f.ada.upload(drawing(t)).refused(503)
	f.app.StoreUploads(storage.NewFolder("/dev/null/uploads"))
	if a := f.ada.upload(drawing(t)); a.refused(503).Detail == "" || a.header.Get("Retry-After") == "" {
		t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
	}
	f.ada.get("/api/forum/uploads/1").refused(404)
}
