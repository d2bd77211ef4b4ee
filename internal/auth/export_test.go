package auth

// MaxKeys is how many keys a MemoryLimiter keeps at most.
const MaxKeys = maxKeys

// Len returns how many keys a MemoryLimiter keeps.
func (m *MemoryLimiter) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.empty)
}
