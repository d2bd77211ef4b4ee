/** @import { Message } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
import { linkTo } from "../model/place.mjs"
import { quoting } from "../text/quoting.mjs"
import { find } from "./find.mjs"

/**
 * Quotes what is selected of a message, or all of it, in the composer of its room.
 * @param {Room} room
 * @param {Message} message
 */
export function quote(room, message) {
  const begun = room.draft.value.trimEnd()
  const said = quoting(message.username, linkTo({ thread: room.id, message: message.id }), selectedIn(message.id) || message.content)
  room.draft.value = (begun && begun + "\n\n") + said
  requestAnimationFrame(() => {
    const field = /** @type {HTMLTextAreaElement|null} */ (find(`#composer-${room.id} textarea`))
    field?.focus()
    field?.setSelectionRange(field.value.length, field.value.length)
  })
}

/** What is selected within a message's words. @param {number} id */
function selectedIn(id) {
  const selection = getSelection()
  const words = find(`li[data-message="${id}"] .prose`)
  const within = words && selection?.rangeCount && words.contains(selection.getRangeAt(0).commonAncestorContainer)
  return within ? selection.toString().trim() : ""
}
