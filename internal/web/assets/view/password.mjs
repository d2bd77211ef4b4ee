import { useSignal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { changePassword } from "../api/auth.mjs"
import { notify } from "../model/toasts.mjs"
import { closeDialog, Dialog } from "./dialog.mjs"
import { Field } from "./field.mjs"

/** A new password, which signs every other device out. */
export function Password() {
  const problem = useSignal("")
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget))
    try {
      await changePassword(String(fields.get("old")), String(fields.get("new")))
      closeDialog()
      notify({ kind: "done", text: "Your password is changed.", detail: "All other devices were signed out." })
    } catch (p) {
      problem.value = p instanceof Error ? p.message : String(p)
    }
  }
  return html`<${Dialog} title="Change password">
    <form class="form" onSubmit=${submit}>
      <${Field} name="old" label="Password until now" type="password" autocomplete="current-password" required />
      <${Field} name="new" label="New password" type="password" autocomplete="new-password" minlength="10" hint="10 characters or more" required />
      ${problem.value && html`<p class="form-problem" role="alert">${problem.value}</p>`}
      <div class="dialog-actions"><button class="button button-primary">Change password</button></div>
    </form>
  <//>`
}
