package test

import (
	"os"
	"os/exec"
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
