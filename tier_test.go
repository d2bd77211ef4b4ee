package parley_test

import (
	"encoding/json"
	"testing"

	"parley"
)

func TestTierInfoHasTwoShapes(t *testing.T) {
	gold := &parley.Tier{ID: 3, Title: "Gold", Description: "Everything", Color: "#f59e0b", AmountCents: 1250, Active: true}
	for _, tc := range []struct {
		name  string
		cents int64
		tier  *parley.Tier
		want  string
	}{
		{"free", 0, nil, `{"is_restricted":false,"tier_title":"Free Access","min_tier_cents":0,"tier_id":null}`},
		{"free, whatever tier it once had", 0, gold, `{"is_restricted":false,"tier_title":"Free Access","min_tier_cents":0,"tier_id":null}`},
		{
			"by a tier", 1250, gold,
			`{"is_restricted":true,"tier_title":"Gold","min_tier_cents":1250,"tier_id":3,"tier_description":"Everything","tier_color":"#f59e0b","amount_display":"$12.50+"}`,
		},
		{
			"by a tier without colour", 500, &parley.Tier{ID: 4, Title: "Silver"},
			`{"is_restricted":true,"tier_title":"Silver","min_tier_cents":500,"tier_id":4,"tier_description":"","tier_color":"#6b7280","amount_display":"$5.00+"}`,
		},
		{
			"by an amount alone", 5, nil,
			`{"is_restricted":true,"tier_title":"$0.05+","min_tier_cents":5,"tier_id":null,"tier_description":"","tier_color":"#6b7280","amount_display":"$0.05+"}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := json.Marshal(parley.NewTierInfo(tc.cents, tc.tier))
			if err != nil || string(got) != tc.want {
				t.Errorf("%v\n got %s\nwant %s", err, got, tc.want)
			}
		})
	}
}
