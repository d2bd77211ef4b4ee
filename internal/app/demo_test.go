package app_test

import (
	"errors"
	"testing"

	"parley"
	"parley/internal/app"
)

var smallDemo = app.Demo{
	Community: parley.Community{Name: "Demo", ThreadCreation: parley.CreationTeam, Registration: parley.RegistrationOpen},
	Tiers:     []parley.Tier{{Title: "Patch Cable", AmountCents: 500, Active: true}},
	People: []app.DemoMember{
		{Username: "Ada", Role: parley.RoleCreator, About: "The creator"},
		{Username: "Mina", Role: parley.RoleMember, Tier: "Patch Cable", Source: "patreon", About: "A patron"},
		{Username: "Walt", Role: parley.RoleMember},
	},
}

func TestADemosPeopleAreSignedInAsWithAClick(t *testing.T) {
	d := openDoors(t)
	people, err := d.FoundDemo(t.Context(), smallDemo)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.OfferDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	offered, err := d.DemoPeople(t.Context())
	if err != nil || len(offered) != 2 || offered[1].Username != "Mina" || offered[1].UserRole != parley.DisplayPatron || offered[1].About != "A patron" {
		t.Errorf("offered are %+v, %v", offered, err)
	}
	in, err := d.DemoLogin(t.Context(), "mina", laptop)
	if err != nil || in.User.ID != people["Mina"].ID || in.User.Membership.AmountCents != 500 || !d.opens(in.Token) {
		t.Errorf("signed in as %+v, %v", in.User, err)
	}
}

func TestADemoOffersNobodyElse(t *testing.T) {
	d := openDoors(t)
	if _, err := d.FoundDemo(t.Context(), smallDemo); err != nil {
		t.Fatal(err)
	}
	d.add("Priya", parley.RoleMember)
	if err := d.OfferDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Walt", "Priya", "", "everyone"} {
		_, err := d.DemoLogin(t.Context(), name, laptop)
		wantKind(t, err, parley.NotFound)
	}
	if err := d.Deactivate(t.Context(), "Mina"); err != nil {
		t.Fatal(err)
	}
	_, err := d.DemoLogin(t.Context(), "Mina", laptop)
	wantKind(t, err, parley.NotFound)
}

func TestADemosPeopleStayOutOnceTheDemoIsOver(t *testing.T) {
	d := openDoors(t)
	if _, err := d.FoundDemo(t.Context(), smallDemo); err != nil {
		t.Fatal(err)
	}
	_, err := d.DemoLogin(t.Context(), "Ada", laptop)
	wantKind(t, err, parley.NotFound)
	_, err = d.Login(t.Context(), "Ada", "", laptop)
	wantKind(t, err, parley.Unauthenticated)
}

func TestARealCommunityIsNoDemo(t *testing.T) {
	d := openDoors(t)
	d.add("Ada", parley.RoleCreator)
	if _, err := d.FoundDemo(t.Context(), smallDemo); !errors.Is(err, app.ErrNotEmpty) {
		t.Errorf("founding: %v", err)
	}
	if err := d.OfferDemo(t.Context()); !errors.Is(err, app.ErrNotDemo) {
		t.Errorf("offering: %v", err)
	}
	_, err := d.DemoLogin(t.Context(), "Ada", laptop)
	wantKind(t, err, parley.NotFound)
}
