/** @import { Thread } from "../types.d.ts" */
/** @import { Signal } from "../vendor/signals.mjs" */
import { html } from "../html.mjs"
import { linkTo } from "../model/place.mjs"
import { counted } from "../text/names.mjs"
import { Icon } from "./icon.mjs"
import { Avatar } from "./person.mjs"
import { TierBadge } from "./tier-badge.mjs"
import { Ago } from "./when.mjs"

/**
 * One thread in the list. It reads the thread's own signal, so news of one
 * thread renders one row.
 * @param {{thread: Signal<Thread>, current: boolean}} props
 */
export function ThreadRow({ thread: { value: thread }, current }) {
  const classes = ["thread-row", thread.unread_messages && "thread-row-unread", thread.thread_type === "sub" && "thread-row-sub"]
  return html`<a
    class=${classes.filter(Boolean).join(" ")}
    href=${linkTo({ thread: thread.id })}
    aria-current=${current ? "page" : undefined}
  >
    <${Avatar} name=${thread.username} />
    <span class="thread-row-text">
      <span class="thread-row-line">
        <span class="thread-row-title">${thread.title}</span>
        <span class="thread-row-time"><${Ago} at=${thread.last_message_at ?? thread.created_at} /></span>
      </span>
      <span class="thread-row-line thread-row-about">
        <span class="thread-row-what"><${What} thread=${thread} /></span>
        <${Marks} thread=${thread} />
        <${Unread} thread=${thread} />
      </span>
    </span>
  </a>`
}

/** @param {{thread: Thread}} props */
function What({ thread }) {
  const origin = thread.created_from_message
  if (thread.thread_type === "sub" && origin) return html`<${Icon} name="reply" />${origin.username}: ${origin.content}`
  return html`${thread.username} · ${counted(thread.message_count, "message")}`
}

/** @param {{thread: Thread}} props */
export function Marks({ thread }) {
  return html`<span class="marks">
    <${TierBadge} info=${thread.tier_info} />
    ${thread.is_private && html`<${Mark} icon="eye" label="Private" />`}
    ${thread.is_locked && html`<${Mark} icon="lock" label="Locked" />`}
    ${thread.is_pinned && html`<${Mark} icon="pin" label="Pinned" />`}
  </span>`
}

/** @param {{icon: string, label: string}} props */
function Mark({ icon, label }) {
  return html`<span class="mark" title=${label}><${Icon} name=${icon} /><span class="visually-hidden">${label}</span></span>`
}

/** The number of unread messages; accented when some of it is for the reader. @param {{thread: Thread}} props */
function Unread({ thread }) {
  const { unread_messages: messages, unread_count: notices } = thread
  if (!messages && !notices) return null
  const count = messages || notices
  const label = `${counted(messages, "unread message")}${notices ? `, ${counted(notices, "notification")}` : ""}`
  return html`<span class=${notices ? "unread unread-personal" : "unread"}>
    <span aria-hidden="true">${count > 99 ? "99+" : count}</span><span class="visually-hidden">${label}</span>
  </span>`
}
