/** @import { Notification } from "../types.d.ts" */
/** @import { Notifications } from "../model/notifications.mjs" */
import { html } from "../html.mjs"
import { linkTo } from "../model/place.mjs"
import { attempt } from "../model/toasts.mjs"
import { IconButton } from "./button.mjs"
import { Avatar } from "./person.mjs"
import { Sentinel } from "./sentinel.mjs"
import { Ago } from "./when.mjs"

/** @param {{notifications: Notifications, count: number, onGone: () => void}} props */
export function NotificationList({ notifications, count, onGone }) {
  const items = notifications.items.value
  return html`<div class="sheet-header">
      <h2>Notifications</h2>
      <button type="button" class="link-button" disabled=${count === 0} onClick=${() => attempt(() => notifications.readAll())}>Mark all as read</button>
    </div>
    ${items.length === 0 && !notifications.loading.value && html`<div class="empty"><p><strong>Nothing yet.</strong></p><p>Mentions, replies and likes show up here.</p></div>`}
    <ul class="notices">
      ${items.map(item => html`<li key=${item.id}><${Notice} item=${item} notifications=${notifications} onGone=${onGone} /></li>`)}
    </ul>
    ${notifications.more.value && html`<${Sentinel} key=${items.length} onNear=${() => attempt(() => notifications.loadMore())} label="Loading notifications" />`}`
}

/** @param {{item: Notification, notifications: Notifications, onGone: () => void}} props */
function Notice({ item, notifications, onGone }) {
  const follow = () => {
    attempt(() => notifications.read(item.id))
    onGone()
  }
  return html`<div class=${item.is_read ? "notice-row" : "notice-row notice-row-unread"}>
    <a class="notice-link" href=${linkTo({ thread: item.thread_id, message: item.message_id })} onClick=${follow}>
      <${Avatar} name=${item.sender?.username ?? "?"} />
      <span class="notice-text">
        <span class="notice-title">${!item.is_read && html`<span class="visually-hidden">Unread: </span>`}${item.title}</span>
        <span class="notice-content">${item.content}</span>
        <span class="notice-where">${item.thread_title} · <${Ago} at=${item.created_at} /></span>
      </span>
    </a>
    <${IconButton} icon="close" label=${`Delete: ${item.title}`} class="notice-delete" onClick=${() => attempt(() => notifications.remove(item.id))} />
  </div>`
}
