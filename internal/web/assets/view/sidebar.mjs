/** @import { Forum } from "../model/forum.mjs" */
import { html } from "../html.mjs"
import { options } from "../model/session.mjs"
import { IconButton } from "./button.mjs"
import { Logo } from "./icon.mjs"
import { MeButton } from "./me.mjs"
import { startThread } from "./dialogs.mjs"
import { Bell } from "./bell.mjs"
import { ThreadFilters } from "./thread-filters.mjs"
import { ThreadRows } from "./thread-rows.mjs"

/** @param {{forum: Forum}} props */
export function Sidebar({ forum }) {
  return html`<nav class="sidebar" aria-label="Threads">
    <header class="sidebar-header">
      <a class="brand" href="#"><${Logo} /><span>${options.value?.community || "Parley"}</span></a>
      <${Bell} forum=${forum} />
      <${MeButton} forum=${forum} />
    </header>
    <div class="sidebar-tools">
      <${ThreadFilters} list=${forum.list} />
      ${forum.permissions.can_create_threads && html`<${IconButton} icon="plus" label="New thread" class="new-thread" onClick=${startThread} />`}
    </div>
    <${ThreadRows} forum=${forum} />
  </nav>`
}
