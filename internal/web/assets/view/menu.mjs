import { useEffect, useRef } from "../vendor/preact-hooks.mjs"
import { signal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { find, findAll } from "./find.mjs"
import { Icon } from "./icon.mjs"

/** @typedef {{label: string, icon: string, danger?: boolean, checked?: boolean, run: () => void}} MenuItem */
/** @typedef {{source: HTMLElement, label: string, items: readonly (MenuItem|false|null)[]}} OpenMenu */

const open = signal(/** @type {OpenMenu|null} */ (null))

/**
 * Opens a menu at the button that asked for it.
 * @param {Event} event
 * @param {string} label
 * @param {readonly (MenuItem|false|null)[]} items
 */
export function openMenu(event, label, items) {
  open.value = { source: /** @type {HTMLElement} */ (event.currentTarget), label, items }
}

/** Whether a menu is open: what it belongs to must stay where it is. */
export const isMenuOpen = () => open.peek() !== null

/** Where the open menu is rendered: a popover anchored at its button. */
export function MenuHost() {
  const element = useRef(/** @type {HTMLDivElement|null} */ (null))
  const menu = open.value
  useEffect(() => {
    if (!menu || !element.current) return
    element.current.showPopover({ source: menu.source })
    step(element.current, 0)
  }, [menu])
  if (!menu) return null
  return html`<section aria-label=${menu.label}>
    <div class="menu" popover="auto" role="menu" aria-label=${menu.label} ref=${element} onToggle=${closed} onKeyDown=${walk}>
      ${menu.items.map(item => item && html`<${Item} item=${item} />`)}
    </div>
  </section>`
}

/** @param {ToggleEvent} event */
function closed(event) {
  if (event.newState === "closed") open.value = null
}

/** @param {{item: MenuItem}} props */
function Item({ item }) {
  const run = () => {
    find(".menu")?.hidePopover()
    item.run()
  }
  const checkable = item.checked !== undefined
  return html`<button
    type="button"
    class=${item.danger ? "menu-item menu-item-danger" : "menu-item"}
    role=${checkable ? "menuitemradio" : "menuitem"}
    aria-checked=${checkable ? String(item.checked) : undefined}
    tabindex="-1"
    onClick=${run}
  ><${Icon} name=${item.icon} /><span>${item.label}</span>${item.checked && html`<${Icon} name="check" />`}</button>`
}

/** @param {KeyboardEvent} event */
function walk(event) {
  const menu = /** @type {HTMLElement} */ (event.currentTarget)
  const items = findAll("button", menu)
  const at = items.findIndex(item => item === document.activeElement)
  /** @type {Record<string, number>} */
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1, Tab: at + (event.shiftKey ? -1 : 1) }
  if (!(event.key in to)) return
  event.preventDefault()
  step(menu, (to[event.key] + items.length) % items.length)
}

/** @param {HTMLElement} menu @param {number} index */
function step(menu, index) {
  findAll("button", menu)[index]?.focus()
}
