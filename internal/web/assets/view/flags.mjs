/** @import { Flag } from "../types.d.ts" */
import { useEffect } from "../vendor/preact-hooks.mjs"
import { useSignal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { listFlags, resolveFlag } from "../api/moderation.mjs"
import { linkTo } from "../model/place.mjs"
import { attempt } from "../model/toasts.mjs"
import { closeDialog, Dialog } from "./dialog.mjs"
import { reasons } from "./flag-reasons.mjs"
import { Ago } from "./when.mjs"

const PAGE = 50

/** What waits for the team: flagged messages, newest first. */
export function Flags() {
  const flags = useSignal(/** @type {readonly Flag[]|null} */ (null))
  const more = useSignal(false)
  const load = () =>
    attempt(async () => {
      const page = await listFlags(flags.value?.at(-1)?.id)
      flags.value = [...(flags.value ?? []), ...page]
      more.value = page.length === PAGE
    })
  useEffect(() => void load(), [])
  const resolve = async (/** @type {Flag} */ flag, /** @type {"keep"|"hide"|"delete"} */ action) => {
    const done = await attempt(() => resolveFlag(flag.id, action))
    if (done) flags.value = flags.value?.filter(other => other.message.id !== flag.message.id) ?? null
  }
  return html`<${Dialog} title="Flagged messages" wide>
    ${flags.value?.length === 0 && html`<p>Nothing waits for you.</p>`}
    <ul class="flags">
      ${flags.value?.map(flag => html`<li key=${flag.id}><${Entry} flag=${flag} onResolve=${resolve} /></li>`)}
    </ul>
    ${more.value && html`<button type="button" class="button" onClick=${load}>More</button>`}
  <//>`
}

/** @param {{flag: Flag, onResolve: (flag: Flag, action: "keep"|"hide"|"delete") => void}} props */
function Entry({ flag, onResolve }) {
  const { message } = flag
  const by = flag.flagged_by ? ` by ${flag.flagged_by.username}` : ""
  const note = flag.note && `: ${flag.note}`
  return html`<article class="flag" aria-label=${`Message of ${message.user.username}`}>
    <p><strong>${reasons[flag.reason]}</strong>${note} <small>flagged${by} <${Ago} at=${flag.created_at} /></small></p>
    <blockquote class="origin"><strong>${message.user.username}</strong> ${message.content}</blockquote>
    <div class="dialog-actions">
      <a class="button" href=${linkTo({ thread: message.thread_id, message: message.id })} onClick=${closeDialog}>See it in ${message.thread_title}</a>
      <button type="button" class="button" onClick=${() => onResolve(flag, "keep")}>Keep</button>
      <button type="button" class="button" onClick=${() => onResolve(flag, "hide")}>Hide</button>
      <button type="button" class="button button-danger" onClick=${() => onResolve(flag, "delete")}>Delete</button>
    </div>
  </article>`
}
