// Package api serves the HTTP API of the forum under /api, and its description
// as OpenAPI 3.1 under /openapi.json.
//
// Every route stands in one table in routes.go. A request passes, in this
// order: exchange.go (size limit, who is asking), huma (decoding and validation
// by the types of the handler), a handler of a dozen lines in the file of its
// resource, which calls one use case of package app, and on refusal errors.go,
// the one place that turns errors into answers.
//
// The shapes answered are types of package parley where they are what the forum
// talks about, and stand beside their handler where they are an envelope.
package api
