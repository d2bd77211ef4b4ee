package config_test

import (
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/config"
)

type settings struct {
	config.Log
	config.Serve
}

// load reads settings as the command line does.
func load(t *testing.T, file string, args ...string) (settings, error) {
	t.Helper()
	if file != "" {
		name := filepath.Join(t.TempDir(), "parley.conf")
		if err := os.WriteFile(name, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", name)
	}
	var s settings
	parser, err := config.NewParser("parley", &s, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = parser.ParseArgs(args); err == nil {
		err = s.Validate()
	}
	return s, err
}

func mustLoad(t *testing.T, file string, args ...string) settings {
	t.Helper()
	s, err := load(t, file, args...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWithoutSettingsTheServerIsForThisMachineAlone(t *testing.T) {
	got := mustLoad(t, "")
	want := config.Serve{
		Addr: "127.0.0.1:8080", AdminAddr: "127.0.0.1:9090", CookieName: "session_id",
		MaxSocketsPerUser: 20, HandshakesPerSecond: 10_000, HandshakesPerAddress: 200, PostsPerMinute: 30, Drain: 30 * time.Second,
		MaxUpload: 10, S3Region: "us-east-1",
	}
	if diff := cmp.Diff(want, got.Serve); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	if got.LogFormat != "text" || got.LogLevel.Level != slog.LevelInfo {
		t.Errorf("logs as %s from %s", got.LogFormat, got.LogLevel)
	}
}

func TestAFlagOutweighsTheEnvironmentAndThatTheFile(t *testing.T) {
	const file = "posts-per-minute = 10\n"
	if got := mustLoad(t, file).PostsPerMinute; got != 10 {
		t.Errorf("with a file: %d, want the file's 10", got)
	}
	t.Setenv("PARLEY_POSTS_PER_MINUTE", "20")
	if got := mustLoad(t, file).PostsPerMinute; got != 20 {
		t.Errorf("with file and environment: %d, want the environment's 20", got)
	}
	if got := mustLoad(t, file, "--posts-per-minute=40").PostsPerMinute; got != 40 {
		t.Errorf("with all three: %d, want the flag's 40", got)
	}
}

func TestPreviewsOfLinksAreOffUntilTheyAreSwitchedOn(t *testing.T) {
	if mustLoad(t, "").LinkPreviews {
		t.Error("on without a setting")
	}
	if !mustLoad(t, "", "--link-previews").LinkPreviews || !mustLoad(t, "link-previews = true").LinkPreviews {
		t.Error("off though the flag, or the file, switches them on")
	}
	t.Setenv("PARLEY_LINK_PREVIEWS", "true")
	running, next := mustLoad(t, "").Serve, mustLoad(t, "").Serve
	next.LinkPreviews = false
	if restart := running.Adopt(next); !running.LinkPreviews || len(restart) != 1 || restart[0] != "link-previews" {
		t.Errorf("on is %v, and needs a restart to change: %v", running.LinkPreviews, restart)
	}
}

func TestTheEnvironmentMayNameTheFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "parley.conf")
	if err := os.WriteFile(name, []byte("demo = true"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PARLEY_CONFIG", name)
	if !mustLoad(t, "").Demo {
		t.Error("the file that PARLEY_CONFIG names was not read")
	}
}

func TestAFileHasCommentsAndRepeatsWhatMayBeRepeated(t *testing.T) {
	got := mustLoad(t, `
# The community's site embeds the forum.
origin = https://Ada.example
origin = http://localhost:3000

trusted-proxies = 10.0.0.0/8,::1/128
log-format=json
log-level=warn
admin-addr =
`)
	want := config.Serve{
		Addr: "127.0.0.1:8080", CookieName: "session_id", MaxSocketsPerUser: 20, HandshakesPerSecond: 10_000, HandshakesPerAddress: 200, PostsPerMinute: 30, Drain: 30 * time.Second,
		MaxUpload: 10, S3Region: "us-east-1",
		Origins:        config.Origins{"https://ada.example", "http://localhost:3000"},
		TrustedProxies: config.Networks{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")},
	}
	if diff := cmp.Diff(want, got.Serve, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if got.LogFormat != "json" || got.LogLevel.Level != slog.LevelWarn {
		t.Errorf("logs as %s from %s", got.LogFormat, got.LogLevel)
	}
}

func TestWhatIsWrongIsSaidInOneLine(t *testing.T) {
	for _, tc := range []struct{ name, file, arg, want string }{
		{"a misspelt name in the file", "post-per-minute = 3", "", `sets "post-per-minute", which is no flag`},
		{"a line that is no setting", "demo", "", "line 1 of the configuration file is not of the form name = value"},
		{"one value twice", "addr = :1\naddr = :2", "", `sets "addr" more than once`},
		{"neither true nor false", "demo =", "", `sets "demo" to nothing`},
		{"an origin with a path", "", "--origin=https://ada.example/forum", "is no origin"},
		{"an origin without a scheme", "", "--origin=ada.example", "is no origin"},
		{"a network that is none", "", "--trusted-proxies=10.0.0.0", "10.0.0.0"},
		{"no sockets", "", "--max-sockets-per-user=0", "must be at least 1"},
		{"fewer posts than none", "", "--posts-per-minute=-1", "must be 0 (any number) or more"},
		{"a cookie that browsers refuse", "", "--cookie-name=a b", "--cookie-name must be"},
		{"a format there is not", "", "--log-format=xml", "Invalid value `xml' for option `--log-format'. Allowed values are: text or json"},
		{"uploads without bounds", "", "--max-upload=0", "--max-upload must be 1 to 100 MB"},
		{"a service without a bucket", "", "--s3-endpoint=https://s3.example.org", "need each other"},
		{"two places for images", "uploads = here\ns3-bucket = pictures", "--s3-endpoint=https://s3.example.org", "images are kept in one place"},
		{"a level there is not", "", "--log-level=loud", "--log-level"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var args []string
			if tc.arg != "" {
				args = []string{tc.arg}
			}
			_, err := load(t, tc.file, args...)
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line with %q", err, tc.want)
			}
		})
	}
}

func TestAnEmptyVariableSwitchesNothingOn(t *testing.T) {
	t.Setenv("PARLEY_DEMO", "")
	if _, err := config.NewParser("parley", &settings{}, os.LookupEnv); err == nil || !strings.Contains(err.Error(), "PARLEY_DEMO is empty") {
		t.Errorf("got %v", err)
	}
}

func TestARunningServerAdoptsWhatItCanAndNamesTheRest(t *testing.T) {
	running, next := mustLoad(t, "").Serve, mustLoad(t, "").Serve
	next.Origins, next.PostsPerMinute = config.Origins{"https://ada.example"}, 60
	if restart := running.Adopt(next); len(restart) != 0 || running.PostsPerMinute != 60 || len(running.Origins) != 1 {
		t.Errorf("adopted %+v, restart for %v", running, restart)
	}
	next.Addr, next.AdminAddr, next.CookieName, next.MaxSocketsPerUser, next.Demo = ":1", ":2", "c", 1, true
	want := []string{"addr", "admin-addr", "cookie-name", "max-sockets-per-user", "demo"}
	if diff := cmp.Diff(want, running.Adopt(next)); diff != "" {
		t.Errorf("needs a restart (-want +got):\n%s", diff)
	}
	if running.Addr != "127.0.0.1:8080" {
		t.Error("adopted an address without a restart")
	}
}
