/** @import { Outgoing } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
import { html } from "../html.mjs"
import { Avatar } from "./person.mjs"

/** A message on its way, shown as it was written. @param {{room: Room, entry: Outgoing}} props */
export function OutgoingRow({ room, entry }) {
  const { username, display_name } = room.forum.user
  const failed = entry.state === "failed"
  return html`<li><article class=${failed ? "message message-lead outgoing outgoing-failed" : "message message-lead outgoing"} aria-label="Your message">
    <div class="message-side"><${Avatar} name=${display_name || username} /></div>
    <div class="message-main">
      <header class="byline"><span class="byline-name">${display_name || username}</span><span class="outgoing-state">${failed ? "not sent" : "sending…"}</span></header>
      <div class="prose prose-plain">${entry.content}</div>
      ${failed && html`<${Failed} room=${room} entry=${entry} />`}
    </div>
  </article></li>`
}

/** @param {{room: Room, entry: Outgoing}} props */
function Failed({ room, entry }) {
  const takeBack = () => {
    room.outbox.discard(entry.key)
    room.draft.value = room.draft.value ? `${entry.content}\n${room.draft.value}` : entry.content
  }
  return html`<p class="outgoing-problem" role="alert">${entry.problem}
    <button type="button" class="link-button" onClick=${() => room.outbox.tryAgain(entry.key)}>Try again</button>
    <button type="button" class="link-button" onClick=${takeBack}>Take back</button>
  </p>`
}
