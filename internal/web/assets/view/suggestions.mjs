/** @import { Completion } from "../model/completion.mjs" */
import { html } from "../html.mjs"
import { Avatar, RoleBadge } from "./person.mjs"

/**
 * The people an `@name` may become. The field keeps the focus; this shows what
 * its keys will choose.
 * @param {{id: string, completion: Completion, onChoose: (index: number) => void}} props
 */
export function Suggestions({ id, completion, onChoose }) {
  const selected = completion.selected.value
  return html`<ul class="suggestions" role="listbox" id=${id} aria-label="People">
    ${completion.people.value.map((person, i) => html`<li
      id=${`${id}-${i}`}
      role="option"
      aria-selected=${String(i === selected)}
      onMouseDown=${(/** @type {Event} */ event) => event.preventDefault()}
      onClick=${() => onChoose(i)}
    ><${Avatar} name=${person.username} size="small" /><span>${person.display_name}</span><${RoleBadge} role=${person.role} color=${person.badge_color} /></li>`)}
  </ul>`
}
