package app

import (
	"context"
	"slices"

	"parley"
	"parley/internal/store"
)

// DemoPerson is somebody of a demo community whom anybody may sign in as.
type DemoPerson struct {
	ID             int64              `json:"id"`
	Username       string             `json:"username"`
	UserRole       parley.DisplayRole `json:"user_role" enum:"Creator,Team,Patron,Supporter,Member"`
	UserBadgeColor string             `json:"user_badge_color"`
	About          string             `json:"about" doc:"Who that is, in a few words."`
}

// ErrNotDemo means that a database holds a real community.
var ErrNotDemo = parley.Errorf(parley.Conflict, "This database holds a real community, whose people nobody else may sign in as: "+
	"leave --demo out, or name another file with --db for the demo.")

// OfferDemo lets anybody sign in as the people of a demo community, and as
// nobody else. A database that was not filled as a demo is refused with
// ErrNotDemo.
func (a *App) OfferDemo(ctx context.Context) error {
	return a.store.View(ctx, func(s *store.Snapshot) error {
		people, err := s.DemoPeople()
		if err == nil && len(people) == 0 {
			err = ErrNotDemo
		}
		a.demo.Store(err == nil)
		return err
	})
}

// DemoPeople returns whom anybody may sign in as; nobody unless OfferDemo was
// called.
func (a *App) DemoPeople(ctx context.Context) (people []DemoPerson, err error) {
	people = []DemoPerson{}
	if !a.demo.Load() {
		return people, nil
	}
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		stored, err := s.DemoPeople()
		if err != nil {
			return err
		}
		for _, p := range stored {
			u, found, err := s.User(p.UserID)
			if err != nil {
				return err
			}
			if found && u.Active {
				by := u.Author()
				people = append(people, DemoPerson{ID: u.ID, Username: by.Name, UserRole: by.Role, UserBadgeColor: by.BadgeColor, About: p.About})
			}
		}
		return nil
	})
	return people, err
}

// DemoLogin signs in as one of DemoPeople.
func (a *App) DemoLogin(ctx context.Context, username string, c Client) (SignIn, error) {
	people, err := a.DemoPeople(ctx)
	if err != nil {
		return SignIn{}, err
	}
	i := slices.IndexFunc(people, func(p DemoPerson) bool { return parley.FoldName(p.Username) == parley.FoldName(username) })
	if i < 0 {
		return SignIn{}, parley.Errorf(parley.NotFound, "There is nobody of that name to try the forum as.")
	}
	return a.signIn(ctx, c, func(tx *store.Tx) (parley.User, error) { return stillActive(tx, people[i].ID) })
}
