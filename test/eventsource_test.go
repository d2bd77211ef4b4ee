package test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
)

// listening is a page's script that keeps what an EventSource gets.
const listening = `(async () => {
	const threads = await (await fetch("/api/forum/threads")).json();
	const thread = threads.find(t => t.title.includes(%q)).id;
	window.heard = [];
	window.greetings = [];
	window.write = async content => {
		const answer = await fetch("/api/forum/threads/" + thread + "/messages", {
			method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({content}),
		});
		return (await answer.json()).id;
	};
	window.events = new EventSource("/api/forum/events/thread/" + thread);
	events.onmessage = e => {
		const frame = JSON.parse(e.data);
		if (frame.type === "connected") greetings.push(frame.recovered);
		if (frame.type === "new_message") heard.push(frame.message.id);
	};
	return true;
})()`

// TestABrowsersEventSourceResumesByItself has the server killed under an
// EventSource: it comes back, hears what it missed, once, and stops asking when its
// person has signed out.
func TestABrowsersEventSourceResumesByItself(t *testing.T) {
	p := serve(t, filepath.Join(t.TempDir(), "parley.db"), "--demo")
	const thread = "Open workshop"
	ada := openTab(t, browser(t), p, "Ada", thread)
	evaluate[bool](ada, "listen", fmt.Sprintf(listening, thread))
	ada.see("the greeting", `greetings.length === 1`)

	var written []int64
	write := func(n int) {
		for range n {
			written = append(written, evaluate[int64](ada, "write", fmt.Sprintf(`write("message %d")`, len(written))))
		}
	}
	write(3)
	ada.see("the first messages", `heard.length === 3`)
	p.kill()
	p.start()
	write(3) // before the browser is back, most likely
	ada.see("that it goes on where it was", `greetings.length === 2 && greetings[1] === true`)
	write(3)
	ada.see("the last message", fmt.Sprintf(`heard.includes(%d)`, written[len(written)-1]))
	if heard := evaluate[[]int64](ada, "read what was heard", `heard`); !slices.Equal(heard, written) {
		t.Errorf("heard %v, written were %v", heard, written)
	}

	evaluate[bool](ada, "sign out", `fetch("/api/auth/logout", {method: "POST"}).then(r => r.ok)`)
	ada.see("that the stream is given up", `events.readyState === EventSource.CLOSED`)
}
