package app

import (
	"context"

	"parley"
	"parley/internal/store"
)

// SearchQuery is what somebody searches for.
type SearchQuery struct {
	Text  string
	Type  string // of the threads: main, sub, all
	Limit int    // of each, threads and messages
}

// SearchResult is what was found, the best and newest first.
type SearchResult struct {
	Threads  []ThreadFound  `json:"threads" nullable:"false" doc:"By their titles."`
	Messages []MessageFound `json:"messages" nullable:"false"`
}

// ThreadFound is a thread that was found by its title.
type ThreadFound struct {
	ID           int64             `json:"id"`
	Title        string            `json:"title"`
	Username     string            `json:"username"`
	ThreadType   parley.ThreadType `json:"thread_type" enum:"main,sub"`
	MessageCount int64             `json:"message_count"`
	CreatedAt    parley.Time       `json:"created_at" format:"date-time"`
	SnippetHTML  string            `json:"snippet_html" doc:"Escaped; what was found is in mark elements."`
}

// MessageFound is a message that was found.
type MessageFound struct {
	ID             int64       `json:"id"`
	ContentPreview string      `json:"content_preview" doc:"Its first 200 characters."`
	Username       string      `json:"username"`
	ThreadID       int64       `json:"thread_id"`
	ThreadTitle    string      `json:"thread_title"`
	CreatedAt      parley.Time `json:"created_at" format:"date-time"`
	SnippetHTML    string      `json:"snippet_html" doc:"Escaped; what was found is in mark elements."`
}

// Search finds threads and messages that v may see.
func (a *App) Search(ctx context.Context, v parley.Viewer, q SearchQuery) (SearchResult, error) {
	result := SearchResult{Threads: []ThreadFound{}, Messages: []MessageFound{}}
	filter := store.SearchFilter{Terms: parley.ParseSearch(q.Text), Limit: q.Limit}
	if q.Type != "all" {
		filter.Kind = parley.ThreadType(q.Type)
	}
	err := a.viewNow(ctx, v, func(s *store.Snapshot, v parley.Viewer) error {
		threads, err := s.SearchThreads(v, filter)
		if err != nil {
			return err
		}
		for _, t := range threads {
			result.Threads = append(result.Threads, ThreadFound(t))
		}
		messages, err := s.SearchMessages(v, filter)
		for _, m := range messages {
			result.Messages = append(result.Messages, MessageFound(m))
		}
		return err
	})
	return result, err
}
