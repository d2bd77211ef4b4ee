/** @import { Thread } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
import { html } from "../html.mjs"
import { linkTo } from "../model/place.mjs"
import { counted } from "../text/names.mjs"
import { IconButton } from "./button.mjs"
import { FollowButton } from "./follow-button.mjs"
import { Icon } from "./icon.mjs"
import { openMenu } from "./menu.mjs"
import { threadActions } from "./thread-actions.mjs"
import { Marks } from "./thread-row.mjs"

/** @param {{room: Room, parent?: number}} props */
export function RoomHeader({ room, parent }) {
  const thread = room.thread.value
  return html`<header class="room-header">
    ${!parent && html`<a class="icon-button back" href="#" aria-label="Back to the threads"><${Icon} name="left" /></a>`}
    <div class="room-heading">
      <h1>${thread?.title ?? "…"}</h1>
      ${thread && html`<${About} thread=${thread} inPanel=${Boolean(parent)} />`}
    </div>
    ${thread && room.phase.value === "ready" && html`<${Actions} room=${room} thread=${thread} parent=${parent} />`}
    ${parent && html`<a class="icon-button" href=${linkTo({ thread: parent })} aria-label="Close the panel" title="Close"><${Icon} name="close" /></a>`}
  </header>`
}

/** @param {{thread: Thread, inPanel: boolean}} props */
function About({ thread, inPanel }) {
  return html`<p class="room-about">
    ${thread.parent_thread_id && html`<${Origin} thread=${thread} inPanel=${inPanel} />`}
    <span>${counted(thread.message_count, "message")}</span>
    <span class="room-followers">${counted(thread.follower_count, "follower")}</span>
    <${Marks} thread=${thread} />
  </p>`
}

/** Says that this is a sub-thread; beside its parent there is no need to lead there. @param {{thread: Thread, inPanel: boolean}} props */
function Origin({ thread, inPanel }) {
  if (inPanel) return html`<span>Sub-thread</span>`
  const origin = linkTo({ thread: thread.parent_thread_id ?? 0, message: thread.created_from_message?.id })
  return html`<a href=${origin} title="Go to the message it grew out of">Sub-thread</a>`
}

/** @param {{room: Room, thread: Thread, parent?: number}} props */
function Actions({ room, thread, parent }) {
  return html`<div class="room-actions">
    <${FollowButton} room=${room} thread=${thread} />
    ${parent && html`<a class="icon-button" href=${linkTo({ thread: thread.id })} aria-label="Open in full" title="Open in full"><${Icon} name="expand" /></a>`}
    <${IconButton} icon="more" label="Thread menu" aria-haspopup="menu" onClick=${(/** @type {Event} */ event) => openMenu(event, "Thread", threadActions(room, thread))} />
  </div>`
}
