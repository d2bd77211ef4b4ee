// Package live serves the forum's two streams, each as a WebSocket and as Server-Sent
// Events: what happens in one thread, and what concerns a person or the whole forum.
// "Socket" is either of them where they do not differ. It speaks the protocol with
// clients: handshake, frames in both directions, limits and close codes. What is
// delivered, to whom and in which order is the hub's business (package realtime) and
// the forum's (package app).
//
// A socket is upgraded before it is refused, because browsers hide the status of a
// refused handshake from scripts; only a foreign Origin is refused before, because
// the script that would learn the reason is the attacker's. An event stream that is
// refused never begins: it is answered with a status, at which browsers stop asking.
package live
