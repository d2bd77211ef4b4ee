/** @import { Filter, ThreadList } from "../model/threads.mjs" */
import { html } from "../html.mjs"

/** @type {[Filter, string][]} */
const filters = [["main", "Threads"], ["following", "Following"], ["unread", "Unread"]]

/** @param {{list: ThreadList}} props */
export function ThreadFilters({ list }) {
  return html`<div class="segments" role="group" aria-label="Which threads">
    ${filters.map(([filter, label]) => html`<button
      type="button"
      class="segment"
      aria-pressed=${String(list.filter.value === filter)}
      onClick=${() => list.show(filter)}
    >${label}</button>`)}
  </div>`
}
