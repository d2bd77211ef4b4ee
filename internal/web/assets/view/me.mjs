/** @import { Forum } from "../model/forum.mjs" */
/** @import { Theme } from "../model/theme.mjs" */
import { html } from "../html.mjs"
import { leave } from "../model/session.mjs"
import { theme } from "../model/theme.mjs"
import { attempt } from "../model/toasts.mjs"
import { openDevices, openFlags, openPassword, openShortcuts } from "./dialogs.mjs"
import { openMenu } from "./menu.mjs"
import { Avatar } from "./person.mjs"

/** The reader's own menu. @param {{forum: Forum}} props */
export function MeButton({ forum }) {
  const { display_name: name, user_role: role } = forum.user
  const label = `${name}, ${role}: account menu`
  return html`<button type="button" class="me" aria-label=${label} title=${`${name} · ${role}`} aria-haspopup="menu" onClick=${open.bind(null, forum)}>
    <${Avatar} name=${name} />
  </button>`
}

/** @param {Forum} forum @param {Event} event */
function open(forum, event) {
  openMenu(event, "Account", [
    themeItem("system", "As the system", "screen"),
    themeItem("light", "Light", "sun"),
    themeItem("dark", "Dark", "moon"),
    forum.permissions.can_moderate && { label: "Flagged messages", icon: "flag", run: openFlags },
    { label: "Signed-in devices", icon: "device", run: openDevices },
    { label: "Change password", icon: "lock", run: openPassword },
    { label: "Keyboard shortcuts", icon: "keyboard", run: openShortcuts },
    { label: "API reference", icon: "docs", run: () => location.assign("/docs") },
    { label: "Sign out", icon: "signout", run: () => attempt(leave) },
  ])
}

/** @param {Theme} value @param {string} label @param {string} icon */
function themeItem(value, label, icon) {
  return { label, icon, checked: theme.value === value, run: () => void (theme.value = value) }
}
