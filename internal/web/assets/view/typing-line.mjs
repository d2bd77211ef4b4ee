/** @import { Signal } from "../vendor/signals.mjs" */
import { html } from "../html.mjs"
import { listNames } from "../text/names.mjs"

/**
 * "Mina is typing…" It keeps its height when empty, so that nothing jumps, and
 * is not announced: it would talk over the messages.
 * @param {{names: Signal<readonly string[]>}} props
 */
export function TypingLine({ names: { value: names } }) {
  return html`<p class="typing" aria-hidden=${names.length ? undefined : "true"}>
    ${names.length > 0 && html`<span class="typing-dots" aria-hidden="true"><i></i><i></i><i></i></span>
      <span><strong>${listNames(names)}</strong> ${names.length === 1 ? "is" : "are"} typing…</span>`}
  </p>`
}
