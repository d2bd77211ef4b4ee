/** @import { Quote } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
import { html } from "../html.mjs"
import { attempt } from "../model/toasts.mjs"
import { Icon } from "./icon.mjs"
import { Avatar } from "./person.mjs"

/**
 * What a message answers; leads there.
 * @param {{quote: Quote, room: Room, reachable: boolean}} props
 */
export function QuoteLine({ quote, room, reachable }) {
  return html`<button
    type="button"
    class="quote-line"
    tabindex=${reachable ? 0 : -1}
    onClick=${() => attempt(() => room.reveal(quote.id))}
  ><${Icon} name="reply" /><span class="visually-hidden">In reply to </span><${Avatar} name=${quote.username} size="small" /><strong>${quote.username}</strong><span>${quote.content}</span></button>`
}
