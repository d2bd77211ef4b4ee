import { html } from "../html.mjs"
import { now } from "../model/clock.mjs"
import { ago, clock, clockFace, dayName, full } from "../text/time.mjs"

/** "5 min" @param {{at: string}} props */
export function Ago({ at }) {
  return html`<time datetime=${at} title=${full(at)}>${ago(at, now.value)}</time>`
}

/** "2:05 pm", or "2:05" where there is little room. @param {{at: string, short?: boolean}} props */
export function Clock({ at, short }) {
  return html`<time datetime=${at} title=${full(at)}>${short ? clockFace(at) : clock(at)}</time>`
}

/** "Yesterday" @param {{at: string}} props */
export function Day({ at }) {
  return html`<time datetime=${at}>${dayName(at, now.value)}</time>`
}
