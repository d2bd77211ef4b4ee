/** @import { Message } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
import { useSignal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { editMessage } from "../api/messages.mjs"
import { attempt } from "../model/toasts.mjs"
import { Editor } from "./editor.mjs"
import { find } from "./find.mjs"

/** A message becomes a field, in its place. @param {{room: Room, message: Message}} props */
export function EditMessage({ room, message }) {
  const text = useSignal(message.content)
  const done = () => {
    room.editing.value = null
    find(`#composer-${room.id} textarea`)?.focus()
  }
  const save = async () => {
    const content = text.value.trim()
    if (!content) return
    if (content === message.content) return done()
    const answer = await attempt(() => editMessage(message.id, content))
    if (!answer) return
    room.timeline.patch(message.id, answer.edited)
    room.timeline.requote(message.id, answer.edited.content)
    done()
  }
  const otherKeys = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape") return
    event.preventDefault()
    done()
  }
  return html`<div class="edit">
    <${Editor} label="Edit your message" text=${text} onSubmit=${save} onKey=${otherKeys} autofocus>
      <button type="button" class="button" onClick=${done}>Cancel</button>
      <button type="button" class="button button-primary" disabled=${!text.value.trim()} onClick=${save}>Save</button>
    <//>
  </div>`
}
