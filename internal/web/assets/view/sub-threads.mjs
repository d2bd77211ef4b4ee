/** @import { Thread } from "../types.d.ts" */
import { html } from "../html.mjs"
import { linkTo } from "../model/place.mjs"
import { counted } from "../text/names.mjs"
import { closeDialog, Dialog } from "./dialog.mjs"
import { Avatar } from "./person.mjs"

/** The choice, when a message has several sub-threads. @param {{parent: number, threads: Thread[]}} props */
export function SubThreads({ parent, threads }) {
  return html`<${Dialog} title="Sub-threads">
    ${threads.length === 0 && html`<p>None of them is open to you.</p>`}
    <ul class="choices">
      ${threads.map(thread => html`<li key=${thread.id}><a class="choice" href=${linkTo({ thread: parent, panel: thread.id })} onClick=${closeDialog}>
        <${Avatar} name=${thread.username} /><span><strong>${thread.title}</strong><small>${thread.username} · ${counted(thread.message_count, "message")}</small></span>
      </a></li>`)}
    </ul>
  <//>`
}
