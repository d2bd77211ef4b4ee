import { find, findAll } from "./find.mjs"

/** Rows that were never shown have estimated heights: it takes a few frames until they are all known. */
const SETTLING_FRAMES = 4

/**
 * The last message of which the reader can see the beginning.
 * @param {HTMLElement} scroller
 * @returns {number|null}
 */
export function lastMessageInView(scroller) {
  const rows = findAll("li[data-message]", scroller)
  const row = rows[firstBelow(rows, scroller.getBoundingClientRect().bottom - 28) - 1]
  return row ? Number(row.dataset.message) : null
}

/**
 * Notes what the reader has before their eyes, to be put back in its place after
 * messages were put above or taken away below.
 * @param {HTMLElement} scroller
 * @returns {() => void} puts it back
 */
export function holdPlace(scroller) {
  const rows = findAll("li[data-message]", scroller)
  const edge = scroller.getBoundingClientRect().top
  const row = rows[firstBelow(rows, edge)]
  const before = row?.getBoundingClientRect().top
  return () => {
    if (row?.isConnected) scroller.scrollTop += row.getBoundingClientRect().top - before
  }
}

/**
 * Bisection: the first row that begins at or below an edge.
 * @param {HTMLElement[]} rows
 * @param {number} edge
 */
function firstBelow(rows, edge) {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (rows[middle].getBoundingClientRect().top < edge) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Brings a message into view, and flashes it if the reader asked for it.
 * @param {HTMLElement} scroller
 * @param {number} id
 * @param {boolean} highlight
 */
export function scrollToMessage(scroller, id, highlight) {
  const row = find(`li[data-message="${id}"]`, scroller)
  if (!row) return
  let frames = SETTLING_FRAMES
  const settle = () => {
    row.scrollIntoView({ block: highlight ? "center" : "start", behavior: "instant" })
    if (--frames) requestAnimationFrame(settle)
  }
  settle()
  if (!highlight) return
  row.classList.remove("flash")
  requestAnimationFrame(() => row.classList.add("flash"))
  find("article", row)?.focus({ preventScroll: true })
}
