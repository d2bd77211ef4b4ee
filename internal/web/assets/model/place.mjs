/** @import { Place } from "../types.d.ts" */
import { signal } from "../vendor/signals.mjs"

/**
 * Reads `#thread-5`, `#thread-5&message=9` and `#thread-5&panel=12`.
 * @param {string} hash
 * @returns {Place}
 */
export function parsePlace(hash) {
  const [name, ...rest] = hash.replace(/^#/, "").split("&")
  const fields = new URLSearchParams(rest.join("&"))
  const id = (/** @type {string|null|undefined} */ text) => (text && /^\d+$/.test(text) ? Number(text) : null)
  return { thread: id(/^thread-(\d+)$/.exec(name)?.[1]), message: id(fields.get("message")), panel: id(fields.get("panel")) }
}

/**
 * @param {Partial<Place>} place
 * @returns {string} a fragment that means this place
 */
export function linkTo({ thread, message, panel }) {
  if (!thread) return "#"
  return `#thread-${thread}${panel ? `&panel=${panel}` : ""}${message ? `&message=${message}` : ""}`
}

/** Where the reader is. */
export const place = signal(parsePlace(location.hash))

addEventListener("hashchange", () => {
  place.value = parsePlace(location.hash)
})

/** @param {Partial<Place>} to */
export function go(to) {
  const hash = linkTo(to)
  if (hash === location.hash) place.value = parsePlace(hash)
  else location.hash = hash
}
