package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAClusterIsNotBegunOnPortsThatThereCannotBe: it would end half way, in words of
// another program.
func TestAClusterIsNotBegunOnPortsThatThereCannotBe(t *testing.T) {
	for _, port := range []string{"forum", "0", "65515", "08080", "-1"} {
		up := exec.CommandContext(t.Context(), "../deploy/cluster", "up")
		up.Env = append(os.Environ(), "CLUSTER_PORT="+port, "CLUSTER_DIR="+t.TempDir()+"/cluster")
		said, err := up.CombinedOutput()
		if text := string(said); err == nil || !strings.HasPrefix(text, "cluster: CLUSTER_PORT is "+port) || strings.Count(text, "\n") != 1 {
			t.Errorf("%s: %v\n%s", port, err, text)
		}
	}
}

// TestAFolderThatHoldsNoClusterIsLeftAlone: CLUSTER_DIR may be mistyped.
func TestAFolderThatHoldsNoClusterIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	photo := filepath.Join(dir, "photo.jpg")
	if err := os.WriteFile(photo, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	down := exec.CommandContext(t.Context(), "../deploy/cluster", "down")
	down.Env = append(os.Environ(), "CLUSTER_DIR="+dir)
	said, err := down.CombinedOutput()
	if _, gone := os.Stat(photo); gone != nil || err == nil || !strings.Contains(string(said), "holds no cluster") {
		t.Errorf("%v, %v\n%s", gone, err, said)
	}
}
