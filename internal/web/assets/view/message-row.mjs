/** @import { Message } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
/** @import { Signal } from "../vendor/signals.mjs" */
import { useComputed } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { full } from "../text/time.mjs"
import { EditMessage } from "./edit-message.mjs"
import { MessageFooter } from "./message-footer.mjs"
import { MessageText } from "./message-text.mjs"
import { MessageTools } from "./message-tools.mjs"
import { Avatar, RoleBadge } from "./person.mjs"
import { QuoteLine } from "./quote-line.mjs"
import { Clock, Day } from "./when.mjs"

/**
 * @typedef {object} Props
 * @property {Room} room
 * @property {Message} message
 * @property {boolean} startsDay
 * @property {boolean} startsGroup
 * @property {boolean} startsUnread
 * @property {Signal<number|null>} active  the message that shows its tools
 */

/**
 * One message, with what separates it from the one before. It renders again
 * only when it changed itself or became active.
 * @param {Props} props
 */
export function MessageRow({ room, message, startsDay, startsGroup, startsUnread, active }) {
  const isActive = useComputed(() => active.value === message.id)
  const isEdited = useComputed(() => room.editing.value === message.id)
  const classes = ["message", startsGroup && "message-lead", callsFor(room.userId, message) && "message-for-me", message.is_hidden && "message-hidden"]
  return html`<li data-message=${message.id}>
    ${startsDay && html`<div class="divider"><span><${Day} at=${message.created_at} /></span></div>`}
    ${startsUnread && html`<div class="divider divider-new"><span>New</span></div>`}
    <article class=${classes.filter(Boolean).join(" ")} tabindex="-1" aria-label=${`${message.username}, `}>
      ${message.reply_to_message && html`<${QuoteLine} quote=${message.reply_to_message} room=${room} reachable=${isActive.value} />`}
      <div class="message-side">${startsGroup ? html`<${Avatar} name=${message.username} />` : html`<${Clock} at=${message.created_at} short />`}</div>
      <div class="message-main">
        ${startsGroup && html`<${Byline} message=${message} />`}
        ${isEdited.value ? html`<${EditMessage} room=${room} message=${message} />` : html`<${MessageText} message=${message} room=${room} />`}
        ${!startsGroup && html`<${Edited} message=${message} />`}
        <${MessageFooter} message=${message} room=${room} reachable=${isActive.value} />
      </div>
      ${isActive.value && !isEdited.value && html`<${MessageTools} message=${message} room=${room} />`}
    </article>
  </li>`
}

/** @param {{message: Message}} props */
function Byline({ message }) {
  return html`<header class="byline">
    <span class="byline-name">${message.username}</span>
    <${RoleBadge} role=${message.user_role} color=${message.user_badge_color} />
    <${Clock} at=${message.created_at} />
    <${Edited} message=${message} />
  </header>`
}

/** What became of it. @param {{message: Message}} props */
function Edited({ message }) {
  return html`${message.is_hidden && html`<span class="edited">hidden from others</span>`}
    ${message.is_edited && html`<span class="edited" title=${message.edited_at ? full(message.edited_at) : undefined}>edited</span>`}`
}

/** Whether a message mentions this reader, alone or among everybody. @param {number} userId @param {Message} message */
function callsFor(userId, message) {
  if (message.user_id === userId) return false
  return message.content_html.includes(`data-user-id="${userId}"`) || message.content_html.includes(`data-mention-type="everyone"`)
}
