package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// sessionScheme names the security scheme of people who are signed in.
const sessionScheme = "session"

// keyScheme names that of API keys.
const keyScheme = "key"

const description = `The forum's HTTP API.

Bodies are JSON in UTF-8. Ids are integers; in request bodies they may also be strings of digits. Times are RFC 3339 in UTC. Unknown fields of bodies are ignored.

Every refusal is application/problem+json (RFC 9457); its detail is a sentence for people. What you may not know of (a private thread, for example) answers 404, like what is not there.`

// document begins the OpenAPI document; the operations come from the routes.
func document(cfg Config) *huma.OpenAPI {
	cookie, version := cfg.CookieName, cfg.Version
	if cookie == "" {
		cookie = "session_id"
	}
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info:    &huma.Info{Title: "Parley", Version: version, Description: description},
		Tags: []*huma.Tag{
			{Name: threads, Description: "Conversations, main ones and those that grew out of a message."},
			{Name: messages, Description: "What people write in threads."},
			{Name: likes, Description: "Who likes which message."},
			{Name: following, Description: "Which threads people follow, and how far they have read."},
			{Name: notifications, Description: "What people are told of."},
			{Name: people, Description: "Who there is."},
			{Name: searchTag, Description: "What was said."},
			{Name: settings, Description: "What people set for themselves."},
			{Name: moderation, Description: "For the creator and the team."},
			{Name: everyone, Description: "For creators."},
			{Name: administration, Description: "For creators."},
			{Name: account, Description: "Signing in and out."},
			{Name: live, Description: "What happens, while it happens."},
		},
		Components: &huma.Components{
			Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{
				sessionScheme: {Type: "apiKey", In: "cookie", Name: cookie, Description: "Set by signing in."},
				keyScheme:     {Type: "http", Scheme: "bearer", Description: "An API key with the scope that the operation names. It outweighs the cookie."},
			},
		},
	}
}

// showNulls marks the fields that hold an object or null as such: huma describes
// a pointer to a struct like the struct.
func showNulls(schemas huma.Registry) {
	for name, schema := range schemas.Map() {
		t := schemas.TypeFromRef("#/components/schemas/" + name)
		for _, field := range reflect.VisibleFields(t) {
			key, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			described := schema.Properties[key]
			if field.Type.Kind() != reflect.Pointer || described == nil || described.Ref == "" || options == "omitempty" {
				continue
			}
			schema.Properties[key] = &huma.Schema{
				Description: described.Description,
				AnyOf:       []*huma.Schema{{Ref: described.Ref}, {Type: "null"}},
			}
		}
	}
}

// serveDocument answers with the OpenAPI document as it is at the first request.
func serveDocument(spec *huma.OpenAPI) http.HandlerFunc {
	encoded := sync.OnceValues(func() ([]byte, error) { return json.Marshal(spec) })
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := encoded()
		if err != nil {
			writeProblem(w, newProblem(http.StatusInternalServerError, "The document cannot be written."))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-cache")
		w.Write(body)
	}
}
