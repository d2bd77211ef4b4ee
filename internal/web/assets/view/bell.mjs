/** @import { Forum } from "../model/forum.mjs" */
import { useRef } from "../vendor/preact-hooks.mjs"
import { useSignal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { attempt } from "../model/toasts.mjs"
import { Icon } from "./icon.mjs"
import { onDemand } from "./on-demand.mjs"

const NotificationList = onDemand(async () => (await import("./notification-list.mjs")).NotificationList)

/** The bell and what it rang for. @param {{forum: Forum}} props */
export function Bell({ forum }) {
  const open = useSignal(false)
  const sheet = useRef(/** @type {HTMLDivElement|null} */ (null))
  const count = forum.counts.total.value
  const label = count ? `Notifications, ${count} unread` : "Notifications"
  const toggled = (/** @type {ToggleEvent} */ event) => {
    open.value = event.newState === "open"
    if (!open.value) return
    sheet.current?.focus()
    attempt(() => forum.notifications.load())
  }
  return html`<button type="button" class="icon-button bell" popovertarget="notifications" aria-label=${label} title=${label}>
      <${Icon} name="bell" />
      ${count > 0 && html`<span class="bell-count" aria-hidden="true">${count > 99 ? "99+" : count}</span>`}
    </button>
    <div class="sheet" id="notifications" popover="auto" role="dialog" aria-label="Notifications" tabindex="-1" ref=${sheet} onToggle=${toggled}>
      ${open.value && html`<${NotificationList} notifications=${forum.notifications} count=${count} onGone=${() => sheet.current?.hidePopover()} />`}
    </div>`
}
