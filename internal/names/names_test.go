package names_test

import (
	"testing"

	"parley/internal/names"
)

func TestNamesThatLookAlikeHaveOneSkeleton(t *testing.T) {
	for _, alike := range [][]string{
		{"Ada", "ada", "ADA", "Аdа", "ΑDA", "Ａｄａ", "𝐀𝐝𝐚", "A\u200dda", "ᎪᎠᎪ"},
		{"Bill", "BiII", "bi11", "B1LL", "Віll", "BILL"},
		{"Tomo", "T0m0", "Тоmо", "ΤΟΜΟ", "Torno"},
		{"wave", "vvave", "ԝаvе"},
		{"Жанна", "жанна", "ЖАННА"},
		{"René", "Rene\u0301", "RENÉ"},
	} {
		for _, name := range alike[1:] {
			if got, want := names.Skeleton(name), names.Skeleton(alike[0]); got != want {
				t.Errorf("%s is %q, %s is %q", name, got, alike[0], want)
			}
		}
	}
}

func TestNamesThatPeopleTellApartHaveSkeletonsOfTheirOwn(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"Ada", "Adam", "Tomas", "Tomás", "Mina", "Finn", "Ad_a", "Жанна", "Ева", "太郎", "花子", "محمد", "אבי", "Zoë", "Zoe"} {
		skeleton := names.Skeleton(name)
		if other, taken := seen[skeleton]; taken || skeleton == "" {
			t.Errorf("%s and %s are both %q", name, other, skeleton)
		}
		seen[skeleton] = name
	}
}
