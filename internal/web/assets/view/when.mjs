import { html } from "../html.mjs"
import { now } from "../model/clock.mjs"
import { ago, clock, dayName, full } from "../text/time.mjs"

/** "5 min" @param {{at: string}} props */
export function Ago({ at }) {
  return html`<time datetime=${at} title=${full(at)}>${ago(at, now.value)}</time>`
}

/** "14:05" @param {{at: string, class?: string}} props */
export function Clock({ at, ...rest }) {
  return html`<time datetime=${at} title=${full(at)} ...${rest}>${clock(at)}</time>`
}

/** "Yesterday" @param {{at: string}} props */
export function Day({ at }) {
  return html`<time datetime=${at}>${dayName(at, now.value)}</time>`
}
