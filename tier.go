package parley

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Tier is a level of paid membership.
type Tier struct {
	ID          int64
	Title       string
	Description string
	Color       string // "#rrggbb"
	AmountCents int64  // per month
	Active      bool   // retired tiers are kept for the threads that use them
}

// Bounds of a tier's fields: characters, and cents a month.
const (
	maxTierTitle       = 100
	maxTierDescription = 500
	MaxAmountCents     = 99_999_999
)

var colorPattern = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// CheckTier returns a tier without space around its texts, or what is wrong with
// it. A tier without a colour gets a grey one.
func CheckTier(t Tier) (Tier, error) {
	t.Title, t.Description = strings.Join(strings.Fields(t.Title), " "), strings.TrimSpace(t.Description)
	if t.Color == "" {
		t.Color = defaultTierColor
	}
	switch {
	case t.Title == "" || utf8.RuneCountInString(t.Title) > maxTierTitle:
		return t, InvalidField("title", "must have 1 to %d characters", maxTierTitle)
	case utf8.RuneCountInString(t.Description) > maxTierDescription:
		return t, InvalidField("description", "must have at most %d characters", maxTierDescription)
	case !colorPattern.MatchString(t.Color):
		return t, InvalidField("color", "must be a colour like %s", defaultTierColor)
	case t.AmountCents < 1 || t.AmountCents > MaxAmountCents:
		return t, InvalidField("amount_cents", "must be 1 to %d", MaxAmountCents)
	}
	if err := checkText("title", t.Title); err != nil {
		return t, err
	}
	return t, checkText("description", t.Description)
}

// freeAccess is what is called so that everybody has.
const freeAccess = "Free Access"

// TierOption is a tier as it is offered for threads and memberships.
type TierOption struct {
	ID          *int64 `json:"id" doc:"Null: for free."`
	Title       string `json:"title"`
	AmountCents int64  `json:"amount_cents" doc:"Per month."`
	Description string `json:"description"`
	Color       string `json:"color"`
}

// FreeTier is the option of those who pay nothing.
func FreeTier() TierOption {
	return TierOption{Title: freeAccess, Description: "Open to all members", Color: defaultTierColor}
}

// Option returns t as it is offered.
func (t Tier) Option() TierOption {
	return TierOption{ID: &t.ID, Title: t.Title, AmountCents: t.AmountCents, Description: t.Description, Color: t.Color}
}

// TierInfo shows which membership a thread asks for.
type TierInfo struct {
	IsRestricted    bool    `json:"is_restricted"`
	TierTitle       string  `json:"tier_title"`
	MinTierCents    int64   `json:"min_tier_cents"`
	TierID          *int64  `json:"tier_id"`
	TierDescription *string `json:"tier_description,omitempty" doc:"Restricted threads only."`
	TierColor       *string `json:"tier_color,omitempty" doc:"Restricted threads only."`
	AmountDisplay   *string `json:"amount_display,omitempty" doc:"Restricted threads only." example:"$5.00+"`
}

// defaultTierColor is for amounts that no tier row stands behind.
const defaultTierColor = "#6b7280"

// NewTierInfo describes a thread that asks for minCents; tier is the one it was
// set by, nil if the amount stands alone.
func NewTierInfo(minCents int64, tier *Tier) TierInfo {
	if minCents <= 0 {
		return TierInfo{TierTitle: freeAccess}
	}
	amount := dollars(minCents) + "+"
	title, description, color := amount, "", defaultTierColor
	info := TierInfo{IsRestricted: true, MinTierCents: minCents, AmountDisplay: &amount}
	if tier != nil {
		title, description = tier.Title, tier.Description
		if tier.Color != "" {
			color = tier.Color
		}
		info.TierID = &tier.ID
	}
	info.TierTitle, info.TierDescription, info.TierColor = title, &description, &color
	return info
}

func dollars(cents int64) string { return fmt.Sprintf("$%d.%02d", cents/100, cents%100) }
