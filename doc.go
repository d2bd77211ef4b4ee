// Package parley is the domain of Parley, a real-time forum for membership
// communities: its people, threads, messages, tiers, notifications and events,
// and the rules that hold between them.
//
// It imports the standard library alone and knows nothing of databases, HTTP or
// sockets. The JSON shapes of the public contract (Thread, Message,
// Notification and the frames in frame.go) are types of this package, because
// they are what the forum talks about, whichever way it is asked.
package parley
