/** @import { Format } from "../text/markdown-edit.mjs" */
import { html } from "../html.mjs"
import { commands } from "../text/markdown-edit.mjs"
import { IconButton } from "./button.mjs"
import { replaceText } from "./replace-text.mjs"

/** @type {[Format, string][]} */
const formats = [["bold", "Bold (Ctrl B)"], ["italic", "Italic (Ctrl I)"], ["code", "Code (Ctrl E)"], ["link", "Link (Ctrl K)"], ["quote", "Quote"], ["list", "List"]]

/** Markdown at a click, for those who do not know it. @param {{field: {current: HTMLTextAreaElement|null}}} props */
export function FormatBar({ field }) {
  const apply = (/** @type {Format} */ format) => {
    const area = field.current
    if (area) replaceText(area, commands[format](area.value, area.selectionStart, area.selectionEnd))
  }
  return html`<div class="format-bar" role="group" aria-label="Formatting">
    ${formats.map(([format, label]) => html`<${IconButton} icon=${format} label=${label} onClick=${() => apply(format)} />`)}
    <${IconButton} icon="image" label="Image" onClick=${async () => (await import("./images.mjs")).chooseImages(field.current)} />
  </div>`
}
