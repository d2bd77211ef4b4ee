/** @import { TierInfo } from "../types.d.ts" */
import { html } from "../html.mjs"

/** Who may read a thread, when not everybody may. @param {{info: TierInfo}} props */
export function TierBadge({ info }) {
  if (!info?.is_restricted) return null
  return html`<span class="tier" title=${info.tier_title} style=${{ "--role": info.tier_color ?? "currentColor" }}>${info.amount_display}</span>`
}
