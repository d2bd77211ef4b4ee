/** @import { Message } from "../types.d.ts" */
import { useRef } from "../vendor/preact-hooks.mjs"
import { useSignal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { newKey, Problem } from "../api/request.mjs"
import { createSubThread, createThread } from "../api/threads.mjs"
import { go, place } from "../model/place.mjs"
import { signedIn } from "../model/session.mjs"
import { closeDialog, Dialog } from "./dialog.mjs"
import { Editor } from "./editor.mjs"
import { Field } from "./field.mjs"

/**
 * A new thread, or a sub-thread from a message.
 * @param {{from?: Message}} props
 */
export function NewThread({ from }) {
  const problem = useSignal("")
  const busy = useSignal(false)
  const content = useSignal("")
  const key = useRef(newKey())
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault()
    if (busy.value || !content.value.trim()) return
    busy.value = true
    problem.value = ""
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target))
    try {
      await create(fields, content.value, key.current, from)
    } catch (p) {
      problem.value = p instanceof Error ? p.message : String(p)
      if (p instanceof Problem && !p.passing) key.current = newKey() // what comes next is another request
    }
    busy.value = false
  }
  return html`<${Dialog} title=${from ? "New sub-thread" : "New thread"} wide>
    <form class="form" onSubmit=${submit}>
      ${from && html`<blockquote class="origin"><strong>${from.username}</strong> ${from.content}</blockquote>`}
      <${Field} name="title" label="Title" maxlength="200" autocomplete="off" required autofocus />
      <div class="field">
        <span class="field-label">First message</span>
        <${Editor} label="First message" text=${content} onSubmit=${submitForm} submitOnEnter=${false} />
      </div>
      ${!from && html`<${Audience} />`}
      ${problem.value && html`<p class="form-problem" role="alert">${problem.value}</p>`}
      <div class="dialog-actions"><button class="button button-primary" disabled=${busy.value || !content.value.trim()}>Start thread</button></div>
    </form>
  <//>`
}

/** @param {HTMLTextAreaElement} textarea */
function submitForm(textarea) {
  textarea.form?.requestSubmit()
}

/**
 * @param {FormData} fields
 * @param {string} content
 * @param {string} key
 * @param {Message} [from]
 */
async function create(fields, content, key, from) {
  const title = String(fields.get("title")).trim()
  if (from) {
    const thread = await createSubThread(from.id, { title, content }, key)
    go({ thread: place.value.thread, panel: thread.id })
  } else {
    const thread = await createThread({ title, content, ...(fields.get("private") ? { is_private: true } : {}) }, key)
    go({ thread: thread.id })
  }
  closeDialog()
}

/** Who may read it: for those who decide that. */
function Audience() {
  if (!signedIn().permissions.is_creator) return null
  return html`<label class="check"><input type="checkbox" name="private" /> Private: creator and team only</label>`
}
