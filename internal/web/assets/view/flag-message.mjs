/** @import { Message } from "../types.d.ts" */
import { html } from "../html.mjs"
import { flag } from "../api/moderation.mjs"
import { attempt, notify } from "../model/toasts.mjs"
import { closeDialog, Dialog } from "./dialog.mjs"
import { Field } from "./field.mjs"
import { reasons } from "./flag-reasons.mjs"

/** Tells the team that a message is wrong. @param {{message: Message}} props */
export function FlagMessage({ message }) {
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget))
    const body = { reason: String(fields.get("reason")), note: String(fields.get("note")) }
    if (!(await attempt(() => flag(message.id, body)))) return
    notify({ kind: "done", text: "Flagged. The team will look at it." })
    closeDialog()
  }
  return html`<${Dialog} title="Flag this message">
    <form class="form" onSubmit=${submit}>
      <blockquote class="origin"><strong>${message.username}</strong> ${message.content}</blockquote>
      <fieldset class="field">
        <legend class="field-label">What is wrong with it?</legend>
        ${Object.entries(reasons).map(([value, label]) => html`<label key=${value} class="check"><input type="radio" name="reason" value=${value} required /> ${label}</label>`)}
      </fieldset>
      <${Field} name="note" label="Note" hint="For the team; its author is not told who flagged it." maxlength="500" autocomplete="off" />
      <div class="dialog-actions"><button class="button button-primary">Flag</button></div>
    </form>
  <//>`
}
