/** @import { ComponentChildren, VNode } from "../vendor/preact.mjs" */
import { useEffect, useRef } from "../vendor/preact-hooks.mjs"
import { signal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { IconButton } from "./button.mjs"

/** @type {import("../vendor/signals.mjs").Signal<VNode|null>} */
const current = signal(null)

/** @param {VNode} dialog  a Dialog, or a component that renders one */
export function openDialog(dialog) {
  current.value = dialog
}

export function closeDialog() {
  current.value = null
}

/** Where the open dialog is rendered: one at a time. */
export function DialogHost() {
  return current.value
}

/**
 * A modal dialog. The browser keeps the focus within and gives it back.
 * @param {{title: string, wide?: boolean, onClose?: () => void, children: ComponentChildren}} props
 */
export function Dialog({ title, wide, onClose, children }) {
  const element = useRef(/** @type {HTMLDialogElement|null} */ (null))
  useEffect(() => element.current?.showModal(), [])
  const closed = () => {
    onClose?.()
    closeDialog()
  }
  const outside = (/** @type {MouseEvent} */ event) => event.target === element.current && element.current?.close()
  return html`<dialog class=${wide ? "dialog dialog-wide" : "dialog"} ref=${element} onClose=${closed} onMouseDown=${outside} aria-labelledby="dialog-title">
    <div class="dialog-body">
      <header class="dialog-header">
        <h2 id="dialog-title">${title}</h2>
        <${IconButton} icon="close" label="Close" onClick=${() => element.current?.close()} />
      </header>
      ${children}
    </div>
  </dialog>`
}

/**
 * Asks before something that cannot be taken back.
 * @param {{title: string, text: string, action: string}} question
 * @returns {Promise<boolean>}
 */
export function confirm({ title, text, action }) {
  return new Promise(resolve => {
    const yes = () => {
      resolve(true)
      closeDialog()
    }
    openDialog(html`<${Dialog} title=${title} onClose=${() => resolve(false)}>
      <p>${text}</p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick=${() => (resolve(false), closeDialog())}>Cancel</button>
        <button type="button" class="button button-danger" onClick=${yes} autofocus>${action}</button>
      </div>
    <//>`)
  })
}
