/** @import { Forum } from "../model/forum.mjs" */
import { html } from "../html.mjs"
import { options } from "../model/session.mjs"
import { Bell } from "./bell.mjs"
import { IconButton } from "./button.mjs"
import { startThread } from "./dialogs.mjs"
import { Logo } from "./icon.mjs"
import { MeButton } from "./me.mjs"
import { ThreadFilters } from "./thread-filters.mjs"
import { ThreadRows } from "./thread-rows.mjs"

/**
 * The list of threads. Where it is alone on the screen it is the main thing there.
 * @param {{forum: Forum, alone: boolean}} props
 */
export function Sidebar({ forum, alone }) {
  return html`<div class="sidebar" role=${alone ? "main" : "navigation"} aria-label="Threads">
    ${alone && html`<h1 class="visually-hidden">Threads</h1>`}
    <div class="sidebar-header">
      <a class="brand" href="#"><${Logo} /><span>${options.value?.community || "Parley"}</span></a>
      <${Bell} forum=${forum} />
      <${MeButton} forum=${forum} />
    </div>
    <div class="sidebar-tools">
      <${ThreadFilters} list=${forum.list} />
      ${forum.permissions.can_create_threads && html`<${IconButton} icon="plus" label="New thread" class="new-thread" onClick=${startThread} />`}
    </div>
    <${ThreadRows} forum=${forum} />
  </div>`
}
