import { html } from "../html.mjs"
import { announcement } from "../model/announcer.mjs"
import { dismiss, toasts } from "../model/toasts.mjs"
import { IconButton } from "./button.mjs"

/** Short notices in a corner; and the place where screen readers listen. */
export function Toasts() {
  return html`<div class="toasts" role="status" aria-live="polite">
      ${toasts.value.map(toast => html`<${Toast} key=${toast.id} toast=${toast} />`)}
    </div>
    <div class="visually-hidden" role="status" aria-live="polite">${announcement.value}</div>`
}

/** @param {{toast: import("../model/toasts.mjs").Toast}} props */
function Toast({ toast }) {
  const text = html`<strong>${toast.text}</strong>${toast.detail && html`<span>${toast.detail}</span>`}`
  return html`<div class=${`toast toast-${toast.kind}`}>
    ${toast.href
      ? html`<a class="toast-text" href=${toast.href} onClick=${() => dismiss(toast.id)}>${text}</a>`
      : html`<div class="toast-text">${text}</div>`}
    <${IconButton} icon="close" label="Dismiss" onClick=${() => dismiss(toast.id)} />
  </div>`
}
