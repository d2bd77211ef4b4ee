import { findAll } from "./find.mjs"

/**
 * Makes what an author covered a button that uncovers it. What is inside cannot be
 * reached before: neither by a click on a link nor by a screen reader.
 * @param {HTMLElement|null} element
 */
export function coverSpoilers(element) {
  for (const spoiler of findAll(".spoiler:not([role])", element)) {
    const inside = document.createElement("span")
    inside.inert = true
    inside.append(...spoiler.childNodes)
    spoiler.append(inside)
    spoiler.role = "button"
    spoiler.tabIndex = 0
    spoiler.ariaLabel = "Spoiler: show"
    spoiler.onclick = event => {
      event.stopPropagation()
      uncover(spoiler, inside)
    }
    spoiler.onkeydown = event => {
      if (event.key !== "Enter" && event.key !== " ") return
      event.preventDefault()
      uncover(spoiler, inside)
    }
  }
}

/** @param {HTMLElement} spoiler @param {HTMLElement} inside */
function uncover(spoiler, inside) {
  inside.inert = false
  spoiler.role = "group" // which it stays, lest it be covered again
  spoiler.ariaLabel = "Spoiler"
  spoiler.tabIndex = -1
  spoiler.classList.add("spoiler-open")
  spoiler.onclick = spoiler.onkeydown = null
}
