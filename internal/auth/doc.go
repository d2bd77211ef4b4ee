// Package auth holds the secrets of signing in: how passwords are kept and
// checked, what session tokens are made of, and how many log-ins may fail.
//
// It knows neither HTTP nor the database: callers store the hashes it makes.
// Everything here is safe for concurrent use.
package auth
