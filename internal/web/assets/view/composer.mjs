/** @import { Room } from "../model/room.mjs" */
import { useEffect } from "../vendor/preact-hooks.mjs"
import { html } from "../html.mjs"
import { IconButton } from "./button.mjs"
import { Editor } from "./editor.mjs"
import { find, findAll } from "./find.mjs"
import { Icon } from "./icon.mjs"

/** Where one writes. @param {{room: Room}} props */
export function Composer({ room }) {
  const { draft, replyTo } = room
  const quote = replyTo.value
  useEffect(() => void (quote && focusField(room.id)), [quote])
  useEffect(() => draft.subscribe(text => room.typingNotice.changed(text)), [room])
  const send = () => {
    const content = draft.value.trim()
    if (!content) return
    draft.value = ""
    room.say(content)
  }
  const otherKeys = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "ArrowUp" && !draft.value) editLast(room, event)
    if (event.key === "Escape") leave(room, event)
  }
  return html`<div class="composer" id=${`composer-${room.id}`}>
    ${quote && html`<div class="composer-reply">
      <${Icon} name="reply" /><span>Replying to <strong>${quote.username}</strong></span><span class="composer-quote">${quote.content}</span>
      <${IconButton} icon="close" label="Do not reply" onClick=${() => (replyTo.value = null)} />
    </div>`}
    <${Editor} label="Your message" placeholder=${`Write in ${room.thread.value?.title ?? "this thread"}`} text=${draft} onSubmit=${send} onKey=${otherKeys} autofocus=${!isTouched()}>
      <span class="composer-hint"><kbd>Enter</kbd> sends</span>
      <button type="button" class="send" aria-label="Send" title="Send (Enter)" disabled=${!draft.value.trim()} onClick=${send}><${Icon} name="send" /></button>
    <//>
  </div>`
}

/** On touch screens the keyboard must not jump up by itself. */
function isTouched() {
  return matchMedia("(pointer: coarse)").matches
}

/** @param {number} roomId */
function focusField(roomId) {
  find(`#composer-${roomId} textarea`)?.focus()
}

/** @param {Room} room @param {KeyboardEvent} event */
function editLast(room, event) {
  const own = room.timeline.messages.value.findLast(message => message.user_id === room.userId)
  if (!own) return
  event.preventDefault()
  room.editing.value = own.id
}

/** Esc gives up the reply, else goes to the messages. @param {Room} room @param {KeyboardEvent} event */
function leave(room, event) {
  event.preventDefault()
  if (room.replyTo.value) return void (room.replyTo.value = null)
  findAll(`li[data-message] article`, find(`#composer-${room.id}`)?.closest(".room")).at(-1)?.focus()
}
