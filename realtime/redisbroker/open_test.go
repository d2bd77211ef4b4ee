package redisbroker_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/realtime"
	"parley/realtime/brokertest"
	"parley/realtime/redisbroker"
	"parley/realtime/redisbroker/redistest"
)

func TestAddressesThatAreNoneAreRefused(t *testing.T) {
	for _, url := range []string{
		"", "localhost", "localhost:6379", "http://localhost", "redis://", "redis://:secret@", "redis://host:port",
		"redis://user:secret@host:99999x", "redis://host/one", "redis://host/-1", "redis://host/1/2", "redis://host?db=1", "redis://host#1",
		"redis://:secret@host:65536", "redis://host:0",
	} {
		_, err := redisbroker.Open(t.Context(), redisbroker.Config{URL: url}, slog.New(slog.DiscardHandler))
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestARedisThatCannotBeReachedIsNoError(t *testing.T) {
	redis := redistest.Start(t)
	redis.Kill()
	b := open(t, redisbroker.Config{URL: redis.URL()})
	if ok, _ := b.Health(); ok {
		t.Error("is well")
	}
}

// TestAnAddressOfSomethingElseIsAnErrorAtOnce: to wait for it would be in vain.
func TestAnAddressOfSomethingElseIsAnErrorAtOnce(t *testing.T) {
	page := httptest.NewServer(http.NotFoundHandler())
	defer page.Close()
	_, err := redisbroker.Open(t.Context(), redisbroker.Config{URL: "redis://:secret@" + page.Listener.Addr().String()}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "is no Redis") || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
}

func TestARefusalIsAnErrorAtOnce(t *testing.T) {
	redis := redistest.Start(t,
		"--requirepass", "secret",
		"--user", "mina", "on", ">secret", "~*", "&forum:*", "+@all",
		"--user", "finn", "on", ">secret", "~*", "&*", "+@all", "-publish",
		"--user", "tomas", "on", ">secret", "~*", "&*", "+@all", "-subscribe")
	for name, url := range map[string]string{
		"no password":           redis.URL(),
		"a wrong password":      "redis://:guess@" + redis.Address(),
		"no such user":          "redis://nobody:secret@" + redis.Address(),
		"a channel not allowed": "redis://mina:secret@" + redis.Address(),
		"a command not allowed": "redis://finn:secret@" + redis.Address(),
		"to listen not allowed": "redis://tomas:secret@" + redis.Address(),
		"no such database":      "redis://:secret@" + redis.Address() + "/99",
	} {
		_, err := redisbroker.Open(t.Context(), redisbroker.Config{URL: url}, slog.New(slog.DiscardHandler))
		if err == nil || strings.Contains(err.Error(), "secret@") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	open(t, redisbroker.Config{URL: "redis://:secret@" + redis.Address() + "/3"})
	open(t, redisbroker.Config{URL: "redis://mina:secret@" + redis.Address(), Prefix: "forum:"})
}

func TestBrokerOverTLSAsAUserWithAPassword(t *testing.T) {
	authority, server, client := certificates(t)
	redis := redistest.StartTLS(t,
		"--tls-ca-cert-file", authority, "--tls-cert-file", server+".crt", "--tls-key-file", server+".key",
		"--user", "default", "off", "--user", "mina", "on", ">secret", "~forum:*", "&forum:*", "+@all")
	config := redisbroker.Config{
		URL:    "rediss://mina:secret@" + redis.Address(),
		CAFile: authority, CertFile: client + ".crt", KeyFile: client + ".key", Prefix: "forum:",
	}
	brokertest.Test(t, func(t *testing.T) func() realtime.Broker {
		config := config
		config.Prefix += strings.ReplaceAll(t.Name(), "/", ":") + ":"
		return func() realtime.Broker { return open(t, config) }
	})
	for name, change := range map[string]func(*redisbroker.Config){
		"nobody vouches for it":        func(c *redisbroker.Config) { c.CAFile = "" },
		"certificates that are none":   func(c *redisbroker.Config) { c.CAFile = client + ".key" },
		"certificates that are absent": func(c *redisbroker.Config) { c.CAFile = "absent" },
		"a key without a certificate":  func(c *redisbroker.Config) { c.CertFile = "" },
		"certificates without TLS":     func(c *redisbroker.Config) { c.URL = "redis://" + redis.Address() },
	} {
		wrong := config
		change(&wrong)
		if _, err := redisbroker.Open(t.Context(), wrong, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s, and yet it opens", name)
		}
	}
}

// certificates makes an authority and certificates by it for a server and a client, and
// returns the authority's file and what the others' begin with.
func certificates(t *testing.T) (authority, server, client string) {
	t.Helper()
	folder := t.TempDir()
	write := func(name, kind string, der []byte) {
		block := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
		if err := os.WriteFile(filepath.Join(folder, name), block, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	rootKey := newKey(t)
	issue := func(name string, template *x509.Certificate, key *ecdsa.PrivateKey) {
		der, err := x509.CreateCertificate(rand.Reader, template, root, key.Public(), rootKey)
		if err != nil {
			t.Fatal(err)
		}
		secret, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		write(name+".crt", "CERTIFICATE", der)
		write(name+".key", "PRIVATE KEY", secret)
	}
	issue("authority", root, rootKey)
	for i, name := range []string{"server", "client"} {
		issue(name, &x509.Certificate{
			SerialNumber: big.NewInt(int64(2 + i)), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}, newKey(t))
	}
	return filepath.Join(folder, "authority.crt"), filepath.Join(folder, "server"), filepath.Join(folder, "client")
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestTheUserThatOperatorsAreToldToMakeMayDoAllThatIsNeeded: see docs/operations.md.
func TestTheUserThatOperatorsAreToldToMakeMayDoAllThatIsNeeded(t *testing.T) {
	redis := redistest.Start(t, "--user", "default", "off", "--user",
		"parley", "on", ">secret", "~parley:*", "&parley:*", "+@pubsub", "+@scripting", "+@read", "+@write", "+@connection", "+time")
	config := patient(redis)
	config.URL, config.Prefix = "redis://parley:secret@"+redis.Address(), "parley:db:"
	b, _ := running(t, config)
	limit := redisbroker.Limit{Key: "mina", Burst: 1, Every: time.Minute}
	if _, err := b.Limits().Take(t.Context(), limit); err != nil {
		t.Error(err)
	}
	if err := b.Limits().GiveBack(t.Context(), limit); err != nil {
		t.Error(err)
	}
	takePlace(t, b, 1).release()
	takePlace(t, b, 2)
}
