import { html } from "../html.mjs"
import { singleKeys } from "../model/single-keys.mjs"
import { Dialog } from "./dialog.mjs"

/** @type {[string, [string, string][]][]} */
const groups = [
  ["Anywhere", [["j k", "Next, previous thread"], ["n", "New thread"], ["c", "Write a message"], ["b", "Notifications"], ["f", "Follow the thread"], ["?", "This help"], ["Esc", "Close, go back"]]],
  ["On a message", [["↑ ↓", "Previous, next message"], ["r", "Reply"], ["q", "Quote"], ["l", "Like"], ["e", "Edit"], ["t", "Start a sub-thread"], ["m", "More"], ["Del", "Delete"]]],
  ["While writing", [["Enter", "Send"], ["Shift Enter", "New line"], ["↑", "Edit your last message"], ["Ctrl B", "Bold"], ["Ctrl I", "Italic"], ["Ctrl E", "Code"], ["Ctrl K", "Link"], ["@", "Mention somebody"]]],
]

/** What the keyboard can do. */
export function Shortcuts() {
  return html`<${Dialog} title="Keyboard shortcuts" wide>
    <div class="shortcuts">
      ${groups.map(([title, keys]) => html`<section>
        <h3>${title}</h3>
        <dl>${keys.map(([key, does]) => html`<div><dt>${key.split(" ").map(k => html`<kbd>${k}</kbd>`)}</dt><dd>${does}</dd></div>`)}</dl>
      </section>`)}
    </div>
    <label class="check"><input type="checkbox" checked=${singleKeys.value} onChange=${toggle} /> Single keys work outside of text fields</label>
  <//>`
}

/** @param {Event} event */
function toggle(event) {
  singleKeys.value = /** @type {HTMLInputElement} */ (event.currentTarget).checked
}
