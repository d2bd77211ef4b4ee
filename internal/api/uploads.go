package api

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"parley"
	"parley/internal/app"
)

const (
	// DefaultMaxUpload is the size of an uploaded file at most, in bytes, unless the
	// configuration says otherwise.
	DefaultMaxUpload = 10 << 20

	// formOverhead is what a form may have around the file, in bytes.
	formOverhead = 64 << 10

	// uploadTimeout is how long an upload may take to arrive: 10 MB take that long at
	// 700 kbit/s. Other bodies have less, see package server.
	uploadTimeout = 2 * time.Minute
)

// membersOnly stands for the routes below where a request is received: they are not
// huma's, which would read the whole of a file into a string.
var membersOnly = &huma.Operation{Security: []map[string][]string{{sessionScheme: {}}}}

// registerUploads puts the routes of images on mux.
func (a *API) registerUploads(mux *http.ServeMux) {
	mux.HandleFunc("POST "+parley.UploadsPath, a.plain(a.upload))
	mux.HandleFunc("GET "+parley.UploadsPath+"/{id}", a.plain(a.image))
}

// plain serves people who are signed in; what goes wrong before the answer has begun
// is the answer.
func (a *API) plain(serve func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		r, err := a.receive(w, r, membersOnly)
		if err == nil {
			err = serve(w, r)
		}
		var refusal *Problem
		switch {
		case errors.As(err, &refusal):
			writeProblem(w, refusal)
		case err != nil:
			a.WriteError(w, r, err)
		}
	}
}

// upload answers an upload. What was refused counts for the limit like what was
// stored: to find out that an image cannot be read is as much work.
func (a *API) upload(w http.ResponseWriter, r *http.Request) error {
	v := viewerOf(r.Context())
	leave, err := a.gate.enter(v.ID)
	if err != nil {
		return err
	}
	defer leave()
	if !v.Staff() {
		_, wait, err := a.uploadLimit.Take(r.Context(), v.ID)
		if err == nil && wait > 0 {
			err = &parley.Error{Kind: parley.RateLimited, Message: "You are uploading very fast. Wait a moment, then send it again.", RetryAfter: wait}
		}
		if err != nil {
			return err
		}
	}
	file, err := a.readFile(w, r)
	if err != nil {
		return err
	}
	key := r.Header.Get("Idempotency-Key")
	if len(key) > 200 {
		return &parley.Error{Kind: parley.Unprocessable, Message: "The header Idempotency-Key must have at most 200 characters."}
	}
	// The form around the file may differ when it is sent again.
	exchangeOf(r.Context()).body = file
	stored, err := a.app.Upload(r.Context(), v, file, Creation{IdempotencyKey: key}.idempotency(r.Context()))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(stored)
}

// readFile reads the file from the form of a request.
func (a *API) readFile(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" || params["boundary"] == "" {
		return nil, newProblem(http.StatusUnsupportedMediaType, "Send the image as the field file of a form (multipart/form-data).")
	}
	// Not every writer can: a test's recorder has no connection.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTimeout))
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(2 * uploadTimeout))
	body := http.MaxBytesReader(w, r.Body, a.maxUpload+formOverhead)
	form := multipart.NewReader(body, params["boundary"])
	for {
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil, parley.InvalidField("file", "is missing")
		}
		if err != nil {
			return nil, a.unreadable(err)
		}
		if part.FormName() != "file" {
			continue
		}
		file, err := io.ReadAll(io.LimitReader(part, a.maxUpload+1))
		if err != nil {
			return nil, a.unreadable(err)
		}
		if int64(len(file)) > a.maxUpload {
			return nil, a.tooLarge()
		}
		return file, nil
	}
}

func (a *API) tooLarge() error {
	return parley.Errorf(parley.TooLarge, "The image is too large: at most %d MB are taken.", a.maxUpload>>20)
}

// unreadable says why a form could not be read to its end.
func (a *API) unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return a.tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return parley.Errorf(parley.Invalid, "The image did not arrive in time: send it again.")
	default:
		return &parley.Error{Kind: parley.Invalid, Message: "The form did not arrive completely, or is not well-formed: send it again.", Err: err}
	}
}

// imagePolicy keeps whatever a file may turn out to be from doing anything, if
// somebody opens it for itself.
const imagePolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

// image serves an uploaded image to those who may see it. Browsers keep it, and ask
// each time whether they still may show it: who loses access sees it no more.
func (a *API) image(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return parley.Errorf(parley.NotFound, "There is no such image.")
	}
	i, err := a.app.Image(r.Context(), viewerOf(r.Context()), id)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Cache-Control", "private, no-cache")
	header.Set("ETag", `"`+i.Tag+`"`)
	header.Set("Content-Security-Policy", imagePolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cross-Origin-Resource-Policy", "same-site")
	if r.Header.Get("If-None-Match") == header.Get("ETag") {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	file, err := a.app.OpenImage(r.Context(), i)
	if err != nil {
		return err
	}
	defer file.Close()
	a.send(w, r, i, file)
	return nil
}

// send sends the content of an image. If that ends too early, so does the connection:
// its client must not take it for all.
func (a *API) send(w http.ResponseWriter, r *http.Request, i app.Image, file io.Reader) {
	w.Header().Set("Content-Type", i.Type)
	w.Header().Set("Content-Disposition", "inline")
	w.Header().Set("Content-Length", strconv.FormatInt(i.Size, 10))
	if r.Method == http.MethodHead {
		return
	}
	if n, err := io.Copy(w, file); err != nil || n != i.Size {
		a.log.WarnContext(r.Context(), "image not sent completely", "sent", n, "size", i.Size, "error", err)
		panic(http.ErrAbortHandler)
	}
}
