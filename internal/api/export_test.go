package api

import "parley"

// Route is a row of the table, for tests that go through all of them.
type Route struct {
	Method, Path, ID string
	Anyone           bool         // answers people who are not signed in
	Scope            parley.Scope // that lets an API key in; empty: none does
	MaxBody          int64        // bytes
}

// Routes returns the whole table.
func Routes() []Route {
	var routes []Route
	for _, r := range (&API{}).routes() {
		routes = append(routes, Route{r.method, r.path, r.id, r.refusals.anyone, scopes[r.id], r.maxBody()})
	}
	return routes
}

// LocalLimit is the limit of one process.
type LocalLimit = localLimit

// NewLocalLimit makes one.
var NewLocalLimit = newLocalLimit

// Remembered counts the people that memory is held for.
func (l *LocalLimit) Remembered() int { return len(l.recent) + len(l.older) }

// MaxUploadingEach bounds one person's uploads at the same time.
const MaxUploadingEach = maxUploadingEach

// Uploading counts the uploads that are arriving.
func (a *API) Uploading() int {
	a.gate.mu.Lock()
	defer a.gate.mu.Unlock()
	return a.gate.all
}
