/** @import { Room } from "../model/room.mjs" */
import { useEffect, useLayoutEffect, useRef } from "../vendor/preact-hooks.mjs"
import { useComputed, useSignal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { layOut } from "../model/rows.mjs"
import { JumpButton } from "./jump-button.mjs"
import { isMenuOpen } from "./menu.mjs"
import { walkMessages } from "./message-keys.mjs"
import { MessageRow } from "./message-row.mjs"
import { OutgoingRow } from "./outgoing-row.mjs"
import { holdPlace, lastMessageInView, scrollToMessage } from "./scrolling.mjs"
import { Sentinel } from "./sentinel.mjs"

/**
 * The messages. The scroller lays out from its bottom (column-reverse), so the
 * browser itself keeps the end in view while messages arrive there, and keeps
 * everything in place while older ones are put above.
 * @param {{room: Room}} props
 */
export function MessageList({ room }) {
  const scroller = useRef(/** @type {HTMLDivElement|null} */ (null))
  const atEnd = useSignal(true)
  const active = useSignal(/** @type {number|null} */ (null))
  const rows = useComputed(() => layOut(room.timeline.messages.value, room.firstUnread.value))
  const look = useLook(room, scroller, atEnd)
  useSteadyPlace(scroller, rows.value, atEnd)
  useFocus(room, scroller, look)
  useEffect(look, [rows.value])
  const { timeline } = room
  return html`<div class="timeline-frame">
    <div class="timeline" ref=${scroller} onScroll=${look}>
      <div class="timeline-content">
        ${timeline.older.value
          ? html`<${Sentinel} key=${`older-${timeline.first?.id}`} onNear=${() => room.loadOlder()} label="Loading earlier messages" />`
          : html`<${Beginning} room=${room} />`}
        <ol class="messages" aria-label="Messages" onKeyDown=${walk(room)} ...${activating(active)}>
          ${rows.value.map(row => html`<${MessageRow} key=${row.message.id} room=${room} active=${active} ...${row} />`)}
        </ol>
        ${timeline.newer.value
          ? html`<${Sentinel} key=${`newer-${timeline.last?.id}`} onNear=${() => room.loadNewer()} label="Loading later messages" />`
          : html`<ol class="messages" aria-label="Being sent">${room.outbox.waiting.value.map(entry => html`<${OutgoingRow} key=${entry.key} room=${room} entry=${entry} />`)}</ol>`}
      </div>
    </div>
    <${JumpButton} room=${room} atEnd=${atEnd} />
  </div>`
}

/** @param {Room} room */
const walk = room => (/** @type {KeyboardEvent} */ event) => walkMessages(event, room)

/**
 * Which message shows its tools: the one under the pointer or with the focus.
 * @param {import("../vendor/signals.mjs").Signal<number|null>} active
 */
function activating(active) {
  const set = (/** @type {number|null} */ id) => {
    if (!isMenuOpen()) active.value = id
  }
  const enter = (/** @type {Event} */ event) => {
    const row = /** @type {Element} */ (event.target).closest("li")
    if (row?.dataset.message) set(Number(row.dataset.message))
  }
  return { onPointerOver: enter, onFocusIn: enter, onPointerLeave: () => set(null) }
}

/**
 * Gives a function that notes how far the reader sees, once a frame at most.
 * @param {Room} room
 * @param {{current: HTMLElement|null}} scroller
 * @param {import("../vendor/signals.mjs").Signal<boolean>} atEnd
 */
function useLook(room, scroller, atEnd) {
  const planned = useRef(0)
  const look = () => {
    planned.current ||= requestAnimationFrame(() => {
      planned.current = 0
      if (!scroller.current) return
      atEnd.value = scroller.current.scrollTop > -32 && !room.timeline.newer.value
      const last = document.visibilityState === "visible" ? lastMessageInView(scroller.current) : null
      if (last) room.reading.seen(last)
    })
  }
  useEffect(() => {
    document.addEventListener("visibilitychange", look)
    return () => document.removeEventListener("visibilitychange", look)
  }, [])
  return look
}

/**
 * Keeps what is read where it is while rows come and go around it. At the end
 * there is nothing to do: the browser keeps the end in view.
 * @param {{current: HTMLElement|null}} scroller
 * @param {unknown} rows
 * @param {import("../vendor/signals.mjs").Signal<boolean>} atEnd
 */
function useSteadyPlace(scroller, rows, atEnd) {
  const shown = useRef(rows)
  const putBack = scroller.current && shown.current !== rows && !atEnd.peek() ? holdPlace(scroller.current) : null
  shown.current = rows
  useLayoutEffect(() => putBack?.(), [rows])
}

/**
 * Goes where the room says one should look.
 * @param {Room} room
 * @param {{current: HTMLElement|null}} scroller
 * @param {() => void} look
 */
function useFocus(room, scroller, look) {
  const focus = room.focus.value
  useLayoutEffect(() => {
    if (!scroller.current) return
    if (focus.id === null) scroller.current.scrollTop = 0
    else scrollToMessage(scroller.current, focus.id, focus.highlight)
    look()
  }, [focus])
}

/** The first thing in a thread. @param {{room: Room}} props */
function Beginning({ room }) {
  const thread = room.thread.value
  if (!thread) return null
  const origin = thread.created_from_message
  return html`<div class="beginning">
    ${origin && html`<blockquote class="origin"><strong>${origin.username}</strong> ${origin.content}</blockquote>`}
    <h2>${thread.title}</h2>
    <p>${thread.username} started this ${thread.thread_type === "sub" ? "sub-thread" : "thread"}.</p>
  </div>`
}
