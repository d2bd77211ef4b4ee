package app

import (
	"cmp"
	"context"
	"errors"
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
var ErrNotDemo = errors.New("it holds a real community, whose people nobody else may sign in as: " +
	"leave --demo out, or name another file with --db")

// ErrNotEmpty means that a database has people already.
var ErrNotEmpty = errors.New("it has people in it already: name a new file with --db")

// Demo is what a demo community begins with.
type Demo struct {
	Community parley.Community
	Tiers     []parley.Tier
	People    []DemoMember
}

// DemoMember is somebody of a demo community.
type DemoMember struct {
	Username string
	Role     parley.Role
	Tier     string // title of the tier they pay for; empty: none
	Source   string // where they pay
	About    string // in a few words, for those whom anybody may sign in as; else empty
}

// FoundDemo makes an empty database a demo community's, or returns ErrNotEmpty.
// Its people have no passwords: once the demo is over, nobody can sign in as
// them. It returns them by username.
func (a *App) FoundDemo(ctx context.Context, d Demo) (people map[string]parley.User, err error) {
	err = a.update(ctx, func(tx *store.Tx) error {
		if err := tx.Alone(); err != nil {
			return err
		}
		if n, err := tx.CountUsers(); err != nil || n > 0 {
			return cmp.Or(err, ErrNotEmpty)
		}
		if err := tx.SetCommunity(d.Community); err != nil {
			return err
		}
		tiers, err := insertTiers(tx, d.Tiers)
		if err == nil {
			people, err = insertDemoMembers(tx, d.People, tiers)
		}
		return err
	})
	return people, err
}

// insertTiers returns the memberships that tiers give, by title.
func insertTiers(tx *store.Tx, tiers []parley.Tier) (map[string]parley.Membership, error) {
	memberships := map[string]parley.Membership{"": {}}
	for _, t := range tiers {
		id, err := tx.InsertTier(t)
		if err != nil {
			return nil, err
		}
		memberships[t.Title] = parley.Membership{AmountCents: t.AmountCents, TierID: id}
	}
	return memberships, nil
}

func insertDemoMembers(tx *store.Tx, members []DemoMember, tiers map[string]parley.Membership) (map[string]parley.User, error) {
	people := map[string]parley.User{}
	var demo []store.DemoPerson
	for _, m := range members {
		u := parley.User{Username: m.Username, Role: m.Role, Membership: tiers[m.Tier], Active: true, CreatedAt: tx.Now()}
		u.Membership.Source = m.Source
		var err error
		if u.ID, err = tx.CreateUser(store.Account{User: u}); err != nil {
			return nil, err
		}
		people[u.Username] = u
		if m.About != "" {
			demo = append(demo, store.DemoPerson{UserID: u.ID, About: m.About})
		}
	}
	return people, tx.SetDemoPeople(demo)
}

// OfferDemo lets anybody sign in as the people of a demo community who are meant
// for it, and as nobody else. A database that was not founded as a demo is
// refused with ErrNotDemo.
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
			if found && u.Viewer().Active {
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

// RunJobs runs the jobs that are due, for those who do not leave that to Run.
func (a *App) RunJobs(ctx context.Context) {
	for a.runJobs(ctx) {
	}
	if err := a.recountAll(ctx); err != nil {
		a.warn(ctx, err, "counts not sent")
	}
}

// Settle is RunJobs, and stores the views counted so far.
func (a *App) Settle(ctx context.Context) {
	a.RunJobs(ctx)
	a.flushViews(ctx)
}
