/** @import { Room } from "../model/room.mjs" */
import { html } from "../html.mjs"
import { closeDialog, Dialog } from "./dialog.mjs"
import { Field } from "./field.mjs"
import { changeRoom } from "./thread-actions.mjs"

/** @param {{room: Room, title: string}} props */
export function RenameThread({ room, title }) {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget))
    changeRoom(room, { title: String(fields.get("title")).trim() })
    closeDialog()
  }
  return html`<${Dialog} title="Rename thread">
    <form class="form" onSubmit=${submit}>
      <${Field} name="title" label="Title" value=${title} maxlength="200" autocomplete="off" required autofocus />
      <div class="dialog-actions"><button class="button button-primary">Rename</button></div>
    </form>
  <//>`
}
