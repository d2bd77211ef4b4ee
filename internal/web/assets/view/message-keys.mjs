/** @import { Message } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
import { toggleLike } from "../model/likes.mjs"
import { startSubThread } from "./dialogs.mjs"
import { find, findAll } from "./find.mjs"
import { edit, mayDelete, mayEdit, mayLike, quote, remove, reply } from "./message-actions.mjs"

/** @type {Record<string, (room: Room, message: Message, row: HTMLElement) => void>} */
const actions = {
  r: reply,
  q: quote,
  l: (room, message) => mayLike(room, message) && toggleLike(room, message),
  e: (room, message) => mayEdit(room, message) && edit(room, message),
  t: (_, message) => message.can_create_thread && startSubThread(message),
  m: (_, __, row) => find(".message-more", row)?.click(),
  Delete: (room, message) => mayDelete(room, message) && remove(room, message),
}

/** @type {Record<string, (rows: HTMLElement[], at: number) => HTMLElement|undefined>} */
const steps = {
  ArrowUp: (rows, at) => rows[at - 1],
  ArrowDown: (rows, at) => rows[at + 1],
  k: (rows, at) => rows[at - 1],
  j: (rows, at) => rows[at + 1],
  Home: rows => rows[0],
  End: rows => rows.at(-1),
}

/**
 * Keys on a message that has the focus: steps to others, does things with it.
 * @param {KeyboardEvent} event
 * @param {Room} room
 */
export function walkMessages(event, room) {
  const target = /** @type {HTMLElement} */ (event.target)
  if (target.tagName !== "ARTICLE" || event.ctrlKey || event.metaKey || event.altKey) return
  const row = /** @type {HTMLElement} */ (target.closest("li"))
  if (steps[event.key]) step(event, row)
  else if (actions[event.key]) act(event, room, row)
}

/** @param {KeyboardEvent} event @param {HTMLElement} row */
function step(event, row) {
  const rows = findAll("li[data-message]", row.parentElement)
  const next = steps[event.key](rows, rows.indexOf(row))
  event.preventDefault()
  if (next) find("article", next)?.focus()
  else if (event.key === "ArrowDown") find("textarea", row.closest(".room"))?.focus()
}

/** @param {KeyboardEvent} event @param {Room} room @param {HTMLElement} row */
function act(event, room, row) {
  const message = room.timeline.find(Number(row.dataset.message))
  event.preventDefault()
  if (message) actions[event.key](room, message, row)
}
