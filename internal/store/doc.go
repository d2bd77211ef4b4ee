// Package store keeps the forum in a database: rows, the event log, durable
// jobs. It is the only package that speaks SQL.
//
// Writing goes through Store.Update, reading through Store.View; both hand a
// transaction to a function and none out. The transaction carries the context
// its statements run under, because on SQLite several callers' changes are
// committed together and a statement cancelled for one caller would roll back
// the others (see group.go).
//
// Every SQL text is written once, with $1, $2, … for arguments, and runs on
// each dialect; what must differ stands in dialect.go.
package store
