/** @import { Signal } from "../vendor/signals.mjs" */
/** @import { State } from "../connection.mjs" */
import { useEffect } from "../vendor/preact-hooks.mjs"
import { useSignal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"

/** Most reconnections are over before anybody should hear of them. */
const QUIET_MS = 1_500

/** Who owns the connection: the forum or a room. @typedef {{connection: Signal<State|null>, reconnect: () => void}} Owner */

/** Says calmly that the page is catching up; nothing while all is well. @param {{of: Owner}} props */
export function ConnectionBar({ of }) {
  const patient = useSignal(false)
  const state = of.connection.value
  const away = state !== null && state.phase !== "open"
  useEffect(() => {
    patient.value = false
    if (!away) return
    const timer = setTimeout(() => (patient.value = true), QUIET_MS)
    return () => clearTimeout(timer)
  }, [away])
  if (!away || !patient.value) return null
  if (state.phase === "closed") return html`<${RefusedBar} of=${of} />`
  return html`<div class="connection-bar" role="status">
    <span class="connection-pulse" aria-hidden="true"></span>
    <span>Reconnecting… what you write is kept and sent.</span>
    <button type="button" class="link-button" onClick=${() => of.reconnect()}>Now</button>
  </div>`
}

/** Says that the server refused the connection, for example because of too many others. @param {{of: Owner}} props */
export function RefusedBar({ of }) {
  const state = of.connection.value
  if (state?.phase !== "closed" || state.code !== 1008) return null
  return html`<div class="connection-bar" role="status">
    <span>No live updates here: ${state.reason || "the server refused them"}.</span>
    <button type="button" class="link-button" onClick=${() => of.reconnect()}>Try again</button>
  </div>`
}
