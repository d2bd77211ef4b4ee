package app

import (
	"context"

	"parley"
	"parley/internal/store"
)

// Community returns the community's settings.
func (a *App) Community(ctx context.Context) (c parley.Community, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		c, err = s.Community()
		return err
	})
	return c, err
}

// CommunityPatch is what is to change of the community's settings; nil leaves a
// field.
type CommunityPatch struct {
	Name           *string
	ThreadCreation *parley.ThreadCreation
	Registration   *parley.Registration

	NewMemberDays         *int64
	NewMemberPostsPerHour *int64
	NewMemberLinks        *int64
	NewMemberMentions     *int64
}

// InspectCommunity returns the community's settings to a creator.
func (a *App) InspectCommunity(ctx context.Context, v parley.Viewer) (c parley.Community, err error) {
	err = a.inspect(ctx, v, func(s *store.Snapshot) error {
		c, err = s.Community()
		return err
	})
	return c, err
}

// UpdateCommunity changes the community's settings.
func (a *App) UpdateCommunity(ctx context.Context, v parley.Viewer, patch CommunityPatch) (c parley.Community, err error) {
	err = a.administrate(ctx, v, func(tx *store.Tx, v parley.Viewer) error {
		old, err := tx.Community()
		if err != nil {
			return err
		}
		c = old
		set(&c.Name, patch.Name)
		set(&c.ThreadCreation, patch.ThreadCreation)
		set(&c.Registration, patch.Registration)
		set(&c.NewMembers.Days, patch.NewMemberDays)
		set(&c.NewMembers.PostsPerHour, patch.NewMemberPostsPerHour)
		set(&c.NewMembers.Links, patch.NewMemberLinks)
		set(&c.NewMembers.Mentions, patch.NewMemberMentions)
		if c, err = parley.CheckCommunity(c); err != nil || c == old {
			return err
		}
		if err := tx.SetCommunity(c); err != nil {
			return err
		}
		return tx.Audit(v.ID, parley.ActCommunityUpdated, 0, old, c)
	})
	return c, err
}
