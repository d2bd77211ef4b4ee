/** @import { Message } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
import { html } from "../html.mjs"
import { subThreadsOf } from "../api/threads.mjs"
import { toggleLike } from "../model/likes.mjs"
import { go } from "../model/place.mjs"
import { attempt } from "../model/toasts.mjs"
import { counted } from "../text/names.mjs"
import { chooseSubThread, showLikes } from "./dialogs.mjs"
import { Icon } from "./icon.mjs"

/**
 * Likes and sub-threads of a message. They are tab stops only while their
 * message is the active one: arrow keys lead to messages.
 * @param {{message: Message, room: Room, reachable: boolean}} props
 */
export function MessageFooter({ message, room, reachable }) {
  if (!message.like_count && !message.spawned_thread_count) return null
  const tabindex = reachable ? 0 : -1
  return html`<footer class="message-footer">
    ${message.like_count > 0 && html`<${LikePill} message=${message} room=${room} tabindex=${tabindex} />`}
    ${message.spawned_thread_count > 0 && html`<button type="button" class="pill" tabindex=${tabindex} onClick=${() => openSubThreads(message, room)}>
      <${Icon} name="thread" />${counted(message.spawned_thread_count, "sub-thread")}
    </button>`}
  </footer>`
}

/** @param {{message: Message, room: Room, tabindex: number}} props */
function LikePill({ message, room, tabindex }) {
  const own = message.user_id === room.userId
  const liked = message.user_has_liked
  const label = `${counted(message.like_count, "like")}${liked ? ", yours among them" : ""}`
  return html`<span class=${liked ? "pill-pair pill-on" : "pill-pair"}>
    ${!own && html`<button type="button" class="pill" tabindex=${tabindex} aria-pressed=${String(liked)} aria-label="Like" onClick=${() => toggleLike(room, message)}><${Icon} name="heart" filled=${liked} /></button>`}
    <button type="button" class="pill" tabindex=${tabindex} aria-label=${`${label}: show who`} title="Who likes this" onClick=${() => showLikes(message)}>
      ${own && html`<${Icon} name="heart" filled />`}${message.like_count}
    </button>
  </span>`
}

/** @param {Message} message @param {Room} room */
async function openSubThreads(message, room) {
  const threads = await attempt(() => subThreadsOf(message.id))
  if (threads?.length === 1) go({ thread: room.id, panel: threads[0].id })
  else if (threads) chooseSubThread(room.id, threads)
}
