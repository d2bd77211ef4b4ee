package parley

// BusMode says which way events take from the replica that commits them to the
// sockets of all. It is a setting of the whole community, stored in the database.
// Whatever the mode, the log is the truth: what does not come by the way that the
// mode prefers is found there.
type BusMode string

const (
	// BusLocal: to the sockets of the same replica at once; other replicas follow
	// the log. No Redis is used.
	BusLocal BusMode = "local"
	// BusDual: to the sockets of the same replica at once, to the others through
	// Redis. The default where there is a Redis.
	BusDual BusMode = "dual"
	// BusRedis: to all sockets through Redis, those of the same replica included.
	BusRedis BusMode = "redis"
)

// Valid reports whether m is one of the modes.
func (m BusMode) Valid() bool { return m == BusLocal || m == BusDual || m == BusRedis }
