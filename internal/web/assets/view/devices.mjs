/** @import { Device } from "../types.d.ts" */
import { useEffect } from "../vendor/preact-hooks.mjs"
import { useSignal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { endDevice, listDevices } from "../api/auth.mjs"
import { attempt } from "../model/toasts.mjs"
import { browserName } from "../text/browser-name.mjs"
import { Dialog } from "./dialog.mjs"
import { Icon } from "./icon.mjs"
import { Ago } from "./when.mjs"

/** Where one is signed in; any of it can be ended from here. */
export function Devices() {
  const devices = useSignal(/** @type {readonly Device[]} */ ([]))
  useEffect(() => void attempt(async () => (devices.value = (await listDevices()).sessions)), [])
  const end = (/** @type {string} */ id) =>
    attempt(async () => {
      await endDevice(id)
      devices.value = devices.value.filter(device => device.public_id !== id)
    })
  return html`<${Dialog} title="Signed-in devices">
    <ul class="devices">
      ${devices.value.map(device => html`<${Row} key=${device.public_id} device=${device} onEnd=${() => end(device.public_id)} />`)}
    </ul>
  <//>`
}

/** @param {{device: Device, onEnd: () => void}} props */
function Row({ device, onEnd }) {
  return html`<li class="device">
    <${Icon} name="device" />
    <span class="device-text"><strong>${browserName(device.user_agent)}</strong>
      <small>${device.current ? "This device" : html`last seen <${Ago} at=${device.last_seen_at} />`} · ${device.address}</small></span>
    ${!device.current && html`<button type="button" class="button" onClick=${onEnd}>Sign out</button>`}
  </li>`
}
