package test

import (
	"path/filepath"
	"testing"
)

// menuItem is the expression that finds an item of the open menu.
func menuItem(label string) string {
	return `[...document.querySelectorAll('[role="menuitem"]')].find(i => i.innerText.trim() === "` + label + `")`
}

// dialogButton is the expression that finds a button of the open dialog.
func dialogButton(label string) string {
	return `[...document.querySelectorAll('dialog button')].find(b => b.innerText.trim() === "` + label + `")`
}

// choose opens the menu of a message and chooses from it.
func (w *tab) choose(text, label string) {
	w.t.Helper()
	w.tools(text)
	w.click("More", message(text)+`?.querySelector('.message-more')`)
	w.click(label, menuItem(label))
}

// TestAMessageIsFlaggedAndHiddenInThePage has Finn flag what Ada wrote, and Ada, who
// sees the queue, hide it and show it again: it goes from Finn's page, and comes back.
func TestAMessageIsFlaggedAndHiddenInThePage(t *testing.T) {
	p := serve(t, filepath.Join(t.TempDir(), "parley.db"), "--demo")
	window := browser(t)
	const thread, said = "Open workshop", "Buy this now"
	ada := openTab(t, window, p, "Ada", thread)
	finn := openTab(t, window, p, "Finn", thread)
	ada.click("the composer", composer)
	ada.typeText(said)
	ada.press("Enter")

	finn.choose(said, "Flag")
	finn.click("a reason", `document.querySelector('dialog input[value="spam"]')`)
	finn.click("Flag", dialogButton("Flag"))
	finn.see("that the team knows", `!document.querySelector('dialog') && document.body.innerText.includes("The team will look at it")`)

	ada.click("the account menu", `document.querySelector('button.me')`)
	ada.click("the queue", menuItem("Flagged messages"))
	ada.see("the flagged message", `document.querySelector('.flag')?.innerText.includes("`+said+`")`)
	ada.click("Hide", dialogButton("Hide"))
	ada.see("an empty queue", `document.querySelector('dialog')?.innerText.includes("Nothing waits for you")`)
	ada.click("Close", `document.querySelector('dialog button[aria-label="Close"]')`)
	finn.see("that it is gone", `!(`+message(said)+`)`)
	ada.see("that it is hidden", message(said)+`?.innerText.includes("hidden from others")`)

	ada.choose(said, "Show to all")
	finn.see("it again", message(said))
	ada.see("that it is hidden no more", `!`+message(said)+`.innerText.includes("hidden from others")`)
	ada.hadNoProblems()
	finn.hadNoProblems()
}
