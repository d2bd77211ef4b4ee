package api

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"parley"
)

// describeUploads adds the routes of images to the document.
func describeUploads(spec *huma.OpenAPI) {
	file := &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "JPEG, PNG, GIF or WebP."}
	form := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"file": file}, Required: []string{"file"}}
	upload := &huma.Operation{
		Method: http.MethodPost, Path: parley.UploadsPath, OperationID: "upload-image", Summary: "Upload an image",
		Description: "The image is written anew: what a file carries beside its pixels, as where a photograph was taken, is gone. " +
			"Messages of the uploader's show it by its url, ![description](url); who may read one of them may see it. What no message shows for a day is removed.",
		Tags: []string{messages}, Security: membersOnly.Security,
		Parameters:  []*huma.Param{{Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString}, Description: "The same key with the same file within 24 hours stores nothing again."}},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: form}}},
		Responses: map[string]*huma.Response{"200": {
			Description: "The image, as it is stored.",
			Content: map[string]*huma.MediaType{"application/json": {
				Schema: spec.Components.Schemas.Schema(reflect.TypeFor[parley.Upload](), true, "Upload"),
			}},
		}},
	}
	describeRefusals(upload, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	spec.AddOperation(upload)

	image := &huma.Operation{
		Method: http.MethodGet, Path: parley.UploadsPath + "/{id}", OperationID: "get-image", Summary: "Get an image",
		Description: "For those who may read a message that shows it; for its uploader while none does.",
		Tags:        []string{messages}, Security: membersOnly.Security,
		Parameters: []*huma.Param{{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}}},
		Responses: map[string]*huma.Response{
			"200": {Description: "The image.", Content: map[string]*huma.MediaType{}},
			"304": {Description: "It is the one that If-None-Match names."},
		},
	}
	for _, kind := range []string{"image/jpeg", "image/png", "image/gif"} {
		image.Responses["200"].Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	describeRefusals(image, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusServiceUnavailable)
	spec.AddOperation(image)
}
