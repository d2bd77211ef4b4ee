package auth

import "testing"

func TestAnAPIKeyIsRecognisedAndNoOther(t *testing.T) {
	seen := map[string]bool{}
	for range 1_000 {
		key, id := NewKey()
		if !IsKey(key) || len(id) != 16 || key[:24] != "parley_"+id+"_" || seen[key] || seen[id] {
			t.Fatalf("key %q with the public id %q", key, id)
		}
		seen[key], seen[id] = true, true
	}
	key, _ := NewKey()
	for _, text := range []string{"", "parley_", key[:75], key + "a", key + "\n", "Parley" + key[6:], key[:24] + "A" + key[25:], NewToken()} {
		if IsKey(text) {
			t.Errorf("%q is taken for a key", text)
		}
	}
}

func TestAuthorizationIsReadAsABearersAlone(t *testing.T) {
	for header, want := range map[string]string{"Bearer abc": "abc", "bearer  abc ": "abc", " BEARER abc": "abc", "Bearer": "", "Bearer ": ""} {
		if got, ok := Bearer(header); got != want || !ok {
			t.Errorf("%q: %q %v", header, got, ok)
		}
	}
	for _, header := range []string{"", "Basic YTpi", "Bearerabc", "Digest Bearer"} {
		if got, ok := Bearer(header); ok {
			t.Errorf("%q is read as %q", header, got)
		}
	}
}
