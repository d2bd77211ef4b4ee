package api

import (
	"sync"
	"time"

	"parley"
)

const (
	// maxUploading bounds the uploads that arrive at the same time, each of which is in
	// memory.
	maxUploading = 16

	// maxUploadingEach bounds those of one person, who would else need no more than
	// sixteen slow ones to keep everybody from uploading.
	maxUploadingEach = 2
)

// gate lets so many uploads in at a time. The zero value is ready; its methods may be
// called concurrently.
type gate struct {
	mu     sync.Mutex
	all    int
	byUser map[int64]int
}

// enter returns how to leave, or why somebody has to wait.
func (g *gate) enter(userID int64) (leave func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.byUser[userID] >= maxUploadingEach:
		return nil, &parley.Error{Kind: parley.RateLimited, Message: "Your other images are still arriving. Send this one when they have.", RetryAfter: time.Second}
	case g.all >= maxUploading:
		return nil, &parley.Error{Kind: parley.Unavailable, Message: "Many images are arriving at the moment. Send yours again in some seconds.", RetryAfter: 5 * time.Second}
	}
	if g.byUser == nil {
		g.byUser = map[int64]int{}
	}
	g.all++
	g.byUser[userID]++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.all--
		if g.byUser[userID]--; g.byUser[userID] == 0 {
			delete(g.byUser, userID)
		}
	}, nil
}
