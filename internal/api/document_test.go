package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"parley/internal/api"
)

// readDocument asks an API without a forum for its description.
func readDocument(t *testing.T) map[string]any {
	t.Helper()
	mux := http.NewServeMux()
	api.New(nil, api.Config{Version: "1.2.3"}).Register(mux)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/openapi.json", nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("answer %d of type %s", w.Code, w.Header().Get("Content-Type"))
	}
	var document map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// at follows keys into a JSON value.
func at(value any, keys ...string) any {
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

// promised are the statuses that the document names, by method and path.
var promised = sync.OnceValue(func() map[string]map[string]any {
	mux, w := http.NewServeMux(), httptest.NewRecorder()
	api.New(nil, api.Config{}).Register(mux)
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/openapi.json", nil))
	var document struct {
		Paths map[string]map[string]struct{ Responses map[string]any }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil {
		panic(err)
	}
	statuses := map[string]map[string]any{}
	for path, operations := range document.Paths {
		for method, operation := range operations {
			statuses[strings.ToUpper(method)+" "+path] = operation.Responses
		}
	}
	return statuses
})

// promises checks that the document names the status which an operation answered with.
// HEAD is GET without a body, and what is no operation is in no document.
func promises(t *testing.T, pattern string, status int) {
	t.Helper()
	statuses, described := promised()[pattern]
	if _, named := statuses[strconv.Itoa(status)]; described && !named {
		t.Errorf("%s answered %d, which its document does not name", pattern, status)
	}
}

func TestTheDocumentDescribesEveryRoute(t *testing.T) {
	document := readDocument(t)
	if document["openapi"] != "3.1.0" || at(document, "info", "title") != "Parley" || at(document, "info", "version") != "1.2.3" {
		t.Errorf("head: %v %v", document["openapi"], document["info"])
	}
	described := 0
	for _, item := range at(document, "paths").(map[string]any) {
		described += len(item.(map[string]any))
	}
	for _, path := range []string{"/api/forum/events/thread/{thread_id}", "/api/forum/events/global"} {
		stream := at(document, "paths", path, "get")
		if at(stream, "responses", "200", "content", "text/event-stream") == nil || at(stream, "responses", "401", "content", "application/problem+json") == nil {
			t.Errorf("%s: %v", path, stream)
		}
		described--
	}
	if at(document, "paths", "/api/forum/uploads", "post", "responses", "200", "content", "application/json", "schema") == nil {
		t.Error("uploads are not described")
	}
	described -= 2 // those of images
	if routes := api.Routes(); described != len(routes) {
		t.Errorf("%d operations described, %d routes", described, len(routes))
	}
	for _, r := range api.Routes() {
		op := at(document, "paths", r.Path, strings.ToLower(r.Method))
		if op == nil {
			t.Errorf("%s %s is missing", r.Method, r.Path)
			continue
		}
		checkOperation(t, r, op)
	}
}

// checkOperation expects what a reader needs of every operation.
func checkOperation(t *testing.T, r api.Route, op any) {
	t.Helper()
	if at(op, "operationId") != r.ID || at(op, "summary") == "" || at(op, "tags") == nil {
		t.Errorf("%s: named %v, summary %q, tags %v", r.ID, at(op, "operationId"), at(op, "summary"), at(op, "tags"))
	}
	if want, got := strings.Count(r.Path, "{"), parametersIn(op, "path"); got != want {
		t.Errorf("%s: %d path parameters described, %d in the path", r.ID, got, want)
	}
	if at(op, "responses", "200", "content", "application/json", "schema") == nil {
		t.Errorf("%s: its answer is not described", r.ID)
	}
	if (at(op, "security") == nil) != r.Anyone {
		t.Errorf("%s: security %v", r.ID, at(op, "security"))
	}
	if !r.Anyone && at(op, "responses", "401", "content", "application/problem+json", "schema") == nil {
		t.Errorf("%s: the refusal of strangers is not described", r.ID)
	}
}

// parametersIn counts an operation's parameters in the path, query or header.
func parametersIn(op any, place string) (n int) {
	parameters, _ := at(op, "parameters").([]any)
	for _, p := range parameters {
		if at(p, "in") == place {
			n++
		}
	}
	return n
}

func TestTheDocumentsReferencesLeadSomewhere(t *testing.T) {
	document := readDocument(t)
	var follow func(value any)
	follow = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, element := range value {
				follow(element)
			}
		case map[string]any:
			if ref, ok := value["$ref"].(string); ok {
				keys := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
				if at(document, keys...) == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, element := range value {
				follow(element)
			}
		}
	}
	follow(document)
}

func TestTheDocumentTellsWhatMayBeNull(t *testing.T) {
	properties := at(readDocument(t), "components", "schemas", "Message", "properties")
	for field, want := range map[string]string{
		"reply_to_message": `{"anyOf":[{"$ref":"#/components/schemas/ReplyExcerpt"},{"type":"null"}]}`,
		"edited_at":        `{"format":"date-time","type":["string","null"]}`,
		"mentions":         `{"description":"Names mentioned, special ones included.","items":{"type":"string"},"type":"array"}`,
	} {
		got, err := json.Marshal(at(properties, field))
		if err != nil || string(got) != want {
			t.Errorf("%s: %s, want %s (%v)", field, got, want, err)
		}
	}
}

func TestTheDocumentSaysThatNumbersMayBeStrings(t *testing.T) {
	got, err := json.Marshal(at(readDocument(t), "components", "schemas", "NewMessage", "properties", "reply_to_id"))
	want := `{"description":"A message of the same thread.","pattern":"^-?[0-9]+$","type":["integer","string","null"]}`
	if err != nil || string(got) != want {
		t.Errorf("%s, want %s (%v)", got, want, err)
	}
}
