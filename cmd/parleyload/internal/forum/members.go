package forum

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// CountUsers returns to a creator how many people there are whose username or e-mail
// address holds part, "" for all.
func (c *Client) CountUsers(ctx context.Context, creator Session, part string) (int, error) {
	var page struct {
		Total int `json:"total"`
	}
	_, err := c.do(ctx, http.MethodGet, "/api/admin/users?limit=1&q="+url.QueryEscape(part), creator.header(), nil, &page)
	if err != nil {
		return 0, fmt.Errorf("count people: %w", err)
	}
	return page.Total, nil
}

// MaxMembers is how many members can be synchronised at once.
const MaxMembers = 1000

// Member is a member as the membership sync knows them.
type Member struct {
	ExternalID  string `json:"external_id"`
	Username    string `json:"username"`
	Role        string `json:"role"`
	AmountCents int64  `json:"amount_cents"`
	IsActive    bool   `json:"is_active"`
}

// SyncMembers has a creator make members, at most MaxMembers; those that are there
// already stay. The error is that of the first who failed.
func (c *Client) SyncMembers(ctx context.Context, creator Session, members []Member) error {
	body := struct {
		Members []Member `json:"members"`
	}{members}
	var answer struct {
		Results []struct {
			ExternalID string `json:"external_id"`
			Error      *struct {
				Status int    `json:"status"`
				Detail string `json:"detail"`
			} `json:"error"`
		} `json:"results"`
	}
	if _, err := c.do(ctx, http.MethodPost, "/api/admin/members/bulk", creator.header(), body, &answer); err != nil {
		return fmt.Errorf("make members: %w", err)
	}
	for _, r := range answer.Results {
		if r.Error != nil {
			return fmt.Errorf("make member %s: %w", r.ExternalID, &StatusError{r.Error.Status, r.Error.Detail})
		}
	}
	return nil
}
