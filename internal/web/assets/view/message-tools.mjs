/** @import { Message } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
import { html } from "../html.mjs"
import { toggleLike } from "../model/likes.mjs"
import { IconButton } from "./button.mjs"
import { startSubThread } from "./dialogs.mjs"
import { openMenu } from "./menu.mjs"
import { messageMenu, mayLike, reply } from "./message-actions.mjs"

/** The few things done most, at hand on the active message. @param {{message: Message, room: Room}} props */
export function MessageTools({ message, room }) {
  const menu = (/** @type {Event} */ event) => openMenu(event, "Message", messageMenu(room, message))
  return html`<div class="message-tools" role="group" aria-label=${`Actions for the message of ${message.username}`}>
    ${mayLike(room, message) && html`<${IconButton} icon="heart" label=${message.user_has_liked ? "Unlike" : "Like"} filled=${message.user_has_liked} class=${message.user_has_liked ? "liked" : ""} onClick=${() => toggleLike(room, message)} />`}
    <${IconButton} icon="reply" label="Reply" onClick=${() => reply(room, message)} />
    ${message.can_create_thread && html`<${IconButton} icon="thread" label="Start a sub-thread" onClick=${() => startSubThread(message)} />`}
    <${IconButton} icon="more" label="More" class="message-more" aria-haspopup="menu" onClick=${menu} />
  </div>`
}
