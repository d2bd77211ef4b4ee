/**
 * Replaces a part of a field's text as if it had been typed: `execCommand` is
 * the one way that keeps the browser's undo history.
 * @param {HTMLTextAreaElement} field
 * @param {{from: number, to: number, insert: string, start?: number, end?: number}} edit
 */
export function replaceText(field, { from, to, insert, start, end }) {
  field.focus()
  field.setSelectionRange(from, to)
  const done = insert ? document.execCommand("insertText", false, insert) : document.execCommand("delete")
  if (!done) {
    field.setRangeText(insert, from, to, "end")
    field.dispatchEvent(new InputEvent("input", { bubbles: true }))
  }
  if (start !== undefined) field.setSelectionRange(start, end ?? start)
}
