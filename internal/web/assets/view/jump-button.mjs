/** @import { Room } from "../model/room.mjs" */
/** @import { Signal } from "../vendor/signals.mjs" */
import { html } from "../html.mjs"
import { attempt } from "../model/toasts.mjs"
import { counted } from "../text/names.mjs"
import { Icon } from "./icon.mjs"

/** Back to the end, and how much is new there. @param {{room: Room, atEnd: Signal<boolean>}} props */
export function JumpButton({ room, atEnd }) {
  if (atEnd.value) return null
  const unread = room.thread.value?.unread_messages ?? 0
  return html`<button type="button" class=${unread ? "jump jump-news" : "jump"} onClick=${() => attempt(() => room.toEnd())}>
    ${unread ? counted(unread, "new message") : "Newest"}<${Icon} name="down" />
  </button>`
}
