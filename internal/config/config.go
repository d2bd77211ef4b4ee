// Package config is what an operator can set. Flags, environment variables
// (PARLEY_ and the flag's name in capitals, - as _) and the file that --config
// names carry the same names; a flag outweighs the environment, the environment
// the file:
//
//	parley serve --posts-per-minute 60
//	PARLEY_POSTS_PER_MINUTE=60 parley serve
//	echo 'posts-per-minute = 60' > parley.conf && parley serve --config parley.conf
package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Log says how the log reads.
type Log struct {
	LogFormat string `long:"log-format" default:"text" choice:"text" choice:"json" description:"How the log reads: text or json."`
	LogLevel  Level  `long:"log-level" default:"info" value-name:"LEVEL" description:"What is logged: debug, info, warn or error, and what is graver. (*)"`
}

// Serve is what the server can be told. Its fields' tags are the command line;
// those whose help ends with (*) can change while it runs, see Adopt.
type Serve struct {
	Addr                 string        `long:"addr" default:"127.0.0.1:8080" value-name:"HOST:PORT" description:"Where to answer."`
	AdminAddr            string        `long:"admin-addr" default:"127.0.0.1:9090" value-name:"HOST:PORT" description:"Where to serve metrics and profiles to operators; empty: nowhere. Never let strangers reach it."`
	Origins              Origins       `long:"origin" value-name:"https://HOST" description:"Another origin whose pages may act for the people signed in here; repeatable. (*)"`
	TrustedProxies       Networks      `long:"trusted-proxies" value-name:"CIDR" description:"Networks of proxies that are believed about who asks, and whether by HTTPS (X-Forwarded-For, X-Forwarded-Proto). (*)"`
	CookieName           string        `long:"cookie-name" default:"session_id" value-name:"NAME" description:"The cookie that keeps people signed in."`
	MaxSocketsPerUser    int           `long:"max-sockets-per-user" default:"20" value-name:"N" description:"Live connections one person may have."`
	MaxSockets           int           `long:"max-sockets" value-name:"N" description:"Live connections of all; beyond, clients are asked to come back. 0: as many as there are files to open."`
	HandshakesPerSecond  int           `long:"handshakes-per-second" default:"10000" value-name:"N" description:"Connections that may be opened a second, three times as many at once; 0: any number."`
	HandshakesPerAddress int           `long:"handshakes-per-address" default:"200" value-name:"N" description:"The same for each address, ten times as many at once; not for those of this machine, where proxies are. 0: any number."`
	PostsPerMinute       int           `long:"posts-per-minute" default:"30" value-name:"N" description:"Messages a member may post; 0: any number. The creator and the team may always. (*)"`
	Uploads              string        `long:"uploads" value-name:"DIR" description:"The folder for images that people upload; empty: beside the SQLite file, by its name (parley-uploads), or in the working directory."`
	MaxUpload            int           `long:"max-upload" default:"10" value-name:"MB" description:"The size of an uploaded image at most, in megabytes."`
	LinkPreviews         bool          `long:"link-previews" description:"Fetch pages that messages link to, and show their titles and descriptions below. Only public addresses are asked."`
	S3Endpoint           string        `long:"s3-endpoint" value-name:"https://HOST" description:"An S3 service to keep images in instead of a folder. Empty: none."`
	S3Bucket             string        `long:"s3-bucket" value-name:"NAME" description:"The bucket for images, which has to exist."`
	S3Region             string        `long:"s3-region" default:"us-east-1" value-name:"NAME" description:"The bucket's region."`
	S3AccessKey          string        `long:"s3-access-key" value-name:"KEY" description:"The access key for the bucket."`
	S3SecretKey          string        `long:"s3-secret-key" value-name:"KEY" description:"The secret to it. Best set with PARLEY_S3_SECRET_KEY, as everybody sees a process's arguments."`
	Redis                string        `long:"redis" value-name:"redis://HOST" description:"The Redis that carries events between replicas and counts limits for all of them: redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS. Best set with PARLEY_REDIS, as everybody sees a process's arguments. Empty: none."`
	RedisCA              string        `long:"redis-ca" value-name:"FILE" description:"The certificates that vouch for the Redis, in PEM; empty: those of the system."`
	RedisCert            string        `long:"redis-cert" value-name:"FILE" description:"The certificate to show to the Redis, in PEM."`
	RedisKey             string        `long:"redis-key" value-name:"FILE" description:"The key of that certificate, in PEM."`
	Drain                time.Duration `long:"drain" default:"30s" value-name:"DURATION" description:"How long to take, when asked to stop, for sending sockets elsewhere one after another; 0: all at once. (*)"`
	Demo                 bool          `long:"demo" description:"Fill an empty database with a lively community, whose people anybody can sign in as with a click."`
}

// Validate says what is wrong with settings that are each well-formed.
func (s *Serve) Validate() error {
	switch {
	case s.MaxSocketsPerUser < 1:
		return fmt.Errorf("--max-sockets-per-user must be at least 1, not %d", s.MaxSocketsPerUser)
	case s.MaxSockets < 0, s.HandshakesPerSecond < 0, s.HandshakesPerAddress < 0:
		return fmt.Errorf("--max-sockets, --handshakes-per-second and --handshakes-per-address must be 0 (any number) or more")
	case s.MaxUpload < 1 || s.MaxUpload > 100:
		return fmt.Errorf("--max-upload must be 1 to 100 MB, not %d", s.MaxUpload)
	case s.S3Endpoint != "" && s.Uploads != "":
		return fmt.Errorf("--uploads and --s3-endpoint are both set: images are kept in one place")
	case (s.S3Endpoint == "") != (s.S3Bucket == ""):
		return fmt.Errorf("--s3-endpoint and --s3-bucket need each other")
	case s.Drain < 0:
		return fmt.Errorf("--drain must be 0 (all at once) or more, not %s", s.Drain)
	case s.PostsPerMinute < 0:
		return fmt.Errorf("--posts-per-minute must be 0 (any number) or more, not %d", s.PostsPerMinute)
	case !isToken(s.CookieName):
		return fmt.Errorf("--cookie-name must be letters, digits, - and _, not %q", s.CookieName)
	}
	return nil
}

func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r == '-' || r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
	})
}

// Adopt takes from next what can change while the server runs, and returns the
// names of the settings that differ but need a restart.
func (s *Serve) Adopt(next Serve) (restart []string) {
	for _, fixed := range []struct {
		name    string
		changed bool
	}{
		{"addr", s.Addr != next.Addr},
		{"admin-addr", s.AdminAddr != next.AdminAddr},
		{"cookie-name", s.CookieName != next.CookieName},
		{"max-sockets-per-user", s.MaxSocketsPerUser != next.MaxSocketsPerUser},
		{"max-sockets", s.MaxSockets != next.MaxSockets},
		{"handshakes-per-second", s.HandshakesPerSecond != next.HandshakesPerSecond},
		{"handshakes-per-address", s.HandshakesPerAddress != next.HandshakesPerAddress},
		{"uploads", s.Uploads != next.Uploads},
		{"max-upload", s.MaxUpload != next.MaxUpload},
		{"link-previews", s.LinkPreviews != next.LinkPreviews},
		{"s3-endpoint", s.S3Endpoint != next.S3Endpoint},
		{"s3-bucket", s.S3Bucket != next.S3Bucket},
		{"s3-region", s.S3Region != next.S3Region},
		{"s3-access-key", s.S3AccessKey != next.S3AccessKey},
		{"s3-secret-key", s.S3SecretKey != next.S3SecretKey},
		{"redis", s.Redis != next.Redis},
		{"redis-ca", s.RedisCA != next.RedisCA},
		{"redis-cert", s.RedisCert != next.RedisCert},
		{"redis-key", s.RedisKey != next.RedisKey},
		{"demo", s.Demo != next.Demo},
	} {
		if fixed.changed {
			restart = append(restart, fixed.name)
		}
	}
	s.Origins, s.TrustedProxies = slices.Clone(next.Origins), slices.Clone(next.TrustedProxies)
	s.PostsPerMinute, s.Drain = next.PostsPerMinute, next.Drain
	return restart
}
