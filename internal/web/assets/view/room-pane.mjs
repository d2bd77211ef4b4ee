/** @import { Forum } from "../model/forum.mjs" */
/** @import { Room } from "../model/room.mjs" */
import { useEffect, useMemo } from "../vendor/preact-hooks.mjs"
import { html } from "../html.mjs"
import { place } from "../model/place.mjs"
import { Composer } from "./composer.mjs"
import { RefusedBar } from "./connection-bar.mjs"
import { Icon } from "./icon.mjs"
import { MessageList } from "./message-list.mjs"
import { RoomHeader } from "./room-header.mjs"
import { RoomNotice } from "./room-notice.mjs"
import { TypingLine } from "./typing-line.mjs"

/**
 * An open thread, in the middle or in the panel.
 * @param {{forum: Forum, id: number, message: number|null, parent?: number}} props
 */
export function RoomPane({ forum, id, message, parent }) {
  const room = useMemo(() => forum.rooms.enter(id, message), [forum, id])
  useEffect(() => () => forum.rooms.leave(id), [forum, id])
  useEffect(() => void room.reveal(message), [place.value])
  const phase = room.phase.value
  return html`<section class="room" aria-label=${room.thread.value?.title ?? "Thread"}>
    <${RoomHeader} room=${room} parent=${parent} />
    ${phase === "loading" && html`<${Loading} />`}
    ${(phase === "gone" || phase === "failed") && html`<${RoomNotice} room=${room} parent=${parent} />`}
    ${phase === "ready" && html`<${RefusedBar} of=${room} /><${MessageList} room=${room} /><${Foot} room=${room} />`}
  </section>`
}

/** @param {{room: Room}} props */
function Foot({ room }) {
  const thread = room.thread.value
  const shut = thread?.is_locked && !room.forum.permissions.is_creator
  return html`<footer class="room-foot">
    <${TypingLine} names=${room.typing.names} />
    ${shut
      ? html`<p class="locked"><${Icon} name="lock" />This thread is locked. You can read it, but not write in it.</p>`
      : html`<${Composer} room=${room} />`}
  </footer>`
}

/** The shape of what is coming. */
function Loading() {
  return html`<div class="skeleton" aria-busy="true" aria-label="Loading messages">
    ${[62, 88, 45, 75, 54].map(width => html`<i><b></b><span><b></b><b class=${`skeleton-${width}`}></b></span></i>`)}
  </div>`
}
