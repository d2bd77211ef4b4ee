package test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestRollingRestart restarts one replica after the other behind nginx, set up as in
// deploy, while people write and watch: no request fails, and nothing is lost.
func TestRollingRestart(t *testing.T) {
	c := startCluster(t, 2)
	proxy := startProxy(t, c.replicas)
	ada := signIn(t, c.replicas[0], "Ada")
	ada.base = proxy
	tr := startTraffic(t, ada, []string{proxy}, 3, 20*time.Millisecond)
	for _, p := range c.replicas {
		if code := p.stop(); code != 0 {
			t.Errorf("a replica that was asked to stop ended with %d", code)
		}
		p.start()
	}
	tr.finish(ada)
	for what, n := range tr.failures() {
		t.Errorf("%d requests failed: %s", n, what)
	}
	if tr.ends()[1001] == 0 {
		t.Errorf("no socket was sent away: %v", tr.ends())
	}
}

// startProxy starts nginx with the configuration of deploy in front of the replicas
// and returns its address. It ends with the test.
func startProxy(t *testing.T, replicas []*program) string {
	t.Helper()
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		if nginx = "/usr/sbin/nginx"; !exists(nginx) {
			t.Fatal("there is no nginx: install Debian's package nginx (make test does, as root)")
		}
	}
	folder := t.TempDir()
	server, err := os.ReadFile("../deploy/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	var conf strings.Builder
	if os.Getuid() == 0 {
		conf.WriteString("user root;\n") // its workers could not reach the folder otherwise
	}
	fmt.Fprintf(&conf, "daemon off; pid nginx.pid; error_log stderr; worker_processes 1; events {}\nhttp { access_log off;\n")
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&conf, "%s_temp_path %s;\n", kind, kind)
	}
	fmt.Fprintf(&conf, "upstream parley { keepalive 32;\n")
	for _, p := range replicas {
		fmt.Fprintf(&conf, "server %s max_fails=1 fail_timeout=1s; server %[1]s max_fails=0 backup;\n", p.addr)
	}
	fmt.Fprintf(&conf, "}\n%s}\n", strings.ReplaceAll(string(server), "listen 8080;", "listen "+address+";"))
	file := filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf.String()), 0o600); err != nil {
		t.Fatal(err)
	}

	log := &lockedBuffer{}
	command := exec.Command(nginx, "-p", folder, "-c", file)
	command.Stdout, command.Stderr = log, log
	// Its workers end with the group.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Kill(-command.Process.Pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Error(err)
		}
		command.Wait()
		if t.Failed() {
			t.Logf("nginx's log:\n%s", log.tail(4000))
		}
	})
	url := "http://" + address
	eventually(t, "nginx answers", func() bool {
		res, err := http.Get(url + "/readyz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return url
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
