import { html } from "../html.mjs"
import { Icon } from "./icon.mjs"

/**
 * A button that is only an icon: its name is for those who do not see it, and a tooltip.
 * @param {{icon: string, label: string, class?: string, filled?: boolean} & Record<string, any>} props
 */
export function IconButton({ icon, label, filled, class: extra = "", ...rest }) {
  return html`<button type="button" class=${`icon-button ${extra}`} aria-label=${label} title=${label} ...${rest}>
    <${Icon} name=${icon} filled=${filled} />
  </button>`
}
