package server

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"parley/internal/api"
	"parley/internal/metrics"
)

// withPanics serves a handler as the server does, and returns what it answered
// and what was logged.
func withPanics(t *testing.T, h http.HandlerFunc) (answer *httptest.ResponseRecorder, log string, thrown any) {
	t.Helper()
	var text bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&text, nil))
	s := &Server{logger: logger, api: api.New(nil, api.Config{Logger: logger}), counts: metrics.New()}
	answer = httptest.NewRecorder()
	func() {
		defer func() { thrown = recover() }()
		s.withAccessLog(h).ServeHTTP(answer, httptest.NewRequest("GET", "/api/forum/threads", nil))
	}()
	return answer, text.String(), thrown
}

func TestAPanicIsAnsweredAndLogged(t *testing.T) {
	answer, log, thrown := withPanics(t, func(http.ResponseWriter, *http.Request) { panic("the bench is on fire") })
	if thrown != nil || answer.Code != http.StatusInternalServerError || answer.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("answered %d %s, threw %v", answer.Code, answer.Body, thrown)
	}
	if strings.Contains(answer.Body.String(), "fire") {
		t.Errorf("the answer shows what went wrong inside: %s", answer.Body)
	}
	if !strings.Contains(log, "the bench is on fire") || !strings.Contains(log, "status=500") {
		t.Errorf("the log lacks the panic or the answer:\n%s", log)
	}
}

func TestAPanicInTheMiddleOfAnAnswerCutsItOff(t *testing.T) {
	_, log, thrown := withPanics(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("half"))
		panic("the bench is on fire")
	})
	if err, ok := thrown.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
		t.Errorf("threw %v, want the connection aborted", thrown)
	}
	if !strings.Contains(log, "the bench is on fire") {
		t.Errorf("the log lacks the panic:\n%s", log)
	}
}

func TestAHandlerMayAbortItsConnection(t *testing.T) {
	_, log, thrown := withPanics(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if thrown == nil || strings.Contains(log, "panic") {
		t.Errorf("threw %v, logged %s", thrown, log)
	}
}
