/** @import { Signal } from "../vendor/signals.mjs" */
import { useEffect, useId, useMemo, useRef } from "../vendor/preact-hooks.mjs"
import { html } from "../html.mjs"
import { Completion } from "../model/completion.mjs"
import { commands, formatKeys } from "../text/markdown-edit.mjs"
import { FormatBar } from "./format-bar.mjs"
import { replaceText } from "./replace-text.mjs"
import { Suggestions } from "./suggestions.mjs"

/**
 * @typedef {object} Props
 * @property {string} label  names the field for screen readers
 * @property {Signal<string>} text
 * @property {(textarea: HTMLTextAreaElement) => void} onSubmit
 * @property {boolean} [submitOnEnter]  else only Ctrl+Enter submits
 * @property {string} [placeholder]
 * @property {boolean} [autofocus]
 * @property {(event: KeyboardEvent) => void} [onKey]  sees what the editor does not use itself
 * @property {any} [children]  stands beside the formatting buttons
 */

/** A field for Markdown with mention completion and formatting keys. @param {Props} props */
export function Editor({ label, text, onSubmit, submitOnEnter = true, placeholder, autofocus, onKey, children }) {
  const field = useRef(/** @type {HTMLTextAreaElement|null} */ (null))
  const listId = useId()
  const completion = useMemo(() => new Completion(), [])
  useEffect(() => {
    if (autofocus) field.current?.focus()
    return () => completion.close()
  }, [])
  const look = () => field.current && completion.update(field.current.value, field.current.selectionStart)
  const input = () => {
    text.value = field.current?.value ?? ""
    look()
  }
  const choose = (/** @type {number} */ index) => {
    const edit = completion.choose(index)
    if (edit && field.current) replaceText(field.current, edit)
  }
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    const textarea = /** @type {HTMLTextAreaElement} */ (event.currentTarget)
    if (event.isComposing) return
    if (completion.isOpen && completionKey(event, completion, choose)) return event.preventDefault()
    if (formatKey(event, textarea)) return event.preventDefault()
    if (submits(event, submitOnEnter)) return event.preventDefault(), onSubmit(textarea)
    onKey?.(event)
  }
  const taken = async (/** @type {ClipboardEvent & DragEvent} */ event) => {
    const { files, types } = event.clipboardData ?? event.dataTransfer ?? {}
    if (!files?.length || types?.includes("text/plain")) return // a table's cells come as text and as a picture of them
    event.preventDefault()
    const images = [...files] // the list is empty once the event is over
    ;(await import("./images.mjs")).addImages(field.current, images)
  }
  const open = completion.isOpen
  return html`<div class="editor">
    ${open && html`<${Suggestions} id=${listId} completion=${completion} onChoose=${choose} />`}
    <textarea
      ref=${field}
      rows="1"
      maxlength="10000"
      aria-label=${label}
      placeholder=${placeholder}
      value=${text.value}
      aria-autocomplete="list"
      aria-controls=${open ? listId : undefined}
      aria-activedescendant=${open ? `${listId}-${completion.selected.value}` : undefined}
      onInput=${input}
      onClick=${look}
      onBlur=${() => completion.close()}
      onKeyDown=${pressed}
      onPaste=${taken}
      onDrop=${taken}
      onDragOver=${allowFiles}
    ></textarea>
    <div class="editor-tools"><${FormatBar} field=${field} />${children}</div>
  </div>`
}

/** @param {DragEvent} event */
function allowFiles(event) {
  if (event.dataTransfer?.types.includes("Files")) event.preventDefault()
}

/**
 * @param {KeyboardEvent} event
 * @param {Completion} completion
 * @param {(index: number) => void} choose
 * @returns {boolean} whether the key belonged to the suggestions
 */
function completionKey(event, completion, choose) {
  if (event.key === "ArrowDown") completion.move(1)
  else if (event.key === "ArrowUp") completion.move(-1)
  else if (event.key === "Escape") completion.close()
  else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey)) choose(completion.selected.value)
  else return false
  return true
}

/** @param {KeyboardEvent} event @param {HTMLTextAreaElement} textarea */
function formatKey(event, textarea) {
  const format = (event.ctrlKey || event.metaKey) && !event.altKey && formatKeys[event.key.toLowerCase()]
  if (!format) return false
  replaceText(textarea, commands[format](textarea.value, textarea.selectionStart, textarea.selectionEnd))
  return true
}

/** @param {KeyboardEvent} event @param {boolean} submitOnEnter */
function submits(event, submitOnEnter) {
  return event.key === "Enter" && !event.shiftKey && (submitOnEnter || event.ctrlKey || event.metaKey)
}
