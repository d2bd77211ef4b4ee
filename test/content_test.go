package test

import (
	"fmt"
	"path/filepath"
	"testing"
)

// paste pastes a picture of this size into the field that has the focus, as from
// another program.
const paste = `(async () => {
	const canvas = new OffscreenCanvas(%d, %d);
	canvas.getContext("2d").fillRect(0, 0, 10, 10);
	const blob = await canvas.convertToBlob({type: "image/png"});
	const clipboardData = new DataTransfer();
	clipboardData.items.add(new File([blob], "a joint.png", {type: "image/png"}));
	return !document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
})()`

// TestWhatPeopleWriteIsMoreThanWords has somebody paste a picture and cover an
// ending, and somebody else look at both and quote them.
func TestWhatPeopleWriteIsMoreThanWords(t *testing.T) {
	p := serve(t, filepath.Join(t.TempDir(), "parley.db"), "--demo")
	window := browser(t)
	const thread = "Open workshop"
	ada := openTab(t, window, p, "Ada", thread)
	finn := openTab(t, window, p, "Finn", thread)

	ada.click("the composer", composer)
	if !evaluate[bool](ada, "paste a picture", fmt.Sprintf(paste, 64, 48)) {
		t.Error("the page left the picture to the browser")
	}
	ada.see("the picture in what she writes", composer+`.value.startsWith("![a joint](/api/forum/uploads/")`)
	ada.see("that the upload is over", `!document.querySelector(".upload")`)
	ada.typeText("Dovetails, and then ||it breaks||!")
	ada.press("Enter")
	picture := message("Dovetails") + `?.querySelector("img")`
	for _, w := range []*tab{ada, finn} {
		w.see("the picture", picture+`?.complete && `+picture+`.naturalWidth === 64 && `+picture+`.alt === "a joint"`)
	}

	spoiler := message("Dovetails") + `?.querySelector(".spoiler")`
	finn.see("that something is covered", spoiler+`?.role === "button" && getComputedStyle(`+spoiler+`.firstChild).visibility === "hidden"`)
	evaluate[bool](finn, "go to the spoiler", `(`+spoiler+`.focus(), true)`)
	finn.press("Enter")
	finn.see("what was covered", spoiler+`?.role === "group" && getComputedStyle(`+spoiler+`.firstChild).visibility === "visible"`)

	finn.tools("Dovetails")
	finn.click("More", message("Dovetails")+`?.querySelector('.message-more')`)
	finn.click("Quote", `[...document.querySelectorAll('[role="menuitem"]')].find(i => i.innerText.includes("Quote"))`)
	finn.see("the quote in what he writes", composer+`.value.startsWith("> Ada [wrote](/forum#thread-")`)
	finn.see("that he can write on", `document.activeElement === `+composer)
	finn.typeText("Why?")
	finn.press("Enter")
	quote := message("Why?") + `?.querySelector("blockquote")`
	ada.see("the quote with a link to what it quotes", quote+`?.querySelector("a").getAttribute("href").includes("&message=")`)
	ada.see("her picture there as a link", `!`+quote+`.querySelector("img") && `+quote+`.querySelectorAll("a").length === 2`)

	ada.hadNoProblems()
	finn.hadNoProblems()
}
