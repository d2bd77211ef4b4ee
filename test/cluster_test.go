package test

import (
	"errors"
	"fmt"
	"testing"

	"parley/internal/store/pgtest"
	"parley/realtime/redisbroker/redistest"
)

// cluster is a PostgreSQL, a Redis and replicas of the program, all of a test's own.
type cluster struct {
	t        *testing.T
	postgres *pgtest.Server
	db       string
	redis    *redistest.Server
	replicas []*program
	wires    []*redistest.Proxy // between each of them and Redis
}

// startCluster starts a cluster with Ada, the creator, Mina, who pays $5, and Finn.
func startCluster(t *testing.T, replicas int) *cluster {
	t.Helper()
	c := &cluster{t: t, postgres: pgtest.Own(t, pgtest.Options{}), redis: redistest.Start(t)}
	if err := c.postgres.Exec("postgres", "CREATE DATABASE parley"); err != nil {
		t.Fatal(err)
	}
	c.db = c.postgres.DSN("parley")
	addUser(t, c.db, "Ada", "creator")
	addUser(t, c.db, "Mina", "member", "--amount-cents", "500")
	addUser(t, c.db, "Finn", "member")
	for range replicas {
		wire := redistest.NewProxy(t, c.redis)
		c.wires = append(c.wires, wire)
		// One person watches for all: and what a killed replica had of them counts for a
		// minute more.
		c.replicas = append(c.replicas, serve(t, c.db, "--redis", wire.URL(), "--posts-per-minute", "0", "--drain", "2s", "--max-sockets-per-user", "100"))
	}
	return c
}

// with has what fails meanwhile be a part's failure.
func (c *cluster) with(t *testing.T) *cluster {
	part := *c
	part.t = t
	part.replicas = nil
	for _, p := range c.replicas {
		p.t = t
		part.replicas = append(part.replicas, p)
	}
	t.Cleanup(func() {
		for _, p := range c.replicas {
			p.t = c.t
		}
	})
	return &part
}

// check fails the test if something could not be done.
func (c *cluster) check(errs ...error) {
	c.t.Helper()
	if err := errors.Join(errs...); err != nil {
		c.t.Fatal(err)
	}
}

// at is the same person, who turns to another replica: browsers send a cookie to
// every port of a host.
func (p *person) at(replica *program) *person {
	there := *p
	there.base = replica.URL
	return &there
}

// setBusMode has the cluster work in another mode.
func (p *person) setBusMode(mode string) {
	p.t.Helper()
	p.must("POST", "/api/admin/realtime/bus", map[string]string{"mode": mode}, nil)
}

// startThread starts a thread and returns its id.
func (p *person) startThread(title string, more ...any) int64 {
	p.t.Helper()
	body := map[string]any{"title": title, "content": fmt.Sprintf("This is about: %s.", title)}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	var thread struct{ ID int64 }
	p.must("POST", "/api/forum/threads", body, &thread)
	return thread.ID
}

// addTier makes a membership tier and returns its id.
func (p *person) addTier(title string, cents int64) int64 {
	p.t.Helper()
	var tier struct{ ID int64 }
	p.must("POST", "/api/admin/tiers", map[string]any{"title": title, "amount_cents": cents}, &tier)
	return tier.ID
}
