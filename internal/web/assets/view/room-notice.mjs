/** @import { Room } from "../model/room.mjs" */
import { html } from "../html.mjs"
import { linkTo } from "../model/place.mjs"

/**
 * Stands in place of a thread that cannot be shown.
 * @param {{room: Room, parent?: number}} props
 */
export function RoomNotice({ room, parent }) {
  const failed = room.phase.value === "failed"
  return html`<div class="notice-page" role="status">
    <h2>${failed ? "That did not work" : "Nothing to see any more"}</h2>
    <p>${room.problem.value}</p>
    ${failed
      ? html`<button type="button" class="button button-primary" onClick=${() => room.open(null)}>Try again</button>`
      : html`<a class="button" href=${linkTo({ thread: parent })}>${parent ? "Close" : "Back to the threads"}</a>`}
  </div>`
}
