/** @import { Forum } from "../model/forum.mjs" */
import { useEffect } from "../vendor/preact-hooks.mjs"
import { useSignal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"

/** Most reconnections are over before anybody should hear of them. */
const QUIET_MS = 1_500

/** Says calmly that the page is catching up; nothing while all is well. @param {{forum: Forum}} props */
export function ConnectionBar({ forum }) {
  const patient = useSignal(false)
  const state = forum.connection.value
  const away = state !== null && state.phase !== "open"
  useEffect(() => {
    patient.value = false
    if (!away) return
    const timer = setTimeout(() => (patient.value = true), QUIET_MS)
    return () => clearTimeout(timer)
  }, [away])
  if (!away || !patient.value) return null
  const refused = state.phase === "closed"
  return html`<div class="connection-bar" role="status">
    <span class="connection-pulse" aria-hidden="true"></span>
    <span>${refused ? `Live updates stopped: ${state.reason || "the server closed the connection"}.` : "Reconnecting… what you write is kept and sent."}</span>
    <button type="button" class="link-button" onClick=${() => forum.reconnect()}>${refused ? "Reconnect" : "Now"}</button>
  </div>`
}
