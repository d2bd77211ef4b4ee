package seed

import (
	"time"

	"parley"
	"parley/internal/app"
)

// founded is how long ago the community began.
const founded = 45 * 24 * time.Hour

// community is a small workshop that builds synthesizers, and the people around
// it. Ada, Tomas, Mina and Finn are the ones to sign in as.
var community = app.Demo{
	Community: parley.Community{
		Name: "Heron & Hum", ThreadCreation: parley.CreationMembers, Registration: parley.RegistrationOpen,
	},
	Tiers: []parley.Tier{
		{Title: "Patch Cable", Description: "Build diaries, schematics and early demos.", Color: "#f97316", AmountCents: 500, Active: true},
		{Title: "Bench Seat", Description: "Everything, and a say in what is built next.", Color: "#8b5cf6", AmountCents: 1500, Active: true},
	},
	People: []app.DemoMember{
		{Username: "Ada", Role: parley.RoleCreator, About: "The creator: builds the instruments, sees and may do everything"},
		{Username: "Tomas", Role: parley.RoleTeam, About: "The team: keeps the workshop and the peace"},
		{Username: "Mina", Role: parley.RoleMember, Tier: "Patch Cable", Source: "patreon", About: "A patron on the $5 tier: makes music for puppets"},
		{Username: "Finn", Role: parley.RoleMember, About: "A free member: just soldered a first kit"},
		{Username: "Priya", Role: parley.RoleMember, Tier: "Bench Seat", Source: "patreon"},
		{Username: "Jonas", Role: parley.RoleMember, Tier: "Patch Cable", Source: "kofi"},
		{Username: "Margot", Role: parley.RoleMember, Tier: "Bench Seat", Source: "patreon"},
		{Username: "Walt", Role: parley.RoleMember},
		{Username: "Sana", Role: parley.RoleMember},
		{Username: "Bruno", Role: parley.RoleMember, Tier: "Patch Cable", Source: "patreon"},
		{Username: "Yuki", Role: parley.RoleMember, Tier: "Bench Seat", Source: "kofi"},
		{Username: "Leila", Role: parley.RoleMember},
	},
}
