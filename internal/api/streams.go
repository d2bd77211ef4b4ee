package api

import (
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// describeStreams adds the event streams to the document. Package live serves them.
func describeStreams(spec *huma.OpenAPI) {
	thread := &huma.Param{Name: "thread_id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}}
	spec.AddOperation(stream("/api/forum/events/thread/{thread_id}", "stream-thread", "Follow what happens in a thread",
		[]*huma.Param{thread}, http.StatusForbidden, http.StatusNotFound))
	spec.AddOperation(stream("/api/forum/events/global", "stream-forum", "Follow what concerns you or the whole forum", nil))
}

const streamDescription = `Server-Sent Events; the same frames as the WebSocket at …/ws/… sends, described in docs/protocol.md. A message's id is its event id: a browser's EventSource goes on where it was by itself.`

// stream describes an event stream.
func stream(path, id, summary string, params []*huma.Param, refusals ...int) *huma.Operation {
	text := &huma.Schema{Type: huma.TypeString}
	op := &huma.Operation{
		Method: http.MethodGet, Path: path, OperationID: id, Summary: summary, Description: streamDescription,
		Tags: []string{live}, Security: []map[string][]string{{sessionScheme: {}}},
		Parameters: append(params,
			&huma.Param{Name: "Last-Event-ID", In: "header", Schema: text, Description: "Go on behind this event. It outweighs last_event_id."},
			&huma.Param{Name: "last_event_id", In: "query", Schema: text, Description: "Go on behind this event, or where an Event-Id header says that an answer was read."}),
		Responses: map[string]*huma.Response{
			"200": {Description: "Frames, until either side ends the stream.", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: text}}},
		},
	}
	describeRefusals(op, append(refusals, http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusServiceUnavailable)...)
	return op
}

// describeRefusals adds the statuses that an operation refuses with.
func describeRefusals(op *huma.Operation, statuses ...int) {
	problem := map[string]*huma.MediaType{"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}}
	for _, status := range statuses {
		op.Responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status), Content: problem}
	}
}
