import { useId } from "../vendor/preact-hooks.mjs"
import { html } from "../html.mjs"

/**
 * A labelled input.
 * @param {{label: string, hint?: string} & Record<string, any>} props  the rest goes to the input
 */
export function Field({ label, hint, ...input }) {
  const id = useId()
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input id=${id} aria-describedby=${hint ? `${id}-hint` : undefined} ...${input} />
    ${hint && html`<small id=${`${id}-hint`}>${hint}</small>`}
  </div>`
}
