package parley

import "fmt"

// Tier is a level of paid membership.
type Tier struct {
	ID          int64
	Title       string
	Description string
	Color       string // "#rrggbb"
	AmountCents int64  // per month
	Active      bool   // retired tiers are kept for the threads that use them
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
		return TierInfo{TierTitle: "Free Access"}
	}
	amount := fmt.Sprintf("$%d.%02d+", minCents/100, minCents%100)
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
