// Package redisbroker is a [realtime.Broker] over Redis, and limits that processes share
// there. It alone knows the Redis client and its traps.
//
// # How it works
//
// Messages go through plain pub/sub of a single Redis, from version 6 on, or of a
// service that speaks its protocol. Two connections do it: one publishes, the other
// is subscribed. What is published waits in a bounded queue, from which one goroutine
// takes all there is and sends it as one pipeline: so the busier a process is, the
// less each message costs.
//
// Redis says nothing when a subscription is gone but the connection is not: a frozen
// server, a proxy or a firewall that swallows what it should pass on. So every second
// a probe is published to a channel of the broker's own. As long as it comes back,
// everything between publisher and subscriber works; when it has not for three
// seconds, both connections are replaced.
//
// # Elsewhere
//
// What depends on how Redis is set up stands in options.go, in one value of the
// client's: Sentinel is a matter of its fields. Redis Cluster would use sharded
// pub/sub, which is another command to subscribe with in session.go and to publish
// with in publish.go.
package redisbroker
