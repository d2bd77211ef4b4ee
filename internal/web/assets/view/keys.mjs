/** @import { Forum } from "../model/forum.mjs" */
import { go, place } from "../model/place.mjs"
import { singleKeys } from "../model/single-keys.mjs"
import { openShortcuts, startThread } from "./dialogs.mjs"
import { find, findAll } from "./find.mjs"

/** @type {Record<string, (forum: Forum) => void>} */
const keys = {
  "?": () => openShortcuts(),
  j: () => stepThread(1),
  k: () => stepThread(-1),
  n: forum => forum.permissions.can_create_threads && startThread(),
  c: () => find(".composer textarea")?.focus(),
  b: () => find(".bell")?.click(),
  f: () => find(".room-header .follow")?.click(),
  Escape: () => goBack(),
}

/**
 * Single keys work wherever nobody is writing and no dialog or menu is open.
 * @param {Forum} forum
 * @returns {() => void} the way to stop listening
 */
export function listenForKeys(forum) {
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    const action = keys[event.key]
    if (!action || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isBusy(event)) return
    if (event.key !== "Escape" && !singleKeys.value) return
    event.preventDefault()
    action(forum)
  }
  document.addEventListener("keydown", pressed)
  return () => document.removeEventListener("keydown", pressed)
}

/** @param {KeyboardEvent} event */
function isBusy(event) {
  const target = /** @type {Element} */ (event.target)
  return target.closest("input, textarea, select") !== null || find("dialog[open], :popover-open") !== null
}

/** @param {number} step */
function stepThread(step) {
  const rows = findAll(".thread-row")
  const focused = rows.findIndex(row => row === document.activeElement)
  const at = focused >= 0 ? focused : rows.findIndex(row => row.ariaCurrent === "page")
  rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.focus()
}

/** Out of the panel, then out of the thread. */
function goBack() {
  const { thread, panel } = place.value
  if (panel) go({ thread })
  else if (thread) find(`.thread-row[aria-current="page"]`)?.focus()
}
