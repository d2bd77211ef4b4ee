/** @import { FunctionComponent } from "../vendor/preact.mjs" */
import { signal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { notify } from "../model/toasts.mjs"

/**
 * A component whose module is loaded when it is shown for the first time: what
 * few visits need should not delay the first one.
 * @template Props
 * @param {() => Promise<FunctionComponent<Props>>} load
 * @returns {FunctionComponent<Props>}
 */
export function onDemand(load) {
  const loaded = signal(/** @type {FunctionComponent<Props>|null} */ (null))
  let asked = false
  const ask = async () => {
    asked = true
    try {
      loaded.value = await load()
    } catch {
      asked = false
      notify({ kind: "problem", text: "A part of the page could not be loaded. Check your connection." })
    }
  }
  return props => {
    if (!asked) ask()
    return loaded.value && html`<${loaded.value} ...${props} />`
  }
}
