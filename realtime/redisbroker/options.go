package redisbroker

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// Config says which Redis to use and how. Only URL is required.
type Config struct {
	// URL is redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS. Without a
	// user the password is the default user's.
	URL string

	// CAFile holds the certificates that vouch for the server, in PEM; empty: the system's.
	// CertFile and KeyFile are what this client shows, if the server asks for that. All three
	// are of use with rediss:// alone.
	CAFile, CertFile, KeyFile string

	// Prefix stands before the names of all channels and keys, so that several programs can
	// use one Redis.
	Prefix string

	// Patience is how long a limit may be asked about, as somebody waits for the answer; 0:
	// 100 ms.
	Patience time.Duration
}

const (
	defaultPort = "6379"
	dialTimeout = 2 * time.Second
	// commandTimeout is how long Redis may take to answer.
	commandTimeout = 2 * time.Second

	// What the client takes for each connection: left to itself it is more than a MiB.
	bufferSize = 64 << 10
	ringScale  = 8 // 2⁸ commands under way
)

// options turns a Config into the client's options. Errors tell no password.
func (c Config) options() (rueidis.ClientOption, error) {
	option := rueidis.ClientOption{
		ForceSingleClient: true,
		ClientSetInfo:     rueidis.DisableClientSetInfo,

		DisableCache:        true,
		ReadBufferEachConn:  bufferSize,
		WriteBufferEachConn: bufferSize,
		RingScaleEachConn:   ringScale,
		PipelineMultiplex:   -1,

		Dialer:           net.Dialer{Timeout: dialTimeout},
		ConnWriteTimeout: commandTimeout,
		DisableRetry:     true, // whoever asks knows better whether the answer is still of use
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return option, errors.New("the address of Redis is not of the form redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE] (rediss:// for TLS)")
	}
	port := cmp.Or(u.Port(), defaultPort)
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return option, errors.New("the address of Redis names a port that there cannot be: it goes from 1 to 65535")
	}
	option.InitAddress = []string{net.JoinHostPort(u.Hostname(), port)}
	option.Username = u.User.Username()
	option.Password, _ = u.User.Password()
	if path := strings.TrimPrefix(u.Path, "/"); path != "" {
		if option.SelectDB, err = strconv.Atoi(path); err != nil || option.SelectDB < 0 {
			return option, errors.New("the address of Redis ends with what is no number of a database")
		}
	}
	if u.Scheme == "rediss" {
		option.TLSConfig, err = c.tls(u.Hostname())
	} else if c.CAFile != "" || c.CertFile != "" || c.KeyFile != "" {
		err = errors.New("certificates are given for Redis, but its address is not rediss://")
	}
	return option, err
}

func (c Config) tls(host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("certificates that vouch for Redis: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate that could vouch for Redis", c.CAFile)
		}
	}
	if c.CertFile != "" || c.KeyFile != "" {
		own, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("the certificate to show to Redis: %w", err)
		}
		config.Certificates = []tls.Certificate{own}
	}
	return config, nil
}

// connect returns a client whose connections end with ctx.
func connect(ctx context.Context, option rueidis.ClientOption) (rueidis.Client, error) {
	option.DialCtxFn = func(dialing context.Context, address string, dialer *net.Dialer, config *tls.Config) (net.Conn, error) {
		dialing, cancel := context.WithTimeout(dialing, dialTimeout)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		conn, err := dial(dialing, address, dialer, config)
		if err != nil {
			return nil, err
		}
		return &boundConn{Conn: conn, unbind: context.AfterFunc(ctx, func() { conn.Close() })}, nil
	}
	client, err := rueidis.NewClient(option)
	if err != nil && client != nil {
		client.Close()
	}
	return client, err
}

func dial(ctx context.Context, address string, dialer *net.Dialer, config *tls.Config) (net.Conn, error) {
	if config == nil {
		return dialer.DialContext(ctx, "tcp", address)
	}
	return (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, "tcp", address)
}

// boundConn is a connection that a context ends.
type boundConn struct {
	net.Conn
	unbind func() bool
}

func (c *boundConn) Close() error {
	c.unbind()
	return c.Conn.Close()
}

// refusals are the beginnings of what Redis says, without ERR, to those whom it will not serve however
// often they ask.
var refusals = []string{"WRONGPASS", "NOAUTH", "NOPERM", "DENIED", "AUTH", "invalid password", "DB index"}

// foreign reports whether what answers speaks another protocol, like HTTP. The client has
// no error of its own for that.
func foreign(err error) bool {
	return err != nil && strings.HasPrefix(err.Error(), "received unknown message type")
}

// refused reports whether trying again is no use.
func refused(err error) bool {
	if answer, ok := rueidis.IsRedisErr(err); ok {
		for _, refusal := range refusals {
			if strings.HasPrefix(strings.TrimPrefix(answer.Error(), "ERR "), refusal) {
				return true
			}
		}
		return false
	}
	var certificate *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	return errors.As(err, &certificate) || errors.As(err, &plain)
}
