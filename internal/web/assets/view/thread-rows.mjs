/** @import { Forum } from "../model/forum.mjs" */
import { html } from "../html.mjs"
import { place } from "../model/place.mjs"
import { startThread } from "./dialogs.mjs"
import { Sentinel } from "./sentinel.mjs"
import { ThreadRow } from "./thread-row.mjs"

/** @param {{forum: Forum}} props */
export function ThreadRows({ forum }) {
  const { list } = forum
  const rows = list.rows.value
  const current = place.value.thread
  return html`<div class="thread-rows">
    <ul>
      ${rows.map(thread => html`<li key=${thread.value.id}><${ThreadRow} thread=${thread} current=${thread.value.id === current} /></li>`)}
    </ul>
    ${list.problem.value && html`<p class="hint">${list.problem.value} <button type="button" class="link-button" onClick=${() => list.loadMore()}>Try again</button></p>`}
    ${!list.problem.value && list.more.value && html`<${Sentinel} key=${rows.length} onNear=${() => list.loadMore()} label="Loading threads" />`}
    ${!rows.length && !list.more.value && html`<${Nothing} forum=${forum} />`}
  </div>`
}

/** @param {{forum: Forum}} props */
function Nothing({ forum }) {
  const filter = forum.list.filter.value
  const may = forum.permissions.can_create_threads
  return html`<div class="empty">
    ${filter === "unread" && html`<p><strong>All caught up.</strong></p><p>Nothing here that you have not read.</p>`}
    ${filter === "following" && html`<p><strong>You follow no thread yet.</strong></p><p>Follow one, or write in it, and it is listed here.</p>`}
    ${filter === "main" && html`<p><strong>It is quiet here.</strong></p><p>${may ? "Start the first thread." : "No thread has been started yet."}</p>`}
    ${filter === "main" && may && html`<button type="button" class="button button-primary" onClick=${startThread}>New thread</button>`}
  </div>`
}
